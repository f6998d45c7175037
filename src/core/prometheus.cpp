// The text format of Prometheus, version 0.0.4: "Exposition formats" of its documentation.
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "signaling/core/metrics.hpp"
#include "signaling/text/ascii.hpp"

namespace signaling {
namespace {

enum class NameOf : std::uint8_t { metric, label };

void check_name(std::string_view name, NameOf what) {
  bool good = !name.empty() && !text::is_digit(name.front());
  for (const char c : name)
    good =
        good && (text::is_letter(c) || text::is_digit(c) || c == '_' || (c == ':' && what == NameOf::metric));
  if (!good) throw std::invalid_argument("signaling: no name of a metric or label: " + std::string(name));
}

enum class Escape : std::uint8_t { help, label };

void append_escaped(std::string& out, std::string_view text, Escape escape) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && escape == Escape::label) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

template <class Number>
void append_digits(std::string& out, Number value) {
  std::array<char, 32> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), result.ptr);
}

// Counts are written out: not all readers like exponents there.
void append_number(std::string& out, double value) {
  constexpr double exact = 9007199254740992.0;  // 2^53
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else if (std::abs(value) < exact && value == std::trunc(value)) {
    append_digits(out, static_cast<std::int64_t>(value));
  } else {
    append_digits(out, value);
  }
}

// `bound`: of a class of a histogram, or empty.
void append_series(std::string& out, std::string_view name, std::string_view suffix,
                   std::span<const MetricLabel> labels, std::string_view bound = {}) {
  out.append(name).append(suffix);
  char separator = '{';
  for (const MetricLabel& label : labels) {
    check_name(label.name, NameOf::label);
    out += separator;
    out.append(label.name).append("=\"");
    append_escaped(out, label.value, Escape::label);
    out += '"';
    separator = ',';
  }
  if (!bound.empty()) {
    out += separator;
    out.append("le=\"").append(bound).append("\"");
    separator = ',';
  }
  if (separator == ',') out += '}';
  out += ' ';
}

void append_histogram(std::string& out, const MetricFamily& family, const MetricSample& sample) {
  if (sample.counts.size() != family.bounds.size() + 1) {
    throw std::invalid_argument("signaling: the histogram " + family.name + " does not fit its bounds");
  }
  std::uint64_t total = 0;
  std::string bound;
  for (std::size_t i = 0; i < sample.counts.size(); ++i) {
    total += sample.counts[i];
    bound = i < family.bounds.size() ? std::string() : "+Inf";
    if (bound.empty()) append_number(bound, family.bounds[i]);
    append_series(out, family.name, "_bucket", sample.labels, bound);
    append_digits(out, total);
    out += '\n';
  }
  append_series(out, family.name, "_sum", sample.labels);
  append_number(out, sample.value);
  out += '\n';
  append_series(out, family.name, "_count", sample.labels);
  append_digits(out, total);
  out += '\n';
}

std::string_view name_of(MetricKind kind) noexcept {
  switch (kind) {
    case MetricKind::counter: return "counter";
    case MetricKind::gauge: return "gauge";
    case MetricKind::histogram: break;
  }
  return "histogram";
}

}  // namespace

std::string prometheus_text(std::span<const MetricFamily> families) {
  std::string out;
  for (const MetricFamily& family : families) {
    check_name(family.name, NameOf::metric);
    out.append("# HELP ").append(family.name).append(" ");
    append_escaped(out, family.help, Escape::help);
    out.append("\n# TYPE ").append(family.name).append(" ").append(name_of(family.kind)).append("\n");
    for (const MetricSample& sample : family.samples) {
      if (family.kind == MetricKind::histogram) {
        append_histogram(out, family, sample);
        continue;
      }
      append_series(out, family.name, {}, sample.labels);
      append_number(out, sample.value);
      out += '\n';
    }
  }
  return out;
}

}  // namespace signaling
