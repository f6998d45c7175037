#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "redis/backend.hpp"
#include "redis/packed.hpp"
#include "redis/redis_link.hpp"
#include "signaling/core/log.hpp"

namespace signaling::redis {

/// The database as Redis: each operation is one call of the script, the inbox is a stream.
///
/// The keys are told in docs/clustering.md. Operations go over one connection, `read` over another, because it waits.
/// Serves one node: the calls of its session are counted.
/// Ownership: by a shared pointer; what is under way keeps it.
/// Errors: `open` also fails with `redis_category()` while the server cannot be used at all; the first successful one
/// has seen that it can.
class RedisBackend final : public Backend, public std::enable_shared_from_this<RedisBackend> {
 public:
  struct Options {
    ConnectionSettings connection;
    std::size_t max_inbox_entries = 100'000;
    std::shared_ptr<LogSink> log;
  };

  RedisBackend(const boost::asio::any_io_executor& executor, Options options);
  // NOLINTNEXTLINE(bugprone-exception-escape): only want of memory
  ~RedisBackend() override;

  /// Begins to connect.
  void start();
  /// Ends the connections; operations that are under way fail. `done`: when nothing is.
  void stop(Callback<void()> done);

  void open(const NodeId& node, InboxPlace next, Callback<void(std::error_code, Opened)> done) override;
  void renew(const NodeId& node, Session session, std::uint64_t probe,
             Callback<void(std::error_code, std::uint64_t)> done) override;
  void reap(const NodeId& node, Session session, Callback<void(std::error_code, bool)> done) override;
  void claim(const NodeId& node, Session session, Claim claim,
             Callback<void(std::error_code, Epoch)> done) override;
  void release(const NodeId& node, Session session, std::string peer, Epoch epoch,
               Callback<void(std::error_code)> done) override;
  void join(Session session, Join request, Callback<void(std::error_code, Joined)> done) override;
  void leave(const NodeId& node, Session session, RoomId room, PeerId peer, Epoch epoch, LeaveReason reason,
             Callback<void(std::error_code, Changed)> done) override;
  void update(const NodeId& node, Session session, RoomId room, PeerId peer, Epoch epoch, Payload metadata,
              Callback<void(std::error_code, Changed)> done) override;
  void snapshot(const NodeId& node, Session session, RoomId room, Version known_version,
                Callback<void(std::error_code, Seen)> done) override;
  void own(const NodeId& node, Session session, Callback<void(std::error_code, Owned)> done) override;
  void publish(const NodeId& node, Session session, Batch batch,
               Callback<void(std::error_code, std::vector<std::uint32_t>)> done) override;
  void read(const NodeId& node, InboxPlace next,
            Callback<void(std::error_code, std::vector<InboxEntry>)> done) override;
  void cancel_read() override;
  void goodbye(const NodeId& node, Session session, Callback<void(std::error_code)> done) override;

 private:
  using Answer = Callback<void(std::error_code, PackedReader)>;

  // redis_backend_open.cpp: what has to be so before a session begins.
  void prepare(Callback<void(std::error_code)> done);
  void check_server(Callback<void(std::error_code)> done);
  void load_script(Callback<void(std::error_code)> done);
  void check_permissions(Callback<void(std::error_code)> done);
  std::error_code trouble_in_information(std::string_view information);
  std::error_code refused(std::string_view error, std::string_view command);
  /// To whatever the server's name stands for now.
  void connect_again();

  void call(std::string_view operation, const NodeId& node, Session session,
            std::vector<std::string> arguments, Answer done);
  void evaluate(std::string_view operation, const NodeId& node, Session session,
                std::vector<std::string> arguments, Answer done);
  std::error_code error_of(const Reply& reply, std::string_view command);
  void on_read(InboxPlace next, Reply reply, Callback<void(std::error_code, std::vector<InboxEntry>)> done);
  std::string inbox_key(std::string_view node) const;
  void log_trouble(LogLevel level, std::string_view event, std::string_view detail);

  const boost::asio::any_io_executor executor_;
  const Options options_;
  const std::shared_ptr<RedisLink> commands_;
  const std::shared_ptr<RedisLink> inbox_;
  std::string hash_;  // of the script
  bool is_checked_ = false;
  /// The server's process, and whether it is another one than at the last `open`.
  std::string run_;
  bool is_other_run_ = false;
  std::uint64_t data_ = 0;                // what the database's data are known by
  std::uint64_t session_connection_ = 0;  // that the session was opened over
  std::uint64_t calls_ = 0;               // in this session
  InboxPlace trimmed_;
  bool is_reading_ = false;
  std::string last_trouble_;
};

}  // namespace signaling::redis
