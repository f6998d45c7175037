#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/stats.hpp"

namespace signaling {

/// How the values of a metric are to be read.
enum class MetricKind : std::uint8_t {
  counter,    ///< grows, but for restarts
  gauge,      ///< goes up and down
  histogram,  ///< counts by classes
};

/// What tells the samples of one metric apart.
struct SIGNALING_API MetricLabel {
  std::string name;   ///< such as "protocol"
  std::string value;  ///< any bytes; written out, they are escaped
};

/// One number of a metric, or one histogram.
struct SIGNALING_API MetricSample {
  std::vector<MetricLabel> labels;  ///< empty for most metrics
  /// Of a histogram: the sum of what was observed.
  double value = 0;
  /// Histograms only: observations of each class of MetricFamily::bounds by itself, and of the one above.
  std::vector<std::uint64_t> counts;
};

/// A metric with all its labels, as a host can hand it to a registry of its own. Seconds and bytes, in the unit's name.
struct SIGNALING_API MetricFamily {
  std::string name;  ///< by Prometheus's rules
  /// For people.
  std::string help;
  MetricKind kind = MetricKind::gauge;  ///< how its values are to be read
  /// Histograms only: upper bounds of the classes, ascending.
  std::vector<double> bounds;
  std::vector<MetricSample> samples;  ///< one for each combination of labels
};

/// All that `stats` counts. Labels have few values, and none that a client chooses: `protocol`, `code` (errc), `reason`
/// (CloseReason), `operation` (of the store).
SIGNALING_API std::vector<MetricFamily> metrics_of(const Stats& stats);
/// What waits for clients.
SIGNALING_API std::vector<MetricFamily> metrics_of(const QueueStats& queues);

/// The families in Prometheus's text format, version 0.0.4. Names have to be unique. Throws std::invalid_argument on a
/// name that the format does not allow, and on a histogram whose `counts` do not fit its `bounds`.
SIGNALING_API std::string prometheus_text(std::span<const MetricFamily> families);

/// What that is called in HTTP.
inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace signaling
