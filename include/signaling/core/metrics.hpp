#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/stats.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// How to interpret the values of a metric.
enum class MetricKind : std::uint8_t {
  counter,    ///< grows, except for restarts
  gauge,      ///< goes up and down
  histogram,  ///< counts per bucket
};

/// Distinguishes the samples of one metric.
struct SIGNALING_API MetricLabel {
  std::string name;   ///< such as "protocol"
  std::string value;  ///< any bytes; prometheus_text escapes them
};

/// One number, or one histogram, of a metric.
struct SIGNALING_API MetricSample {
  std::vector<MetricLabel> labels;  ///< empty for most metrics
  /// Histograms: the sum of the observed values.
  double value = 0;
  /// Histograms only: observations per bucket of MetricFamily::bounds (not cumulative), and those above the last bound.
  std::vector<std::uint64_t> counts;
};

/// A metric with all its labels, as data for a registry of the host's own. Its name ends in the unit: seconds or bytes.
struct SIGNALING_API MetricFamily {
  std::string name;  ///< by Prometheus's rules
  /// For people.
  std::string help;
  MetricKind kind = MetricKind::gauge;  ///< how to interpret its values
  /// Histograms only: upper bounds of the buckets, ascending.
  std::vector<double> bounds;
  std::vector<MetricSample> samples;  ///< one per combination of labels
};

/// The metrics of `stats`. Labels have few values, and no value that a client chose: `protocol`, `code` (errc),
/// `reason` (CloseReason), `operation` (of the store).
SIGNALING_API std::vector<MetricFamily> metrics_of(const Stats& stats);
/// Metrics of the bytes that wait for clients.
SIGNALING_API std::vector<MetricFamily> metrics_of(const QueueStats& queues);

/// Writes the families in Prometheus's text format, version 0.0.4. Names must be unique. Throws std::invalid_argument
/// for a name that the format does not allow, and for a histogram whose `counts` do not fit its `bounds`.
SIGNALING_API std::string prometheus_text(std::span<const MetricFamily> families);

/// The HTTP content type of that format.
inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace signaling
