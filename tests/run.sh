#!/usr/bin/env bash
# run.sh [ctest argument...]: installs what is missing, builds everything and runs all tests, those of the
# sanitizer builds included. Ends with the summary of ctest; `run.sh -R unit` runs a part.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build

"$root/cmake/install-deps.sh" tests
"$root/cmake/configure.sh" asan -DSIGNALING_BUILD_EXAMPLES=OFF
"$root/cmake/configure.sh" tsan -DSIGNALING_BUILD_EXAMPLES=OFF
"$root/cmake/configure.sh" dev -DSIGNALING_ASAN_BUILD="$build/asan" -DSIGNALING_TSAN_BUILD="$build/tsan"

cmake --build "$build/dev"
cmake --build "$build/asan" --target unit_tests fuzzers
cmake --build "$build/tsan" --target unit_tests

# Two at a time: what compiles and what waits for clients hardly disturb each other (their RESOURCE_LOCKs).
exec ctest --test-dir "$build/dev" --parallel 2 --output-on-failure --no-tests=error "$@"
