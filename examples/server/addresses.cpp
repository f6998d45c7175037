#include "addresses.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <iterator>
#include <numeric>
#include <utility>

namespace {

namespace ip = boost::asio::ip;

bool has_ipv6_loopback() {
  boost::asio::io_context io;
  boost::system::error_code error;
  ip::tcp::acceptor probe(io);
  probe.open(ip::tcp::v6(), error);
  if (!error) probe.bind({ip::address_v6::loopback(), 0}, error);
  return !error;
}

// RFC 6761 6.3: the loopback, without asking anybody.
std::vector<ListenResult> listen_at_localhost(std::uint16_t port, const Listen& listen) {
  std::vector<ListenResult> results{listen("127.0.0.1", port)};
  if (results.front() && has_ipv6_loopback()) results.push_back(listen("::1", results.front()->port()));
  return results;
}

}  // namespace

std::vector<ListenResult> listen_at(const std::vector<ListenAddress>& addresses, const Listen& listen) {
  // [::] last: only then the server knows that IPv4 has a listener of its own.
  std::vector<std::size_t> order(addresses.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_partition(order, [&](std::size_t i) { return addresses[i].address != "::"; });
  std::vector<std::vector<ListenResult>> by_address(addresses.size());
  for (const std::size_t i : order) {
    const auto& [address, port] = addresses[i];
    if (address == "localhost") {
      by_address[i] = listen_at_localhost(port, listen);
    } else {
      by_address[i].push_back(listen(address, port));
    }
  }
  std::vector<ListenResult> results;
  for (auto& some : by_address) std::ranges::move(some, std::back_inserter(results));
  return results;
}
