#include "identity/claims.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "identity/granted.hpp"
#include "identity/json_object.hpp"

namespace signaling::identity {
namespace {

using Time = std::chrono::system_clock::time_point;

constexpr double last_second = 253'402'300'799;  // of the year 9999; milliseconds taken for seconds are later
// What the clock can hold and add a leeway to. Later dates are as good as this one.
constexpr double last_representable = 7'258'118'400;  // the year 2200

// The value of a JSON number (RFC 8259 6): the nearest one for up to 16 digits and 22 places, as dates have. Not
// std::from_chars, which libc++ has for `double` only since its version 20.
double value_of(std::string_view number) noexcept {
  constexpr double max_exact_digits = 1e15;
  const bool is_negative = number.starts_with('-');
  if (is_negative) number.remove_prefix(1);
  double digits = 0;
  int exponent = 0;
  bool in_fraction = false;
  while (!number.empty() && number[0] != 'e' && number[0] != 'E') {
    if (number[0] == '.') {
      in_fraction = true;
    } else if (digits < max_exact_digits) {
      digits = 10 * digits + (number[0] - '0');
      if (in_fraction) --exponent;
    } else if (!in_fraction) {
      ++exponent;
    }
    number.remove_prefix(1);
  }
  if (!number.empty()) {
    number.remove_prefix(number.size() > 1 && number[1] == '+' ? 2 : 1);
    int written = 0;
    const auto error = std::from_chars(number.data(), number.data() + number.size(), written).ec;
    constexpr int beyond_double = 1000;
    if (error != std::errc()) written = number[0] == '-' ? -beyond_double : beyond_double;
    exponent += std::clamp(written, -beyond_double, beyond_double);
  }
  if (digits == 0) return 0;
  const double value = exponent < 0 ? digits / std::pow(10, -exponent) : digits * std::pow(10, exponent);
  return is_negative ? -value : value;
}

// RFC 7519 2, NumericDate: seconds since 1970, maybe with a fraction.
std::optional<Time> date_of(const JsonValue* value) {
  if (value == nullptr || value->kind != JsonKind::number) return std::nullopt;
  const double seconds = value_of(value->text);
  if (!(seconds >= 0 && seconds <= last_second)) return std::nullopt;
  const std::chrono::duration<double> since(std::min(seconds, last_representable));
  return Time(std::chrono::duration_cast<Time::duration>(since));
}

std::string_view check_dates(const JsonObject& claims, const JwtOptions& options, Time now, Pass& pass) {
  const auto expires = date_of(claims.find("exp"));
  if (!expires) return "no-expiry";
  pass.expires = *expires + options.leeway;
  if (now >= *pass.expires) return "expired";
  if (const JsonValue* not_before = claims.find("nbf")) {
    const auto begin = date_of(not_before);
    if (!begin) return "malformed";
    if (now < *begin - options.leeway) return "not-yet-valid";
  }
  return {};
}

// RFC 7519 4.1.3: one string, or an array of them.
bool names_audience(const JsonValue& value, std::string_view audience) {
  if (value.kind == JsonKind::string) return value.equals(audience);
  const auto elements = elements_of(value);
  return elements &&
         std::ranges::all_of(*elements, [](const JsonValue& one) { return one.kind == JsonKind::string; }) &&
         std::ranges::any_of(*elements, [&](const JsonValue& one) { return one.equals(audience); });
}

std::string_view check_parties(const JsonObject& claims, const JwtOptions& options) {
  const JsonValue* audience = claims.find("aud");
  if (audience == nullptr && !options.audience.empty()) return "wrong-audience";
  if (audience != nullptr && (options.audience.empty() || !names_audience(*audience, options.audience))) {
    return "wrong-audience";
  }
  if (options.issuer.empty()) return {};
  const JsonValue* issuer = claims.find("iss");
  return issuer != nullptr && issuer->equals(options.issuer) ? std::string_view() : "wrong-issuer";
}

std::string_view read_bearer(const JsonObject& claims, Pass& pass) {
  if (const JsonValue* subject = claims.find("sub")) {
    auto text = subject->as_string();
    if (!text) return "malformed";
    pass.subject = *std::move(text);
  }
  const JsonValue* granted = claims.find("signaling");
  return granted == nullptr || read_granted(*granted, pass) ? std::string_view() : "wrong-grants";
}

}  // namespace

Verdict read_claims(std::string text, const JwtOptions& options, Time now) {
  const auto claims = JsonObject::read(text);
  if (!claims) return Verdict::refuse("malformed");
  Pass pass;
  std::string_view refusal = check_dates(*claims, options, now, pass);
  if (refusal.empty()) refusal = check_parties(*claims, options);
  if (refusal.empty()) refusal = read_bearer(*claims, pass);
  if (!refusal.empty()) return Verdict::refuse(refusal);
  pass.attributes = std::move(text);
  return Verdict::admit(std::move(pass));
}

}  // namespace signaling::identity
