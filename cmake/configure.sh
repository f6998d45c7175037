#!/usr/bin/env bash
# configure.sh <preset> [cmake argument...]: configures build/<preset>; says something only if that fails.
# SIGNALING_SYSTEM_BOOST=1 takes the system's Boost and not the one that install-deps.sh unpacked.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
preset=$1
shift
arguments=(-U 'Boost_DIR' -U 'boost_headers_DIR')  # look again: which Boost is wanted may have changed
if [[ ${SIGNALING_SYSTEM_BOOST:-0} == 1 ]]; then
  arguments+=(-DCMAKE_PREFIX_PATH=)
fi
if ! log=$(cd "$root" && cmake --preset "$preset" "${arguments[@]}" "$@" 2>&1); then
  echo "$log" >&2
  exit 1
fi
