#include "redis/redis_connection.hpp"

#include <openssl/ssl.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/redis/connection.hpp>
#include <boost/redis/logger.hpp>
#include <boost/redis/request.hpp>
#include <boost/redis/response.hpp>
#include <utility>

#include "redis/refusal.hpp"

namespace signaling::redis {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::redis::generic_response;

// What Boost.Redis tells nobody but its logger.
class Events {
 public:
  virtual void on_connected() = 0;
  virtual void on_hello_refused(std::string_view error) = 0;

 protected:
  ~Events() = default;
};

class Listener : public boost::redis::logger {
 public:
  explicit Listener(Events& events) : logger(level::disabled), events_(&events) {}

  void on_connect(const boost::system::error_code& error, const asio::ip::tcp::endpoint& /*server*/) {
    if (!error) events_->on_connected();
  }
  void on_hello(const boost::system::error_code& /*error*/, const generic_response& response) {
    if (response.has_error()) events_->on_hello_refused(response.error().diagnostic);
  }

 private:
  Events* events_;
};

ssl::context make_context(const ConnectionSettings& settings) {
  ssl::context context(ssl::context::tls_client);
  if (!settings.url.tls) return context;
  context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  context.set_verify_mode(ssl::verify_peer);
  boost::system::error_code ignored;  // an authority that cannot be read is one that nobody is trusted for
  if (settings.ca_file.empty()) {
    context.set_default_verify_paths(ignored);
  } else {
    context.load_verify_file(settings.ca_file, ignored);
  }
  return context;
}

// The user name alone makes Boost.Redis send none; the database is selected by a command of its own.
boost::redis::config make_config(const ConnectionSettings& settings) {
  boost::redis::config config;
  config.use_ssl = settings.url.tls;
  config.addr = {settings.url.host, std::to_string(settings.url.port)};
  config.username = settings.url.user;
  config.password = settings.url.password;
  config.clientname = "signaling";
  config.database_index = std::nullopt;
  config.resolve_timeout = config.connect_timeout = config.ssl_handshake_timeout = settings.timeout;
  config.health_check_interval = std::chrono::seconds::zero();
  config.reconnect_wait_interval = std::chrono::seconds::zero();
  return config;
}

std::error_code refusal_of_tls(const boost::system::error_code& error) {
  if (error.category() != asio::error::get_ssl_category()) return {};
  const bool is_distrust =
      ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  return make_refusal(is_distrust ? Refusal::bad_certificate : Refusal::no_tls);
}

Reply reply_of(generic_response& response) {
  Reply reply;
  if (response.has_error()) {
    reply.status = Reply::Status::refused;
    reply.error = std::move(response.error().diagnostic);
    return reply;
  }
  reply.status = Reply::Status::answered;
  for (auto& node : response.value()) {
    const bool is_value = !boost::redis::resp3::is_aggregate(node.data_type);
    if (!is_value || node.data_type == boost::redis::resp3::type::null) continue;
    reply.values.push_back({node.depth, std::move(node.value)});
  }
  return reply;
}

class Connection final : public RedisConnection,
                         public std::enable_shared_from_this<Connection>,
                         private Events {
 public:
  Connection(const asio::any_io_executor& executor, const ConnectionSettings& settings)
      : connection_(executor, make_context(settings)), config_(make_config(settings)) {
    if (settings.url.tls) name_server(settings.url.host);
  }

  void run(Callback<void(End)> ended) {
    connection_.async_run(
        config_, Listener(*this),
        [self = shared_from_this(), ended = std::move(ended)](boost::system::error_code error) mutable {
          self->connection_.cancel();
          ended(self->end_of(error));
        });
  }

  void execute(const Command& command, Callback<void(Reply)> done) override {
    struct Exchange {
      boost::redis::request request;
      generic_response response;
    };
    auto exchange = std::make_shared<Exchange>();
    if (command.size() == 1) exchange->request.push(command.front());
    exchange->request.push_range(command.front(), std::next(command.begin()), command.end());
    connection_.async_exec(exchange->request, exchange->response,
                           [self = shared_from_this(), exchange, done = std::move(done)](
                               boost::system::error_code error, std::size_t /*size*/) mutable {
                             done(error ? Reply() : reply_of(exchange->response));
                           });
  }

  void close() override {
    is_closed_ = true;
    connection_.cancel();
  }

 private:
  // A cancellation between two steps is not noticed. And nothing is to wait until what went before is acknowledged:
  // Boost.Redis puts into one write whatever there is.
  void on_connected() override {
    boost::system::error_code ignored;
    auto& socket = connection_.next_layer().lowest_layer();
    if (is_closed_) socket.close(ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  }

  void on_hello_refused(std::string_view error) override { hello_error_ = error; }

  End end_of(const boost::system::error_code& error) const {
    if (hello_error_.empty()) return {refusal_of_tls(error), error.message()};
    return {refusal_of(hello_error_, "HELLO"), hello_error_};
  }

  // SNI (RFC 6066 3) knows names only, no addresses.
  void name_server(const std::string& host) {
    auto& stream = connection_.next_layer();
    stream.set_verify_callback(ssl::host_name_verification(host));
    boost::system::error_code is_name;
    asio::ip::make_address(host, is_name);
    if (is_name) ::SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
  }

  boost::redis::basic_connection<asio::any_io_executor> connection_;
  const boost::redis::config config_;
  std::string hello_error_;
  bool is_closed_ = false;
};

}  // namespace

std::shared_ptr<RedisConnection> RedisConnection::open(const asio::any_io_executor& executor,
                                                       const ConnectionSettings& settings,
                                                       Callback<void(End)> ended) {
  auto connection = std::make_shared<Connection>(executor, settings);
  connection->run(std::move(ended));
  return connection;
}

}  // namespace signaling::redis
