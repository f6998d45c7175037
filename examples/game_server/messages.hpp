#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "match.hpp"

// What clients send besides joining: JSON, of which nothing is believed.

/// {"name"}: of 1 to 20 characters.
std::optional<std::string> player_name(std::string_view metadata);

struct Direction {
  double x = 0;
  double y = 0;
};
/// {"x", "y"}: over the data channel, many times a second.
std::optional<Direction> parse_direction(std::string_view json);

/// {"seat"}: whom to kick.
std::optional<int> parse_seat(std::string_view json);

/// {"title", "capacity", "listed"}: a match to be. The code is not the client's to choose.
std::optional<MatchOptions> parse_match(std::string_view json);
