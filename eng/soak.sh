#!/usr/bin/env bash
# eng/soak.sh [MINUTES] [--short] [--peers] [--load FILE] runs the library under load for a long time, by default 60 minutes. By default two
# endpoints carry bulk streams, interactive messages, short connections, datagrams, rejected and vanished peers, and MoQ sessions;
# docs/endpoint.md describes the table. Exits with 1, and with the reason in the last line, if something fails or stalls, the use of memory
# or handles grows, or something is left at the end. Ctrl-C ends the test with the results so far. --short runs 10 seconds. --peers runs 50
# MoQ peers and 200 tracks instead: the peers connect, read, pause, stop, are killed and connect again. --load FILE is the program if it is
# built already.
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=60 mode=endpoint-soak load=
while [ $# -gt 0 ]; do
  case $1 in
    --short) minutes=0.167 ;;
    --peers) mode=soak ;;
    --load) load=$2; shift ;;
    *[!0-9.]* | "") echo "usage: eng/soak.sh [MINUTES] [--short] [--peers] [--load FILE]" >&2; exit 2 ;;
    *) minutes=$1 ;;
  esac
  shift
done
if [ -n "$load" ]; then exec dotnet "$load" $mode "$minutes"; fi
exec ./bench.sh $mode "$minutes"
