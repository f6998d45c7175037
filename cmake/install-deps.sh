#!/usr/bin/env bash
# install-deps.sh server|tests|full
#
# Installs what building the server needs, or also what the tests need, or also what tests/run.sh --full needs, on Debian 12
# and later. What is there
# is skipped, so a second run changes nothing and needs neither root nor the network.
#
# Boost is not taken from the system, whose version may be too old: Debian's packages of its headers are
# unpacked into build/deps. SIGNALING_SYSTEM_BOOST=1 installs and uses the system's instead.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=$root/build/deps
server_packages=(g++ cmake ninja-build ccache libssl-dev libcli11-dev)
test_packages=(doctest-dev pkg-config chromium-headless-shell chromium-common openssl clang libclang-rt-dev clang-format clang-tidy doxygen python3 git libsqlite3-dev libgtest-dev catch2
  # for examples/game_server and examples/media_server
  libgstreamer-plugins-bad1.0-dev gstreamer1.0-nice gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)

full_packages=(libspdlog-dev prometheus-cpp-dev  # for programs in docs/host-tools.md
  # for tests/platforms; wine needs no 32-bit part
  g++-mingw-w64-x86-64-posix wine wine64 lld llvm g++-i686-linux-gnu)

fail() {
  echo "install-deps.sh: $*" >&2
  exit 1
}

log_run() {  # runs a command quietly, and shows what it said only if it fails
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    fail "this failed: $*"
  fi
  rm -f "$log"
}

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  local missing=() package
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || fail "these packages are missing, and there is neither root nor sudo: ${missing[*]}"
  fi
  echo "install-deps.sh: installing ${missing[*]}" >&2
  log_run as_root apt-get -q update
  log_run as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}"
}

# install_server <command> <package>: the tests start servers of their own. The package's service is neither started
# (Debian's policy-rc.d says so to it) nor left enabled.
install_server() (  # in a shell of its own, whose end takes the policy away
  command -v "$1" >/dev/null && exit 0
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  install_packages "$2"
  if command -v systemctl >/dev/null; then
    as_root systemctl disable "$2.service" >/dev/null 2>&1 || true
  fi
)

# node_packages: the packages to install for Node.js 18 or later with npm, if they are not there from elsewhere.
node_packages() {
  local major=0
  if command -v node >/dev/null; then
    major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
  fi
  [[ $major -ge 18 ]] || echo nodejs
  command -v npm >/dev/null || echo npm
}

# debian_sources <suite> <folder>: writes the machine's own Debian sources into the folder, with the suite of the
# running release replaced. Sources of other vendors are left out: their suite, component or key differs.
debian_sources() {
  local suite=$1 folder=$2 codename file
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ -r $file ]] || continue
    sed -nE -e '/signed-by=/{/debian-archive/!d}' \
      -e "s|^(deb (\[[^]]*\] )?[^ ]+) +$codename +(.*\<main\>.*)|\1 $suite \3|p" "$file" >>"$folder/debian.list"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [[ -r $file ]] || continue
    awk -v codename="$codename" -v suite="$suite" '
      BEGIN { RS = ""; FS = "\n" }
      {
        stanza = ""; has_suite = has_main = 0; other_key = 0; disabled = 0
        for (i = 1; i <= NF; ++i) {
          line = $i
          if (line ~ /^#/) continue
          if (line ~ /^Suites:/ && (line " ") ~ ("[: ]" codename " ")) { has_suite = 1; line = "Suites: " suite }
          if (line ~ /^Components:/ && (line " ") ~ /[: ]main /) has_main = 1
          if (line ~ /^Signed-By:/ && line !~ /debian-archive/) other_key = 1
          if (line ~ /^Enabled: *no/) disabled = 1
          stanza = stanza line "\n"
        }
        if (has_suite && has_main && !other_key && !disabled) print stanza
      }' "$file" >>"$folder/debian.sources"
  done
}

# unpack_debs <folder of build/deps> <suite> <package>...: the packages of that Debian suite, unpacked there.
unpack_debs() {
  local target=$deps/$1 suite=$2
  shift 2
  [[ ! -e $target ]] || return 0
  command -v apt-get >/dev/null || fail "$* are fetched with apt-get (SIGNALING_SYSTEM_BOOST=1 does without Boost)"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial" "$work/deb" "$deps"
  debian_sources "$suite" "$work/parts"
  local apt=(apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/parts"
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o Acquire::Languages=none
    -o APT::Sandbox::User="$(id -un)")
  grep -qs . "$work"/parts/* || fail "no Debian source to get $* from (SIGNALING_SYSTEM_BOOST=1?)"
  echo "install-deps.sh: unpacking $* of $suite into $target" >&2
  (
    cd "$work/deb"
    log_run "${apt[@]}" update
    log_run "${apt[@]}" download "$@"
    for deb in *.deb; do dpkg -x "$deb" "$work/unpacked"; done
  )
  # Into place in one step, so that an interrupted run leaves no half-filled folder.
  rm -rf "$target.partial"
  cp -a "$work/unpacked" "$target.partial"
  mv "$target.partial" "$target"
  rm -rf "$work"
}

# unpack_boost <version> <suite>: the headers, in build/deps.
unpack_boost() {
  unpack_debs "boost-$1" "$2" "libboost$1-dev"
}

# Younger servers than the system's, with the libraries that they were built for: tests/redis/CMakeLists.txt runs them.
unpack_redis_servers() {
  local libraries=(libc6 libssl3t64 libjemalloc2 libsystemd0 liblzf1 libatomic1 libstdc++6 libgcc-s1 libcap2 liblz4-1
    liblzma5 libzstd1 libgcrypt20 libgpg-error0 zlib1g lua-bitop lua-cjson liblua5.1-0 libhiredis1.1.0)
  unpack_debs redis-servers trixie redis-tools valkey-tools "${libraries[@]}"
}

install_boost() {
  if [[ ${SIGNALING_SYSTEM_BOOST:-0} == 1 ]]; then
    install_packages libboost-dev
  else
    unpack_boost 1.88 trixie
  fi
}

# The modules of the end-to-end tests, again when their lock file changed.
install_node_modules() {
  local folder=$root/tests/e2e stamp lock
  [[ -f $folder/package-lock.json ]] || return 0
  stamp=$folder/node_modules/.installed-lock
  lock=$(sha256sum <"$folder/package-lock.json")
  [[ ! -f $stamp || $(<"$stamp") != "$lock" ]] || return 0
  echo "install-deps.sh: installing the node modules of tests/e2e" >&2
  log_run npm --prefix "$folder" ci --no-audit --no-fund
  echo "$lock" >"$stamp"
}

install_tests() {
  local node
  mapfile -t node < <(node_packages)
  install_packages "${server_packages[@]}" "${test_packages[@]}" "${node[@]}"
  install_server redis-server redis-server
  install_server turnserver coturn
  install_server nginx nginx
  install_server haproxy haproxy
  install_boost
  unpack_boost 1.81 bookworm
  unpack_redis_servers
  install_node_modules
}

[[ $# == 1 && ($1 == server || $1 == tests || $1 == full) ]] || fail "usage: install-deps.sh server|tests|full"
command -v dpkg-query >/dev/null || fail "this is not a Debian system; install by hand: ${server_packages[*]}"
case $1 in
  server)
    install_packages "${server_packages[@]}"
    install_boost
    ;;
  tests)
    install_tests
    ;;
  full)
    install_tests
    install_packages "${full_packages[@]}"
    unpack_debs opentelemetry trixie opentelemetry-cpp-dev
    ;;
esac
