#include "arena.hpp"

#include <algorithm>
#include <cmath>

namespace {

constexpr double side = 1'000;
constexpr double runner_radius = 34;
constexpr double coin_radius = 16;
constexpr double speed = 420.0 / Arena::ticks_per_second;

std::string pair_of(double x, double y) {
  return std::to_string(std::lround(x)) + ',' + std::to_string(std::lround(y));
}

}  // namespace

Arena::Arena(std::uint32_t seed) : random_(seed) {
  for (Point& coin : coins_) coin = anywhere();
}

void Arena::add(int player, int score) { runners_[player] = {anywhere(), {}, score}; }

void Arena::remove(int player) { runners_.erase(player); }

int Arena::score(int player) const { return runners_.at(player).score; }

void Arena::steer(int player, double x, double y) {
  const auto found = runners_.find(player);
  if (found == runners_.end() || !std::isfinite(x) || !std::isfinite(y)) return;
  const double length = std::max(1.0, std::hypot(x, y));
  found->second.direction = {x / length, y / length};
}

void Arena::step() {
  ++tick_;
  for (auto& [player, runner] : runners_) {
    runner.at.x = std::clamp(runner.at.x + runner.direction.x * speed, runner_radius, side - runner_radius);
    runner.at.y = std::clamp(runner.at.y + runner.direction.y * speed, runner_radius, side - runner_radius);
    for (Point& coin : coins_) {
      if (std::hypot(coin.x - runner.at.x, coin.y - runner.at.y) > runner_radius + coin_radius) continue;
      ++runner.score;
      coin = anywhere();
    }
  }
}

std::string Arena::snapshot() const {
  std::string text = R"({"tick":)" + std::to_string(tick_) + R"(,"players":[)";
  const char* separator = "";
  for (const auto& [player, runner] : runners_) {
    text.append(separator).append("[").append(std::to_string(player)).append(",");
    text.append(pair_of(runner.at.x, runner.at.y))
        .append(",")
        .append(std::to_string(runner.score))
        .append("]");
    separator = ",";
  }
  text.append(R"(],"coins":[)");
  separator = "";
  for (const Point& coin : coins_) {
    text.append(separator).append("[").append(pair_of(coin.x, coin.y)).append("]");
    separator = ",";
  }
  return text.append("]}");
}

Arena::Point Arena::anywhere() {
  std::uniform_real_distribution<double> inside(runner_radius, side - runner_radius);
  return {inside(random_), inside(random_)};
}
