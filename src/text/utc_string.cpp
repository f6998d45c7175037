#include "signaling/text/utc_string.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace signaling::text {

std::string to_utc_string(std::chrono::system_clock::time_point time) {
  namespace chrono = std::chrono;
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(time - day));
  const std::size_t weekday = chrono::weekday(day).c_encoding();
  const std::size_t month = static_cast<unsigned>(date.month()) - 1;
  std::array<char, 64> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT",
                    days.data() + 3 * weekday, static_cast<unsigned>(date.day()), months.data() + 3 * month,
                    static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                    static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace signaling::text
