#pragma once

#include <functional>
#include <string>
#include <vector>

#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"

/// What the operator may do, over HTTP, with the token as `Authorization: Bearer`:
///
/// - `GET /rooms`: who is in which room.
/// - `POST /kick?room=…&peer=…`: puts somebody out of a room.
///
/// `rooms` names the rooms there are. The router must outlive the server.
void add_operator_routes(signaling::net::Server& server, signaling::Router& router, const std::string& token,
                         std::function<std::vector<std::string>()> rooms);
