#!/usr/bin/env bash
# run.sh [option...]: builds what the benchmark needs, measures, and writes tables and plots; see `run.sh --help`.
set -euo pipefail
exec python3 "$(dirname "${BASH_SOURCE[0]}")/run.py" "$@"
