#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "database.hpp"
#include "signaling/core/state_store.hpp"

/// A store in a file of SQLite, for one process: what is in it survives the process.
///
/// - Versions of rooms and epochs of ids go on where they were.
/// - A peer id stays reserved for `keep` after a restart: the client that brings its resume secret gets it, nobody else.
/// - Rooms themselves are forgotten when nobody has been in them for as long.
/// - Members are not kept: their connections have ended. What the earlier process had left with `node_lost`.
///
/// Several routers of the process may share one object. Threads: any. What is told and what is answered waits in one queue:
/// an operation completes before its call returns, or, if another thread is just emptying the queue, on that one; with
/// `store_unavailable` if the file cannot be written.
class SqliteStore final : public signaling::StateStore {
 public:
  /// Throws DatabaseError if the file cannot be used.
  explicit SqliteStore(const std::string& file, std::chrono::seconds keep = std::chrono::hours(24));
  ~SqliteStore() override = default;

  /// From now on nothing is written: to the file, the process ended here, and those who are connected will be back.
  /// Without it, a router that ends closes its node, which frees the ids.
  void freeze();
  /// Rooms that the file knows, the latest first, with their versions.
  std::vector<std::pair<signaling::RoomId, signaling::Version>> rooms();

  void open(const signaling::NodeId& node, signaling::StoreListener& listener,
            signaling::Callback<void(std::error_code)> done) override;
  void close(const signaling::NodeId& node) override;
  void claim(const Claim& request,
             signaling::Callback<void(std::error_code, signaling::Epoch)> done) override;
  void release(std::string_view peer, signaling::Epoch epoch) override;
  void join(Join request, signaling::Callback<void(std::error_code, Joined)> done) override;
  void leave(const Leave& request,
             signaling::Callback<void(std::error_code, signaling::Version)> done) override;
  void update(const Update& request,
              signaling::Callback<void(std::error_code, signaling::Version)> done) override;
  void snapshot(std::string_view room, signaling::Version known_version,
                signaling::Callback<void(std::error_code, signaling::RoomState)> done) override;
  std::error_code publish(const signaling::NodeId& node, const signaling::Message& message,
                          const signaling::Route& route, std::span<const signaling::NodeId> targets) override;
  std::error_code command(const signaling::NodeId& node, const signaling::NodeCommand& command) override;

 private:
  using News = std::function<void(signaling::StoreListener&)>;
  /// What a node is told, or an answer.
  struct Item {
    signaling::NodeId node;
    News news;
    signaling::Callback<void()> answer;
  };
  template <class Value>
  struct Result {
    std::error_code error;
    Value value{};
  };
  class Turn;

  template <class Function>
  std::error_code transact(Function function);
  template <class Function>
  std::error_code change(Function function);
  template <class Value, class Function>
  void answer(signaling::Callback<void(std::error_code, Value)> done, Function function);
  void end_earlier_life();
  void forget_old_rooms();

  signaling::Version version_of(std::string_view room);
  signaling::RoomState state_of(std::string_view room);
  signaling::Epoch epoch_in(std::string_view room, std::string_view peer);
  void set_version(std::string_view room, signaling::Version version);
  void remove(std::string_view room, std::string_view peer, signaling::LeaveReason reason,
              const signaling::NodeId& by);
  signaling::NodeId node_of(std::string_view room, std::string_view peer);

  std::vector<signaling::NodeId> nodes_of(std::string_view peer, std::string_view room);
  void announce(signaling::MembershipChange change, const signaling::NodeId& by);
  void add_news(const signaling::NodeId& node, News news) { fresh_.push_back({node, std::move(news), {}}); }
  void tell(std::unique_lock<std::mutex>& lock);

  const std::chrono::seconds keep_;
  std::mutex mutex_;
  Database database_;
  bool frozen_ = false;
  std::map<signaling::NodeId, signaling::StoreListener*> listeners_;
  std::deque<Item> fresh_;  // of the transaction under way
  std::deque<Item> queue_;
  std::condition_variable idle_;
  std::thread::id teller_;  // none: nobody tells anything
  signaling::NodeId told_;  // whom; empty: an answer is given
};
