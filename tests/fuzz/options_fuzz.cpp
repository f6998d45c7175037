// Files of options, as --config reads them, and texts of single options: what is refused is refused with a word, and what is
// taken is what the rest of the program relies on.
#include <sys/mman.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fuzz/require.hpp"
#include "option_values.hpp"
#include "options.hpp"

namespace {

/// A file that has a name and is in memory only.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : descriptor_(memfd_create("options", 0)) {
    require(write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(descriptor_); }

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  const int descriptor_;
};

void check_options(const Options& options) {
  require(options.threads >= 1 && options.threads <= 1024);
  require(options.admin_listen.empty() == options.admin_token_file.empty());
  require(options.tls_listen.empty() || !options.certificates.empty());
  require(options.engine.ping_interval.count() > 0 && options.engine.ping_timeout.count() > 0);
  require(options.ice.turn_lifetime >= std::chrono::seconds(4));
  require(options.jwt.leeway >= std::chrono::seconds(0));
  for (const auto time : {options.handshake_timeout, options.close_timeout, options.ping_interval}) {
    require(time >= std::chrono::milliseconds(0) && time <= std::chrono::hours(365 * 24));
  }
}

void check_file(std::string_view text) {
  const MemoryFile file(text);
  std::string name = "signaling-server";
  std::string config = "--config=" + file.path();
  std::array<char*, 2> arguments{name.data(), config.data()};
  try {
    check_options(parse_options_again(arguments.size(), arguments.data()));
  } catch (const std::runtime_error& error) {
    require(!std::string_view(error.what()).empty());
  }
}

template <class Function>
void may_refuse(Function function) {
  try {
    function();
  } catch (const CLI::ValidationError& error) {
    require(!std::string_view(error.what()).empty());
  }
}

void check_texts(const std::string& text) {
  may_refuse([&] { require(!parse_address(text).address.empty()); });
  may_refuse([&] {
    const auto time = parse_duration(text);
    require(time.count() >= 0 && parse_duration(duration_text(time)) == time);
  });
  may_refuse([&] { require(parse_ice_server(text).urls.size() == 1); });
  if (check_number(text).empty()) require(text.find_first_not_of("0123456789") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(data + 1, data + size);
  if ((data[0] & 1U) != 0) {
    check_texts(text);
  } else {
    check_file(text);
  }
  return 0;
}
