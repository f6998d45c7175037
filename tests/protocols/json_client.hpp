#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "protocols/json_encoder.hpp"
#include "protocols/json_protocol.hpp"

namespace signaling::protocols::test {

/// The native protocol of one client.
inline std::unique_ptr<Protocol> make_json() {
  static const auto encoder = std::make_shared<JsonEncoder>(std::chrono::milliseconds(0), "[]");
  return std::make_unique<JsonProtocol>(encoder, 64);
}

/// The text of a field that the server has written; numbers as they stand. Empty: there is none.
inline std::string field(const std::string& line, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  const auto place = line.find(key);
  if (place == std::string::npos) return {};
  const auto begin = place + key.size();
  if (line[begin] == '"') return line.substr(begin + 1, line.find('"', begin + 1) - begin - 1);
  return line.substr(begin, line.find_first_of(",}]", begin) - begin);
}

}  // namespace signaling::protocols::test
