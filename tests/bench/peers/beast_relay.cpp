// A plain relay on Boost.Beast, as one writes it in an afternoon from Beast's own chat example: a session reads, puts
// a shared string into the queue of each receiver, and each queue writes one message after the other.
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using Error = beast::error_code;

template <class Stream>
class Session;
template <class Stream>
using Rooms = std::unordered_map<std::string, std::vector<Session<Stream>*>>;

template <class Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <class... Arguments>
  explicit Session(Rooms<Stream>& rooms, Arguments&&... arguments)
      : rooms_(rooms), ws_(std::forward<Arguments>(arguments)...) {}
  ~Session() { leave(); }

  void start() {
    beast::get_lowest_layer(ws_).socket().set_option(tcp::no_delay(true));
    if constexpr (std::is_same_v<Stream, beast::tcp_stream>) {
      accept();
    } else {
      ws_.next_layer().async_handshake(asio::ssl::stream_base::server,
                                       [self = this->shared_from_this()](Error error) {
                                         if (!error) self->accept();
                                       });
    }
  }

  void send(std::shared_ptr<const std::string> message) {
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) write();
  }

 private:
  void accept() {
    ws_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
    ws_.text(true);
    ws_.async_accept([self = this->shared_from_this()](Error error) {
      if (!error) self->read();
    });
  }

  void read() {
    ws_.async_read(buffer_, [self = this->shared_from_this()](Error error, std::size_t) {
      if (error) return self->leave();
      self->received(beast::buffers_to_string(self->buffer_.data()));
      self->buffer_.consume(self->buffer_.size());
      self->read();
    });
  }

  void received(std::string text) {
    if (text.starts_with("J ")) {
      leave();
      room_ = text.substr(2);
      rooms_[room_].push_back(this);
      return send(std::make_shared<const std::string>("J"));
    }
    if (text == "L") {
      leave();
      return send(std::make_shared<const std::string>("L"));
    }
    const auto room = rooms_.find(room_);
    if (room == rooms_.end()) return;
    const auto message = std::make_shared<const std::string>(std::move(text));
    for (Session* const other : room->second) {
      if (other != this) other->send(message);
    }
  }

  void leave() {
    const auto room = rooms_.find(room_);
    if (room == rooms_.end()) return;
    std::erase(room->second, this);
    if (room->second.empty()) rooms_.erase(room);
    room_.clear();
  }

  void write() {
    ws_.async_write(asio::buffer(*queue_.front()),
                    [self = this->shared_from_this()](Error error, std::size_t) {
                      if (error) return;
                      self->queue_.pop_front();
                      if (!self->queue_.empty()) self->write();
                    });
  }

  Rooms<Stream>& rooms_;
  websocket::stream<Stream> ws_;
  beast::flat_buffer buffer_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::string room_;
};

template <class Stream, class... Context>
class Listener {
 public:
  Listener(asio::io_context& io, Context&... context)
      : acceptor_(io, {asio::ip::address_v4::loopback(), 0}), context_(context...) {
    std::printf("listening on 127.0.0.1:%d\n", acceptor_.local_endpoint().port());
    std::fflush(stdout);
    accept();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](Error error, tcp::socket socket) {
      if (!error) {
        std::apply(
            [&](Context&... context) {
              std::make_shared<Session<Stream>>(rooms_, std::move(socket), context...)->start();
            },
            context_);
      }
      accept();
    });
  }

  tcp::acceptor acceptor_;
  std::tuple<Context&...> context_;
  Rooms<Stream> rooms_;
};

}  // namespace

// beast_relay [CERTIFICATE KEY]
int main(int argc, char** argv) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  asio::ssl::context tls(asio::ssl::context::tls_server);
  asio::io_context io(1);
  if (argc == 3) {
    tls.use_certificate_chain_file(argv[1]);
    tls.use_private_key_file(argv[2], asio::ssl::context::pem);
    const Listener<asio::ssl::stream<beast::tcp_stream>, asio::ssl::context> listener(io, tls);
    io.run();
  } else {
    const Listener<beast::tcp_stream> listener(io);
    io.run();
  }
}
