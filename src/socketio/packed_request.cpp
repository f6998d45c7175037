#include "socketio/packed_request.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace signaling::socketio {
namespace {

using Length = std::uint32_t;  // the server bounds a request far below that

constexpr std::array packed_fields{
    &ConnectInfo::remote_address, &ConnectInfo::target,    &ConnectInfo::origin, &ConnectInfo::token,
    &ConnectInfo::credentials,    &ConnectInfo::wished_id, &ConnectInfo::resume};

// Each text is written as its length and its bytes.
std::size_t packed_size(std::string_view text) noexcept { return sizeof(Length) + text.size(); }

void pack(std::string& bytes, std::string_view text) {
  const auto length = static_cast<Length>(text.size());
  bytes.append(reinterpret_cast<const char*>(&length), sizeof(length)).append(text);
}

std::string_view take(std::string_view& bytes) noexcept {
  Length length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  const std::string_view text = bytes.substr(sizeof(length), length);
  bytes.remove_prefix(packed_size(text));
  return text;
}

}  // namespace

PackedRequest::PackedRequest(const ConnectInfo& info) {
  std::size_t size = 0;
  for (const auto member : packed_fields) size += packed_size(info.*member);
  for (const auto& [name, value] : info.headers) size += packed_size(name) + packed_size(value);
  bytes_.reserve(size);
  for (const auto member : packed_fields) pack(bytes_, info.*member);
  for (const auto& [name, value] : info.headers) {
    pack(bytes_, name);
    pack(bytes_, value);
  }
}

ConnectInfo PackedRequest::unpack() const {
  ConnectInfo info;
  std::string_view rest = bytes_;
  for (const auto member : packed_fields) info.*member = take(rest);
  while (!rest.empty()) {
    const std::string_view name = take(rest);
    info.headers.emplace_back(name, take(rest));
  }
  return info;
}

}  // namespace signaling::socketio
