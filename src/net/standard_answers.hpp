#pragma once

#include <optional>
#include <string>

#include "signaling/net/http.hpp"

namespace signaling::net {

/// The reason phrase as text.
HttpResponse plain_answer(unsigned status);

/// The answer to OPTIONS where no handler takes it: what is allowed, and, to a page that may connect, whatever it asked
/// for (Fetch standard, "CORS-preflight request"). `methods`: as in an Allow field.
HttpResponse options_answer(const HttpRequest& request, const std::string& methods);

/// The 400 for a query whose `token`, `peer` or `resume` is malformed: it must neither count as absent nor become a name that
/// nobody can say. Nothing if all is well.
std::optional<HttpResponse> refuse_malformed_query(const HttpRequest& request);

}  // namespace signaling::net
