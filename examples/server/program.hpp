#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <string_view>
#include <vector>

#include "addresses.hpp"
#include "admin.hpp"
#include "identity.hpp"
#include "options.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/operation/heap_trimmer.hpp"
#include "signaling/operation/log_writer.hpp"
#include "signaling/operation/systemd.hpp"
#include "signaling/socketio/server.hpp"
#include "store.hpp"

/// One io_context and one thread per core, a router, and a server over it.
class Program {
 public:
  /// The command line is read again on SIGHUP.
  Program(Options options, int argc, char** argv);

  /// From the first listener to the end; returns the exit code.
  int run();

 private:
  using Context = boost::asio::io_context;

  static std::vector<std::unique_ptr<Context>> make_contexts(unsigned count);
  std::vector<boost::asio::any_io_executor> executors() const;
  signaling::net::ServerOptions with_executors(signaling::net::ServerOptions options);
  signaling::operation::AdminOptions admin_options();
  std::vector<signaling::operation::MetricSource> sources() const;

  bool listen();
  bool announce(std::string_view kind, const std::vector<ListenResult>& results);
  void await_hangup();
  void await_end();
  void reload();
  void drain();
  void stop();

  Options options_;
  const int argc_;
  char** const argv_;
  std::shared_ptr<signaling::operation::LogWriter> log_;
  std::vector<std::unique_ptr<Context>> contexts_;
  std::vector<boost::asio::executor_work_guard<Context::executor_type>> work_;
  Store store_;
  Identity identity_;
  signaling::Router router_;
  signaling::socketio::Server socketio_;
  signaling::net::Server server_;
  Admin admin_;
  boost::asio::signal_set signals_;
  boost::asio::signal_set hangups_;
  signaling::operation::HeapTrimmer trimmer_;
  signaling::operation::Watchdog watchdog_;
  bool draining_ = false;
};
