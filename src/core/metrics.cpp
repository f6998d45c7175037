#include "signaling/core/metrics.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "signaling/core/error.hpp"

namespace signaling {
namespace {

constexpr std::array<std::string_view, store_operations> operation_names{"claim", "join", "leave", "update",
                                                                         "snapshot"};

MetricFamily family(std::string name, MetricKind kind, std::string help) {
  return {std::move(name), std::move(help), kind, {}, {}};
}

template <class Number>
MetricFamily single(std::string name, MetricKind kind, std::string help, Number value) {
  MetricFamily result = family(std::move(name), kind, std::move(help));
  result.samples.push_back({{}, static_cast<double>(value), {}});
  return result;
}

template <class Number>
void add(MetricFamily& to, std::string label, std::string_view of, Number value) {
  to.samples.push_back({{{std::move(label), std::string(of)}}, static_cast<double>(value), {}});
}

MetricFamily by_protocol(const Stats& stats, std::string name, std::string help,
                         std::uint64_t ProtocolTraffic::*member) {
  MetricFamily result = family(std::move(name), MetricKind::counter, std::move(help));
  for (const ProtocolTraffic& traffic : stats.protocols) {
    add(result, "protocol", traffic.protocol, traffic.*member);
  }
  return result;
}

MetricFamily time_histogram(std::string name, std::string help) {
  MetricFamily result = family(std::move(name), MetricKind::histogram, std::move(help));
  for (const auto bound : LatencyHistogram::bounds) {
    result.bounds.push_back(std::chrono::duration<double>(bound).count());
  }
  return result;
}

void add(MetricFamily& to, std::vector<MetricLabel> labels, const LatencyHistogram& times) {
  to.samples.push_back({std::move(labels),
                        std::chrono::duration<double>(times.sum).count(),
                        {times.counts.begin(), times.counts.end()}});
}

// All codes from the start: a series that appears with its first error hides that error from `rate`.
MetricFamily errors(const Stats& stats) {
  MetricFamily result = family("signaling_errors_total", MetricKind::counter,
                               "Requests refused and messages not delivered, by error code");
  for (std::size_t i = 1; i <= static_cast<std::size_t>(errc::internal); ++i) {
    add(result, "code", to_string(static_cast<errc>(i)), stats.errors.at(i));
  }
  return result;
}

MetricFamily closes(const Stats& stats) {
  MetricFamily result = family("signaling_peers_closed_total", MetricKind::counter,
                               "Ended connections of peers, and clients that were turned away, by reason");
  for (std::size_t i = 0; i <= static_cast<std::size_t>(CloseReason::internal); ++i) {
    add(result, "reason", to_string(static_cast<CloseReason>(i)), stats.closes.at(i));
  }
  return result;
}

MetricFamily resumptions(const Stats& stats) {
  MetricFamily result = family("signaling_resumptions_total", MetricKind::counter,
                               "Clients that came back with a secret, by what went on");
  constexpr std::array<std::string_view, 3> names{"exact", "rooms", "none"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    add(result, "resumed", names.at(i), stats.resumptions.at(i));
  }
  return result;
}

void add_store(const Stats& stats, std::vector<MetricFamily>& families) {
  MetricFamily times = time_histogram("signaling_store_seconds", "Time the state store took to answer");
  MetricFamily failures = family("signaling_store_failures_total", MetricKind::counter,
                                 "Operations that the state store could not do");
  for (std::size_t i = 0; i < store_operations; ++i) {
    const std::string name(operation_names.at(i));
    add(times, {{"operation", name}}, stats.store.at(i));
    add(failures, "operation", name, stats.store_failures.at(i));
  }
  families.push_back(std::move(times));
  families.push_back(std::move(failures));
}

}  // namespace

std::vector<MetricFamily> metrics_of(const Stats& stats) {
  using enum MetricKind;
  std::vector<MetricFamily> families{
      single("signaling_peers", gauge, "Peers of this node", stats.peers),
      single("signaling_peers_away", gauge, "Peers without a connection that may come back",
             stats.peers_away),
      single("signaling_rooms", gauge, "Rooms with members on this node", stats.rooms),
      single("signaling_peers_admitted_total", counter, "Peers that were admitted", stats.connects),
      closes(stats),
      resumptions(stats),
      single("signaling_joins_total", counter, "Joins of rooms", stats.joins),
      single("signaling_leaves_total", counter, "Leaves of rooms", stats.leaves),
      by_protocol(stats, "signaling_messages_received_total", "Messages from clients",
                  &ProtocolTraffic::messages_in),
      by_protocol(stats, "signaling_received_bytes_total", "Bytes of messages from clients, without framing",
                  &ProtocolTraffic::bytes_in),
      by_protocol(stats, "signaling_messages_sent_total", "Messages to clients",
                  &ProtocolTraffic::messages_out),
      by_protocol(stats, "signaling_sent_bytes_total", "Bytes of messages to clients, without framing",
                  &ProtocolTraffic::bytes_out),
      errors(stats),
  };
  families.push_back(
      time_histogram("signaling_route_seconds",
                     "From a client's message to the queues of its receivers, one message in 128"));
  add(families.back(), {}, stats.route);
  add_store(stats, families);
  return families;
}

std::vector<MetricFamily> metrics_of(const QueueStats& queues) {
  using enum MetricKind;
  return {
      single("signaling_outbound_peers", gauge, "Peers with something queued", queues.peers),
      single("signaling_outbound_bytes", gauge, "Bytes queued for all peers", queues.bytes),
      single("signaling_outbound_longest_bytes", gauge, "Bytes queued for the peer that has most",
             queues.longest_bytes),
  };
}

}  // namespace signaling
