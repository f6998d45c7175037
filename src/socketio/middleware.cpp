// How middleware decides on a client: the answer may come from any thread, and is taken to the client's
// executor.
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "signaling/text/json_scanner.hpp"
#include "socketio/namespace_transport.hpp"

namespace signaling::socketio {

Next::Decision::Decision(const std::shared_ptr<NamespaceTransport>& transport, std::size_t middleware)
    : transport_(transport), executor_(transport->executor()), middleware_(middleware) {}

Next::Decision::~Decision() {
  try {
    refuse(no_decision, {});
  } catch (...) {
    // Without memory the client gets no answer.
  }
}

void Next::Decision::go_on() {
  if (made_.exchange(true)) return;
  if (transport_.expired()) return;
  boost::asio::post(executor_, [weak = transport_, middleware = middleware_] {
    if (const auto transport = weak.lock()) transport->go_on(middleware);
  });
}

void Next::Decision::refuse(std::string_view message, std::string_view data) {
  if (made_.exchange(true)) return;
  if (transport_.expired()) return;
  boost::asio::post(executor_, [weak = transport_, middleware = middleware_, message = std::string(message),
                                data = std::string(data)] {
    if (const auto transport = weak.lock()) transport->refuse(middleware, message, data);
  });
}

void Next::operator()() const { decision_->go_on(); }

void Next::refuse(std::string_view message, std::string_view data) const {
  if (!data.empty() && !text::is_json(data)) {
    throw std::invalid_argument("signaling: the data of a refusal is not JSON");
  }
  decision_->refuse(message, data);
}

}  // namespace signaling::socketio
