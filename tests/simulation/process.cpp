#include "simulation/process.hpp"

#include <utility>

namespace signaling::simulation {

Process::Process(const ModelBackend::World& world, Dice dice, const Options& options)
    : scheduler_(world.scheduler), node_(options.node), random_(dice.fork()) {
  backend_ = std::make_shared<ModelBackend>(world, dice.fork(),
                                            [this](Callback<void()> what) { enter(std::move(what)); });
  store_ = std::make_shared<NodeStore>(world.scheduler, backend_, options.engine, options.can_move);
  RouterOptions router;
  router.limits = options.limits;
  router.store = store_;
  router.clock = &scheduler_;
  router.random = &random_;
  router.client_ids = ClientIds::accept;
  router.node = node_;
  router_ = std::make_unique<Router>(std::move(router));
}

// A crash: the engine goes first, so nothing of the rest reaches the database.
Process::~Process() {
  backend_->die();
  store_->die();
  held_.clear();
  router_.reset();
}

void Process::enter(Callback<void()> what) {
  if (is_paused_) {
    held_.push_back(std::move(what));
    return;
  }
  what();
  run();
}

void Process::run() {
  do {
    io_.restart();
    while (io_.poll() != 0) {
    }
  } while (store_->flush());
}

void Process::go_on() {
  is_paused_ = false;
  while (!held_.empty() && !is_paused_) {
    auto what = std::move(held_.front());
    held_.pop_front();
    enter(std::move(what));
  }
}

void Process::wake_by_timer() {
  is_paused_ = false;
  on_time();
  go_on();
}

void Process::on_time() {
  if (is_paused_) return;
  store_->on_time();
  router_->on_time();
  run();
}

void Process::drain(milliseconds reconnect_within) {
  (void)router_->drain(1'000, reconnect_within);
  run();
}

void Process::shut_down() {
  router_->shut_down(milliseconds(0));
  run();
}

void Process::close() {
  store_->close(node_);
  run();
}

}  // namespace signaling::simulation
