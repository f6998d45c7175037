#include "metrics.hpp"

#include "signaling/operation/process_metrics.hpp"

namespace operation = signaling::operation;

std::vector<operation::MetricSource> metric_sources(const signaling::Router& router,
                                                    const signaling::net::Server& server,
                                                    const signaling::socketio::Server& socketio,
                                                    const Store& store, const operation::LogWriter& log) {
  std::vector<operation::MetricSource> sources{
      operation::build_metrics, [&server] { return operation::metrics_of(server); },
      [&socketio] { return signaling::socketio::metrics_of(socketio.stats()); },
      [&router] { return operation::metrics_of(router); }};
  if (store.metrics) sources.push_back(store.metrics);
  sources.emplace_back([&log] { return operation::metrics_of(log); });
  sources.emplace_back(operation::process_metrics);
  return sources;
}
