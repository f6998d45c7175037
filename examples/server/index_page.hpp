#pragma once

#include "options.hpp"
#include "signaling/net/http.hpp"

/// What `GET /` answers where no pages are served: a few lines that say what is. Browsers, load balancers and monitors ask for it.
signaling::net::HttpHandler index_page(const Options& options);
