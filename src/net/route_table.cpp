#include "net/route_table.hpp"

namespace signaling::net {

const HttpRoute* HttpRoutes::find(std::string_view method) const {
  auto found = by_method.find(method);
  if (found == by_method.end() && method == "HEAD") found = by_method.find("GET");
  if (found == by_method.end()) found = by_method.find("*");
  return found == by_method.end() ? nullptr : &found->second;
}

std::string HttpRoutes::allowed_methods() const {
  std::string list;
  for (const auto& [method, route] : by_method) {
    if (!list.empty()) list += ", ";
    list += method;
    if (method == "GET" && !by_method.contains("HEAD")) list += ", HEAD";
  }
  return list;
}

}  // namespace signaling::net
