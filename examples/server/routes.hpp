#pragma once

#include "options.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"

/// Everything that signaling-server serves besides its pages. The router must outlive the server.
void add_routes(signaling::net::Server& server, signaling::Router& router, const Options& options);
