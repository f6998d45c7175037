#pragma once

#include <vector>

#include "signaling/core/metrics.hpp"
#include "signaling/text/export.hpp"

namespace signaling::operation {

/// Resources of this process, under the names that Prometheus's own clients use: CPU seconds, resident bytes, open and
/// allowed descriptors, start time. Values that /proc does not provide are omitted.
///
/// Threads: any. Cost: reads files of /proc, and one entry for each open descriptor.
SIGNALING_API std::vector<MetricFamily> process_metrics();

}  // namespace signaling::operation
