#include "messages.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

namespace json = boost::json;

namespace {

constexpr std::size_t max_name_characters = 20;
constexpr std::int64_t max_capacity = 8;

json::object parse_object(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const auto* object = error ? nullptr : value.if_object();
  return object ? *object : json::object();
}

template <class T>
std::optional<T> member(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (!value) return std::nullopt;
  const auto converted = json::try_value_to<T>(*value);
  return converted ? std::optional<T>(*converted) : std::nullopt;
}

// Characters, not bytes: all bytes of UTF-8 but those that continue a character. The parser lets no other encoding in.
std::optional<std::string> name_member(const json::object& object, std::string_view key) {
  const auto name = member<std::string>(object, key);
  if (!name) return std::nullopt;
  const auto characters = std::ranges::count_if(
      *name, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; });
  const bool is_blank = name->find_first_not_of(" \t\r\n") == std::string::npos;
  return is_blank || characters > static_cast<std::ptrdiff_t>(max_name_characters) ? std::nullopt : name;
}

}  // namespace

std::optional<std::string> player_name(std::string_view metadata) {
  return name_member(parse_object(metadata), "name");
}

std::optional<Direction> parse_direction(std::string_view text) {
  const json::object object = parse_object(text);
  const auto x = member<double>(object, "x");
  const auto y = member<double>(object, "y");
  return x && y ? std::optional<Direction>({*x, *y}) : std::nullopt;
}

std::optional<int> parse_seat(std::string_view text) { return member<int>(parse_object(text), "seat"); }

std::optional<MatchOptions> parse_match(std::string_view text) {
  const json::object object = parse_object(text);
  const auto title = name_member(object, "title");
  const auto capacity = member<std::int64_t>(object, "capacity");
  if (!title || !capacity || *capacity < 2 || *capacity > max_capacity) return std::nullopt;
  MatchOptions options;
  options.title = *title;
  options.capacity = static_cast<std::size_t>(*capacity);
  options.listed = member<bool>(object, "listed").value_or(true);
  return options;
}
