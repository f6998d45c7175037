#include "redis/redis_store_state.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "redis/url.hpp"

namespace signaling::redis {
namespace {

constexpr std::chrono::milliseconds tick{100};
// Together these are the two seconds that `stop` promises.
constexpr std::chrono::milliseconds time_to_take_leave{1'500};
constexpr std::chrono::milliseconds time_to_disconnect{400};

RedisBackend::Options backend_options(const RedisOptions& options) {
  ConnectionSettings connection;
  connection.url = parse_redis_url(options.url);
  connection.ca_file = options.ca_file;
  return {std::move(connection), options.max_inbox_entries, options.log};
}

EngineOptions engine_options(const RedisOptions& options) {
  EngineOptions engine;
  engine.when_away = options.when_away;
  engine.max_queued_bytes = options.max_queued_bytes;
  engine.message_lifetime = options.message_lifetime;
  engine.log = options.log;
  return engine;
}

}  // namespace

RedisStore::State::State(RedisOptions its_options)
    : options(std::move(its_options)),
      clock(options.clock != nullptr ? *options.clock : system_clock()),
      backend(std::make_shared<RedisBackend>(options.executor, backend_options(options))),
      timer(options.executor) {}

// One wake-up serves all calls that come before it.
void RedisStore::State::post(CallQueue::Call call) {
  {
    const std::scoped_lock lock(mutex);
    queue.push(std::move(call));
    if (std::exchange(is_drain_due, true)) return;
  }
  schedule_drain();
}

// Not under the lock: the executor is the host's. If it cannot take the wake-up, the next call tries again.
void RedisStore::State::schedule_drain() {
  try {
    boost::asio::post(options.executor, [self = shared_from_this()] { self->drain(); });
  } catch (...) {
    const std::scoped_lock lock(mutex);
    is_drain_due = false;
    throw;
  }
}

std::error_code RedisStore::State::publish(const Message& message, const Route& route,
                                           std::span<const NodeId> targets) {
  return push([&] { return queue.publish(message, route, targets, health, options.max_queued_bytes); });
}

std::error_code RedisStore::State::command(const NodeCommand& command) {
  return push([&] { return queue.command(command, health, options.max_queued_bytes); });
}

template <class Function>
std::error_code RedisStore::State::push(Function function) {
  {
    const std::scoped_lock lock(mutex);
    if (const std::error_code error = function()) return error;
    if (std::exchange(is_drain_due, true)) return {};
  }
  schedule_drain();
  return {};
}

void RedisStore::State::drain() {
  CallQueue calls;
  {
    const std::scoped_lock lock(mutex);
    calls = std::exchange(queue, {});
    is_drain_due = false;
  }
  try {
    // A call may open or close; what follows it is for whoever is there then.
    calls.run([this]() -> CallQueue::Open {
      return seat ? CallQueue::Open{&seat->engine, seat->gate.get()} : CallQueue::Open{};
    });
  } catch (...) {
    put_back(std::move(calls));
    throw;
  }
  if (seat) seat->engine.flush();
  show();
}

// One call has failed: not the others.
void RedisStore::State::put_back(CallQueue rest) {
  {
    const std::scoped_lock lock(mutex);
    rest.append(std::exchange(queue, {}));
    queue = std::move(rest);
    if (std::exchange(is_drain_due, true)) return;
  }
  schedule_drain();
}

void RedisStore::State::show() {
  StoreHealth now;
  if (seat) now = seat->engine.health();
  const std::scoped_lock lock(mutex);
  health = now;
  shown_at = clock.now();
}

// After the process stood still, somebody may ask before the engine has seen the time.
StoreHealth RedisStore::State::health_now() {
  const std::scoped_lock lock(mutex);
  StoreHealth now = health;
  now.lease_age += std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - shown_at);
  now.connected = now.connected && now.lease_age < Backend::lease;
  now.inbox_answers = now.inbox_answers && now.connected;
  return now;
}

void RedisStore::State::open(const NodeId& node, StoreListener& listener,
                             Callback<void(std::error_code)> done) {
  auto its_gate = std::make_shared<ListenerGate>(listener);
  {
    const std::scoped_lock lock(mutex);
    gate = its_gate;
  }
  post([this, node, its_gate, done = std::move(done)](StoreEngine* engine) mutable {
    if (engine != nullptr || is_stopped) return done(errc::closed);
    begin(node, std::move(its_gate), std::move(done));
  });
}

// A server that is not there yet is no error: the engine finds it when it comes.
void RedisStore::State::begin(const NodeId& node, std::shared_ptr<ListenerGate> its_gate,
                              Callback<void(std::error_code)> done) {
  if (!std::exchange(is_started, true)) backend->start();
  seat = std::make_shared<Seat>(*backend, node, std::move(its_gate), engine_options(options), clock.now());
  seat->engine.open([weak = weak_from_this(), done = std::move(done)](std::error_code error) mutable {
    if (const auto self = weak.lock()) self->show();
    done(error == errc::store_unavailable ? std::error_code() : error);
  });
  watch_time();
}

void RedisStore::State::watch_time() {
  timer.expires_after(tick);
  timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error || !self->seat) return;
    self->watch_time();
    self->seat->engine.on_time(self->clock.now());
    self->show();
  });
}

void RedisStore::State::close() {
  std::shared_ptr<ListenerGate> closing;
  {
    const std::scoped_lock lock(mutex);
    closing = std::exchange(gate, nullptr);
    health = {};
  }
  if (!closing) return;
  closing->close();
  post([this](StoreEngine* /*engine*/) { end(); });
}

// The engine stays until the database has answered its goodbye.
void RedisStore::State::end() {
  const auto leaving = std::exchange(seat, nullptr);
  if (!leaving) return;
  timer.cancel();
  leaving->engine.close([leaving] {});
}

void RedisStore::State::stop(Callback<void()> done) {
  post([this, done = std::move(done)](StoreEngine* /*engine*/) mutable {
    if (std::exchange(is_stopped, true)) return done();
    take_leave(std::move(done));
  });
}

// Whichever comes first goes on: the end of the time, or what ends the waiting.
void RedisStore::State::take_leave(Callback<void()> done) {
  timer.expires_after(time_to_take_leave);
  timer.async_wait([self = shared_from_this(), done = std::move(done)](const auto& /*error*/) mutable {
    self->disconnect(std::move(done));
  });
  const auto leaving = std::exchange(seat, nullptr);
  if (!leaving) {
    timer.cancel();
  } else {
    leaving->engine.close([self = shared_from_this(), leaving] { self->timer.cancel(); });
  }
}

void RedisStore::State::disconnect(Callback<void()> done) {
  timer.expires_after(time_to_disconnect);
  timer.async_wait([done = std::move(done)](const auto& /*error*/) mutable { done(); });
  backend->stop([self = shared_from_this()] { self->timer.cancel(); });
}

}  // namespace signaling::redis
