#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>

#include "signaling/core/router.hpp"
#include "simulation/dice.hpp"
#include "simulation/node_store.hpp"

namespace signaling::simulation {

/// One process of the cluster: a router with its store, and an executor that runs when something comes in.
class Process {
 public:
  struct Options {
    NodeId node;
    Limits limits;
    redis::EngineOptions engine;
    bool can_move = true;  // members
  };
  Process(const ModelBackend::World& world, Dice dice, const Options& options);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  const NodeId& node() const { return node_; }
  /// Something comes in: it is done, with all that follows from it; or, while paused, later.
  void enter(Callback<void()> what);
  void pause() { is_paused_ = true; }
  void go_on();
  /// The same, but the timer is first.
  void wake_by_timer();
  bool is_paused() const noexcept { return is_paused_; }
  void on_time();

  Router& router() { return *router_; }
  boost::asio::any_io_executor executor() { return io_.get_executor(); }
  ModelBackend& backend() { return *backend_; }
  NodeStore& store() { return *store_; }

  /// Every client is told to go, and leaves.
  void drain(milliseconds reconnect_within);
  void shut_down();
  /// Takes leave of the database. The clients are gone.
  void close();

 private:
  void run();

  Scheduler& scheduler_;
  const NodeId node_;
  DiceRandom random_;
  boost::asio::io_context io_;
  std::shared_ptr<ModelBackend> backend_;
  std::shared_ptr<NodeStore> store_;
  std::unique_ptr<Router> router_;
  bool is_paused_ = false;
  std::deque<Callback<void()>> held_;
};

}  // namespace signaling::simulation
