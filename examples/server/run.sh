#!/usr/bin/env bash
# run.sh [option of signaling-server...]: installs what is missing, builds the server and runs it.
# Unless told otherwise it listens on 127.0.0.1:8080 and serves the pages of examples/web.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

has_option() {  # has_option <name> <argument>...
  local name=$1 argument
  shift
  for argument in "$@"; do
    [[ $argument != "$name" && $argument != "$name="* ]] || return 0
  done
  return 1
}

"$root/cmake/install-deps.sh" server
"$root/cmake/configure.sh" release -DSIGNALING_BUILD_TESTS=OFF
cmake --build "$root/build/release" --target signaling-server >&2

defaults=()
has_option --listen "$@" || defaults+=(--listen 127.0.0.1:8080)
has_option --static "$@" || defaults+=(--static "$root/examples/web")
exec "$root/build/release/bin/signaling-server" "${defaults[@]}" "$@"
