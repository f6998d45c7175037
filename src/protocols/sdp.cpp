#include "protocols/sdp.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "signaling/text/ascii.hpp"

namespace signaling::protocols::sdp {
namespace {

constexpr std::string_view end_of_candidates = "a=end-of-candidates";

// Takes the first line from `text`, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t size = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The value of `a=<name>:<value>`. Nothing: it is another line.
std::optional<std::string_view> attribute(std::string_view line, std::string_view name) {
  if (!line.starts_with("a=")) return std::nullopt;
  line.remove_prefix(2);
  if (!line.starts_with(name)) return std::nullopt;
  line.remove_prefix(name.size());
  if (!line.starts_with(':')) return std::nullopt;
  return line.substr(1);
}

std::optional<Direction> direction_of(std::string_view line) {
  static constexpr std::array<std::pair<std::string_view, Direction>, 4> lines{
      {{"a=sendrecv", Direction::sendrecv},
       {"a=sendonly", Direction::sendonly},
       {"a=recvonly", Direction::recvonly},
       {"a=inactive", Direction::inactive}}};
  for (const auto& [text, direction] : lines) {
    if (line == text) return direction;
  }
  return std::nullopt;
}

std::string_view media_of(std::string_view line) {
  line.remove_prefix(2);
  return line.substr(0, line.find(' '));
}

// The section that a candidate belongs to; the first, if it names none that there is.
std::size_t place_of(const LateCandidate& candidate, std::span<const std::string_view> mids) {
  if (!candidate.mid.empty()) {
    const auto found = std::ranges::find(mids, candidate.mid);
    return found == mids.end() ? 0 : static_cast<std::size_t>(found - mids.begin());
  }
  return candidate.index < mids.size() ? candidate.index : 0;
}

struct Lines {
  std::vector<std::string_view> session;
  std::vector<std::vector<std::string_view>> sections;
  std::vector<std::string_view> mids;  // one a section; empty: it has none
};

Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with("m=")) {
      lines.sections.emplace_back();
      lines.mids.emplace_back();
    }
    if (const auto mid = attribute(line, "mid"); mid && !lines.mids.empty()) lines.mids.back() = *mid;
    if (line.empty()) continue;
    (lines.sections.empty() ? lines.session : lines.sections.back()).push_back(line);
  }
  return lines;
}

void append_line(std::string& out, std::string_view line) { out.append(line).append("\r\n"); }

void append_section(std::string& out, const std::vector<std::string_view>& lines,
                    const std::vector<std::string_view>& candidates) {
  const auto is_attribute = [](std::string_view line) { return line.starts_with("a="); };
  const auto last = std::find_if(lines.rbegin(), lines.rend(), is_attribute).base();
  for (auto line = lines.begin(); line != last; ++line) {
    if (*line != end_of_candidates) append_line(out, *line);
  }
  for (const std::string_view candidate : candidates) append_line(out.append("a="), candidate);
  append_line(out, end_of_candidates);
  for (auto line = last; line != lines.end(); ++line) append_line(out, *line);
}

}  // namespace

std::optional<Offer> read_offer(std::string_view text) {
  if (!text.starts_with("v=0")) return std::nullopt;
  Offer offer;
  bool has_pwd = false;
  Direction usual = Direction::sendrecv;  // of sections that do not say theirs
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with("m=")) {
      offer.sections.push_back({std::string(media_of(line)), {}, usual});
    } else if (const auto direction = direction_of(line)) {
      (offer.sections.empty() ? usual : offer.sections.back().direction) = *direction;
    } else if (const auto mid = attribute(line, "mid"); mid && !offer.sections.empty()) {
      offer.sections.back().mid = *mid;
    } else if (const auto ufrag = attribute(line, "ice-ufrag"); ufrag && !ufrag->empty()) {
      if (std::ranges::find(offer.ufrags, *ufrag) == offer.ufrags.end()) offer.ufrags.emplace_back(*ufrag);
    } else if (const auto pwd = attribute(line, "ice-pwd"); pwd && !pwd->empty()) {
      has_pwd = true;
    }
  }
  const auto has_no_mid = [](const Section& section) { return section.mid.empty(); };
  if (offer.sections.empty() || offer.ufrags.empty() || !has_pwd) return std::nullopt;
  if (std::ranges::any_of(offer.sections, has_no_mid)) return std::nullopt;
  return offer;
}

Fragment read_fragment(std::string_view text) {
  Fragment fragment;
  auto& sections = fragment.sections;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with("m=")) {
      sections.emplace_back();
    } else if (const auto mid = attribute(line, "mid")) {
      if (sections.empty()) sections.emplace_back();
      sections.back().mid = *mid;
    } else if (const auto ufrag = attribute(line, "ice-ufrag")) {
      if (fragment.ufrag.empty()) fragment.ufrag = *ufrag;
      if (!sections.empty()) sections.back().ufrag = *ufrag;
    } else if (const auto pwd = attribute(line, "ice-pwd")) {
      if (fragment.pwd.empty()) fragment.pwd = *pwd;
    } else if (attribute(line, "candidate")) {
      if (sections.empty()) sections.emplace_back();
      sections.back().candidates.push_back(line.substr(2));
    } else if (line == end_of_candidates) {
      if (sections.empty()) sections.emplace_back();
      sections.back().is_complete = true;
    }
  }
  return fragment;
}

std::string complete(std::string_view text, std::span<const LateCandidate> candidates) {
  const Lines lines = split(text);
  std::vector<std::vector<std::string_view>> of_section(lines.sections.size());
  for (const LateCandidate& candidate : candidates) {
    if (!of_section.empty()) of_section[place_of(candidate, lines.mids)].push_back(candidate.candidate);
  }
  std::string out;
  out.reserve(text.size() + 64 * (candidates.size() + lines.sections.size()));
  for (const std::string_view line : lines.session) append_line(out, line);
  for (std::size_t i = 0; i < lines.sections.size(); ++i) {
    if (!candidates.empty()) {
      append_section(out, lines.sections[i], of_section[i]);
      continue;
    }
    for (const std::string_view line : lines.sections[i]) append_line(out, line);
  }
  return out;
}

IceOptions ice_options(std::string_view text) {
  IceOptions options;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line == "a=ice-lite") options.is_lite = true;
    if (const auto value = attribute(line, "ice-options")) {
      options.is_trickle |= value->find("trickle") != std::string_view::npos;
    }
  }
  return options;
}

bool is_line(std::string_view text) noexcept {
  return !text.empty() && std::ranges::none_of(text, [](char c) { return text::is_control(c); });
}

}  // namespace signaling::protocols::sdp
