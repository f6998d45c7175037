#include "option_values.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <limits>
#include <map>

#include "signaling/socketio/vocabularies.hpp"

namespace {

constexpr std::string_view ice_schemes[] = {"stun:", "stuns:", "turn:", "turns:"};

bool starts_ice_url(std::string_view text) {
  return std::ranges::any_of(ice_schemes,
                             [text](std::string_view scheme) { return text.starts_with(scheme); });
}

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> values;
  std::size_t end = 0;
  for (std::size_t begin = text.find_first_not_of(separators); begin != std::string_view::npos;
       begin = text.find_first_not_of(separators, end)) {
    end = std::min(text.find_first_of(separators, begin), text.size());
    values.emplace_back(text.substr(begin, end - begin));
  }
  return values;
}

}  // namespace

std::vector<std::string> split_list(std::string_view text) { return split(text, ", \t\r\n"); }

std::vector<std::string> split_ice_servers(std::string_view text) {
  std::vector<std::string> servers;
  for (const std::string& part : split(text, " \t\r\n")) {
    std::string_view rest = part;
    for (std::size_t comma = 0; (comma = rest.find(',', comma + 1)) != std::string_view::npos;) {
      const std::string_view behind = rest.substr(comma + 1);
      if (!behind.empty() && !starts_ice_url(behind)) continue;
      servers.emplace_back(rest.substr(0, comma));
      rest = behind;
      comma = 0;
    }
    if (!rest.empty()) servers.emplace_back(rest);
  }
  return servers;
}

ListenAddress parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  unsigned port = 0;
  const char* end = text.data() + text.size();
  if (colon == std::string::npos || std::from_chars(text.data() + colon + 1, end, port).ptr != end ||
      colon + 1 == text.size() || port > std::numeric_limits<std::uint16_t>::max()) {
    throw CLI::ValidationError("'" + text + "' is not ADDRESS:PORT");
  }
  std::string address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  if (address.empty()) address = "0.0.0.0";
  return {address, static_cast<std::uint16_t>(port)};
}

std::chrono::milliseconds parse_duration(const std::string& text) {
  static const std::map<std::string_view, std::int64_t> units{
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"0", 0}};
  constexpr std::chrono::milliseconds year = std::chrono::hours(365 * 24);
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  const auto found = units.find(unit.empty() && value == 0 ? "0" : unit);
  if (error != std::errc() || value < 0 || value > year.count() || found == units.end() ||
      value * found->second > year.count()) {
    throw CLI::ValidationError("'" + text +
                               "' is not a duration such as 500ms, 5s, 2m or 0, of at most a year");
  }
  return std::chrono::milliseconds(value * found->second);
}

std::string duration_text(std::chrono::milliseconds duration) {
  return duration.count() % 1000 == 0 ? std::to_string(duration.count() / 1000) + "s"
                                      : std::to_string(duration.count()) + "ms";
}

signaling::LogLevel parse_level(const std::string& text) {
  using enum signaling::LogLevel;
  for (const auto level : {debug, info, warning, error}) {
    if (signaling::to_string(level) == text) return level;
  }
  throw CLI::ValidationError("'" + text + "' is not one of debug, info, warning, error");
}

signaling::operation::LogFormat parse_log_format(const std::string& text) {
  using signaling::operation::LogFormat;
  if (text == "logfmt") return LogFormat::logfmt;
  if (text == "json") return LogFormat::json;
  throw CLI::ValidationError("'" + text + "' is neither logfmt nor json");
}

std::optional<signaling::operation::MetricsFor> parse_metrics_for(const std::string& text) {
  using signaling::operation::MetricsFor;
  if (text == "nobody") return std::nullopt;
  if (text == "loopback") return MetricsFor::loopback;
  if (text == "everybody") return MetricsFor::everybody;
  throw CLI::ValidationError("'" + text + "' is not one of nobody, loopback, everybody");
}

signaling::net::EngineTransports parse_transports(const std::string& text) {
  using enum signaling::net::EngineTransports;
  static const std::map<std::string_view, signaling::net::EngineTransports> names{
      {"all", all}, {"polling", polling}, {"websocket", websocket}};
  if (const auto found = names.find(text); found != names.end()) return found->second;
  throw CLI::ValidationError("'" + text + "' is not one of all, polling, websocket");
}

void check_vocabulary(const std::string& name) {
  std::string known;
  for (const std::string_view each : signaling::socketio::vocabulary_names()) {
    if (name == each) return;
    known.append(known.empty() ? "" : ", ").append(each);
  }
  throw CLI::ValidationError("'" + name + "' is not one of " + known);
}

void check_ice_url(const std::string& url) {
  if (starts_ice_url(url) && !url.ends_with(':')) return;
  throw CLI::ValidationError("'" + url + "' is not a stun:, stuns:, turn: or turns: URL");
}

signaling::identity::IceServer parse_ice_server(const std::string& text) {
  const auto first = text.find(',');
  signaling::identity::IceServer server{{text.substr(0, first)}, {}, {}};
  check_ice_url(server.urls.front());
  if (first == std::string::npos) return server;
  const auto second = text.find(',', first + 1);
  if (second == std::string::npos)
    throw CLI::ValidationError("a username needs a credential: URL,USERNAME,CREDENTIAL");
  server.username = text.substr(first + 1, second - first - 1);
  server.credential = text.substr(second + 1);
  return server;
}

std::string environment_name(std::string_view option) {
  std::string name = "SIGNALING_" + std::string(option);
  std::ranges::replace(name, '-', '_');
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name;
}

// CLI11 alone would take "-1" for the largest number there is, and "010" for 8.
std::string check_number(const std::string& text) {
  const bool decimal = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return decimal && (text == "0" || text.front() != '0') ? std::string() : "'" + text + "' is not a number";
}
