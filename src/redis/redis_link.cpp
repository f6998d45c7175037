#include "redis/redis_link.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "redis/refusal.hpp"
#include "signaling/core/error.hpp"

namespace signaling::redis {
namespace {

constexpr std::chrono::milliseconds tick{200};

}  // namespace

RedisLink::RedisLink(boost::asio::any_io_executor executor, Options options)
    : executor_(std::move(executor)), options_(std::move(options)), timer_(executor_) {}

void RedisLink::start() {
  connect();
  wait();
}

void RedisLink::connect() {
  state_ = State::connecting;
  unanswered_ = 0;
  retries_at_once_ = false;
  refused_ = {};
  connection_ = RedisConnection::open(
      executor_, options_.connection,
      [self = shared_from_this()](RedisConnection::End end) { self->on_ended(std::move(end)); });
  greet();
}

void RedisLink::greet() {
  const int database = options_.connection.url.database;
  const Command command = database == 0 ? Command{"PING"} : Command{"SELECT", std::to_string(database)};
  send(command, [self = shared_from_this(), name = command.front()](Reply reply) {
    self->on_greeted(std::move(reply), name);
  });
}

// A database that is not there is not to be mistaken for another. A user who may not say PING can do without.
void RedisLink::on_greeted(Reply reply, std::string_view command) {
  if (reply.status == Reply::Status::lost || is_stopping_) return;
  const bool may_not_ping = command == "PING" && reply.error.starts_with("NOPERM");
  if (reply.status == Reply::Status::refused && !may_not_ping) {
    refused_ = {refusal_of(reply.error, command), std::move(reply.error)};
    return connection_->close();
  }
  state_ = State::connected;
  ++connection_number_;
  if (!std::exchange(last_trouble_, {}).empty()) log(LogLevel::info, "redis-connected", {});
  settle({});
}

// Those who wait for it learn what it was; nobody is told the same twice in a row.
void RedisLink::on_ended(RedisConnection::End end) {
  connection_.reset();
  // If HELLO was refused, what follows was refused for that.
  if (!end.refusal && !refused_.detail.empty()) end = refused_;
  state_ = State::waiting;
  if (is_stopping_) {
    state_ = State::stopped;
    timer_.cancel();
    settle(errc::store_unavailable);
    if (stopped_) stopped_();
    return;
  }
  if (!retries_at_once_)
    log(end.refusal ? LogLevel::error : LogLevel::warning, "redis-unreachable", end.detail);
  settle(end.refusal ? end.refusal : errc::store_unavailable);
  timer_.expires_after(retries_at_once_ ? std::chrono::milliseconds(0) : options_.retry_after);
  wait();
}

void RedisLink::settle(std::error_code error) {
  for (auto& done : std::exchange(settled_, {})) done(error);
}

void RedisLink::wait() {
  if (state_ != State::waiting) timer_.expires_after(tick);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->is_stopping_) self->on_time();
  });
}

void RedisLink::on_time() {
  silence_ += tick;
  if (state_ == State::waiting) {
    connect();
  } else if (unanswered_ > 0 && silence_ >= options_.patience) {
    connection_->close();
  } else if (state_ == State::connected && unanswered_ == 0 && silence_ >= options_.ping_after) {
    send({"PING"}, [](const Reply& /*reply*/) {});
  }
  wait();
}

void RedisLink::send(const Command& command, Callback<void(Reply)> done) {
  if (unanswered_++ == 0) silence_ = {};
  connection_->execute(command, [self = shared_from_this(), done = std::move(done)](Reply reply) mutable {
    // Those of an ended connection may come when the next one is there already.
    if (reply.status != Reply::Status::lost) {
      --self->unanswered_;
      self->silence_ = {};
    }
    done(std::move(reply));
  });
}

void RedisLink::execute(const Command& command, Callback<void(Reply)> done) {
  if (state_ == State::connected) return send(command, std::move(done));
  boost::asio::post(executor_, [done = std::move(done)]() mutable { done(Reply()); });
}

void RedisLink::when_settled(Callback<void(std::error_code)> done) {
  if (state_ == State::connecting || state_ == State::waiting) return settled_.push_back(std::move(done));
  const std::error_code error = state_ == State::connected ? errc::ok : errc::store_unavailable;
  boost::asio::post(executor_, [done = std::move(done), error]() mutable { done(error); });
}

void RedisLink::drop() {
  if (state_ != State::connected) return;
  retries_at_once_ = true;
  state_ = State::connecting;
  connection_->close();
}

void RedisLink::stop(Callback<void()> done) {
  is_stopping_ = true;
  if (connection_) {
    stopped_ = std::move(done);
    return connection_->close();
  }
  state_ = State::stopped;
  timer_.cancel();
  settle(errc::store_unavailable);
  boost::asio::post(executor_, [done = std::move(done)]() mutable { done(); });
}

void RedisLink::log(LogLevel level, std::string_view event, std::string_view detail) {
  if (!detail.empty() && std::exchange(last_trouble_, std::string(detail)) == detail) return;
  if (!options_.log || level < options_.log->level()) return;
  const LogField fields[] = {{"connection", options_.name}, {"detail", detail}};
  options_.log->log({level, event, {fields, detail.empty() ? 1U : 2U}});
}

}  // namespace signaling::redis
