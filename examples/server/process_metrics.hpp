#pragma once

#include <vector>

#include "signaling/core/metrics.hpp"

/// What this process takes of the machine, under the names that Prometheus's own clients use. What /proc does not tell is
/// left out.
std::vector<signaling::MetricFamily> process_metrics();
