#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "options.hpp"
#include "signaling/net/server.hpp"

using ListenResult = signaling::Result<boost::asio::ip::tcp::endpoint>;
/// What listens at an address.
using Listen = std::function<ListenResult(std::string_view address, std::uint16_t port)>;

/// Listens at all of `addresses`; the results are in their order. `localhost` stands for
/// 127.0.0.1 and, if this machine has it, ::1, with the same port.
std::vector<ListenResult> listen_at(const std::vector<ListenAddress>& addresses, const Listen& listen);
