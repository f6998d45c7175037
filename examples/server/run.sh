#!/usr/bin/env bash
# run.sh [option of signaling-server...]: installs what is missing, builds the server and runs it.
# Unless told otherwise it listens on 127.0.0.1:8080 and serves the pages of examples/web.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

is_given() {  # is_given <option> <argument>...: on the command line, in the environment, or in a file named there
  local option=$1 argument variable=${1#--}
  variable=SIGNALING_${variable^^}
  shift
  [[ -z ${!variable:-} ]] || return 0
  for argument in "$@"; do
    [[ $argument != "$option" && $argument != "$option="* && $argument != --config* ]] || return 0
  done
  return 1
}

"$root/cmake/install-deps.sh" server
"$root/cmake/configure.sh" release
cmake --build "$root/build/release" --target signaling-server >&2

defaults=()
is_given --listen "$@" || defaults+=(--listen 127.0.0.1:8080)
is_given --static "$@" || defaults+=(--static "$root/examples/web")
exec "$root/build/release/bin/signaling-server" "${defaults[@]}" "$@"
