#include "websocket/extension_list.hpp"

#include <utility>

#include "signaling/text/http_field.hpp"

namespace signaling::websocket {

namespace {

// Reads a field from left to right. Each `read_` function leaves the position behind what it has read.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() noexcept {
    skip_blanks();
    return rest_.empty();
  }

  bool skip(char c) noexcept {
    skip_blanks();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view read_token() noexcept {
    skip_blanks();
    std::size_t size = 0;
    while (size < rest_.size() && text::is_token_char(rest_[size])) ++size;
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  // RFC 6455 9.1: "the value after quoted-string unescaping MUST conform to the 'token' ABNF".
  std::optional<std::string> read_value() {
    if (!skip('"')) {
      const std::string_view token = read_token();
      return token.empty() ? std::nullopt : std::optional<std::string>(token);
    }
    std::string value;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return std::nullopt;
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    if (!skip('"') || !text::is_token(value)) return std::nullopt;
    return value;
  }

 private:
  void skip_blanks() noexcept {
    while (!rest_.empty() && text::is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

std::optional<Extension> read_extension(Reader& reader) {
  Extension extension{reader.read_token(), {}};
  if (extension.name.empty()) return std::nullopt;
  while (reader.skip(';')) {
    ExtensionParameter parameter{reader.read_token(), std::nullopt};
    if (parameter.name.empty()) return std::nullopt;
    if (reader.skip('=')) {
      parameter.value = reader.read_value();
      if (!parameter.value) return std::nullopt;
    }
    extension.parameters.push_back(std::move(parameter));
  }
  return extension;
}

}  // namespace

std::optional<std::vector<Extension>> parse_extensions(std::string_view field) {
  std::vector<Extension> extensions;
  Reader reader(field);
  while (!reader.at_end()) {
    if (reader.skip(',')) continue;  // empty elements are allowed
    auto extension = read_extension(reader);
    if (!extension) return std::nullopt;
    extensions.push_back(*std::move(extension));
    if (!reader.at_end() && !reader.skip(',')) return std::nullopt;
  }
  return extensions;
}

}  // namespace signaling::websocket
