#pragma once

#include <array>
#include <map>
#include <random>
#include <string>

/// The rules of the game: discs in a square that run for coins. No network, no clock.
class Arena {
 public:
  static constexpr int ticks_per_second = 60;

  explicit Arena(std::uint32_t seed);

  void add(int player, int score);
  void remove(int player);
  int score(int player) const;
  /// Where the player wants to run: -1 to 1 on each axis; anything longer is cut to full speed.
  void steer(int player, double x, double y);
  /// One tick passes.
  void step();
  /// All there is to see, as JSON: {"tick", "players": [[player, x, y, score]…], "coins": [[x, y]…]}.
  std::string snapshot() const;

 private:
  struct Point {
    double x = 0;
    double y = 0;
  };
  struct Runner {
    Point at;
    Point direction;
    int score = 0;
  };

  Point anywhere();

  std::mt19937 random_;
  std::map<int, Runner> runners_;
  std::array<Point, 6> coins_;
  std::uint64_t tick_ = 0;
};
