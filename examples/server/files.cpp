#include "files.hpp"

#include <cstddef>
#include <fstream>
#include <stdexcept>

namespace {

constexpr std::size_t max_file_bytes = 1024 * 1024;

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(max_file_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (!file.is_open() || file.bad() || text.empty()) {
    throw std::runtime_error(path.native() + ": cannot be read, or is empty");
  }
  if (text.size() > max_file_bytes) throw std::runtime_error(path.native() + ": is over 1 MiB");
  return text;
}

std::string read_secret(const std::filesystem::path& path) {
  std::string text = read_file(path);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}
