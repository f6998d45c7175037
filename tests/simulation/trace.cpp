#include "simulation/trace.hpp"

#include <iostream>
#include <utility>

namespace signaling::simulation {

void Trace::line(std::string_view who, std::string_view what) {
  const std::string thousandths = std::to_string(1'000 + scheduler_.milliseconds() % 1'000);
  std::string text = std::to_string(scheduler_.milliseconds() / 1'000) + "." + thousandths.substr(1);
  text.append(" ").append(who).append(" ").append(what);
  // FNV-1a
  for (const char byte : text) {
    hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211U;
  }
  if (echo_ == Echo::on) std::cout << text << '\n';
  tail_.push_back(std::move(text));
  if (tail_.size() > max_tail) tail_.pop_front();
}

}  // namespace signaling::simulation
