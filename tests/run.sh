#!/usr/bin/env bash
# run.sh [--full] [ctest argument...]: installs what is missing, builds, runs the tests, ends with the summary of ctest.
#
# Without --full: one tree, and all that a change of behaviour can break. With it: also the sanitizers, the fuzzers,
# clang-tidy, the package and its consumers, other platforms, other versions of Boost and Redis, the benchmark's smoke test.
# `run.sh -R unit` runs a part by name, `run.sh --full -L package` one of the other parts by label.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
selection=(--label-exclude '^full$')
repeat=tests/run.sh
if [[ ${1:-} == --full ]]; then
  shift
  selection=()
  repeat='tests/run.sh --full'
fi

step() { printf '\n== %s (%d min so far)\n' "$1" $((SECONDS / 60)); }

if [[ ${#selection[@]} == 0 ]]; then
  cat <<'TXT'
run.sh --full, on two cores with nothing compiled yet, takes about an hour, most of it for compiling:
  build of the library, the programs and their tests
  unit tests, simulation, end-to-end tests, documentation, lints
  beside them: AddressSanitizer and ThreadSanitizer, whose trees are built first; fuzzers, clang-tidy, packages and their
  consumers, other platforms, Boost 1.81, Redis 8 and Valkey 8, benchmark
TXT
fi
step 'Installing what is missing'
if [[ ${#selection[@]} == 0 ]]; then
  "$root/cmake/install-deps.sh" full
  "$root/cmake/configure.sh" asan -DSIGNALING_BUILD_EXAMPLES=OFF
  "$root/cmake/configure.sh" tsan -DSIGNALING_BUILD_EXAMPLES=OFF
  "$root/cmake/configure.sh" dev -DSIGNALING_ASAN_BUILD="$build/asan" -DSIGNALING_TSAN_BUILD="$build/tsan"
else
  "$root/cmake/install-deps.sh" tests
  "$root/cmake/configure.sh" dev
fi
step 'Building build/dev'
cmake --build "$build/dev"
step 'Testing'
exec python3 "$root/tests/run_ctest.py" "$build/dev" "$repeat" "${selection[@]}" "$@"
