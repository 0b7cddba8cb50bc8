#!/usr/bin/env bash
# eng/soak.sh [MINUTES], 60 if none are given: 50 peers and 200 tracks over loopback that come, read, pause, break off, die and come again.
# One line a minute. Exits 1, with the reason in its last line, if a healthy reading stands still, memory grows or something is left at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
exec ./bench.sh soak "${1:-60}"
