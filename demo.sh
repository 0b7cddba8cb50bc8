#!/usr/bin/env bash
# Demonstrates publishing and subscribing with two processes over real QUIC: a live clock with its latency, then a 256 MB file whose
# hash is compared at the subscriber. Installs what is missing and builds. The exit code is 0 only if every check has passed.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
publisher=
trap 'if [ -n "$publisher" ]; then kill "$publisher" 2>/dev/null || true; fi; rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; cat "$work"/*.err >&2; exit 1; }
field() { grep -o "\"$2\":[^,}]*" "$1" | tail -n 1 | cut -d: -f2- | tr -d '"'; }

# A native build in the background would change the measured rates.
export MOQ_NATIVE=0
echo "building ..."
./moq id >/dev/null

# Starts a publisher in the background and waits for its ticket.
publish() {
  ./moq publish --bind 127.0.0.1:0 --json "$@" >"$work/publisher.json" 2>"$work/publisher.err" &
  publisher=$!
  for _ in $(seq 100); do
    ticket=$(grep -o '"ticket":"[^"]*"' "$work/publisher.json" | cut -d'"' -f4) && return 0
    kill -0 "$publisher" 2>/dev/null || break
    sleep 0.1
  done
  fail "the publisher did not start"
}

echo; echo "1. a live clock, a frame each 100 ms, for five seconds"
publish --name studio/main --track clock --clock
echo "   publisher's ticket: $ticket"
timeout --signal=TERM 5 ./moq subscribe "$ticket" --name studio/main --track clock --json \
  >"$work/subscriber.json" 2>"$work/subscriber.err" || true
frames=$(field "$work/subscriber.json" frames)
[ "${frames:-0}" -ge 20 ] || fail "only ${frames:-no} frames of the clock arrived"
echo "   $frames frames, latency p50 $(field "$work/subscriber.json" p50) ms"
kill "$publisher"; wait "$publisher" || true; publisher=

echo; echo "2. a file of 256 MB, lossless"
head -c 268435456 /dev/urandom >"$work/in"
publish --name files/demo --track bytes --input "$work/in" --lossless
./moq subscribe "$ticket" --name files/demo --track bytes --output "$work/out" --json \
  >"$work/subscriber.json" 2>"$work/subscriber.err" || fail "the subscriber ended with $?"
wait "$publisher" || fail "the publisher ended with $?"
publisher=
sent=$(sha256sum <"$work/in"); received=$(sha256sum <"$work/out")
echo "   sent     ${sent%% *}"; echo "   received ${received%% *}"
[ "$sent" = "$received" ] || fail "the file arrived changed"
echo "   $(field "$work/subscriber.json" mb_s) MB/s"
echo; echo "all checks have passed"
