#!/usr/bin/env bash
# eng/soak.sh [MINUTES], by default 60: runs 50 peers and 200 tracks over loopback. The peers connect, read, pause, stop, are killed and
# connect again. Prints a line per minute. Exits with 1, and with the reason in the last line, if a reader that should go on stands still,
# memory grows, or something is left at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
exec ./bench.sh soak "${1:-60}"
