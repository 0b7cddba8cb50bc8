#!/usr/bin/env bash
# eng/net-grid.sh [--short] [--only TEXT] [--limit SECONDS] [--list] transfers files between network namespaces over bad networks and
# compares their hashes. docs/endpoint-grid.md describes the cells. Prints a table, and exits with 1 if a cell has a wrong hash, hangs, or
# misses a limit; prints "skipped: REASON" and exits with 0 where namespaces are not allowed. --short runs the cells marked with *, --only
# the cells whose name contains TEXT. --limit replaces the time limits of the cells. --moq FILE and --load FILE are programs that are
# built already.
#
# All processes, links and namespaces are created in new kernel namespaces of processes, mounts and networks. The kernel removes them
# when the first process in them ends, however it ends.
set -euo pipefail
script=$(readlink -f "${BASH_SOURCE[0]}")
cd "$(dirname "$script")/.."

# name | publisher | IP | control | MB | limit in s | longest gap in s, or - | path | event
#
# The path is "direct", where the router forwards, or "proxy", where the proxy in the router forwards, with the proxy's conditions (see
# bench/IrohMoq.Load/Proxy/ProxyOptions.cs). With "direct", rate=MBIT is a token bucket of the router. The event is "SECONDS WHAT ...",
# where the seconds count from the arrival of the first byte.
cells() {
  cat <<'CELLS'
forwarded                      | listens | 4 | cubic | 50    | 30 | - | direct |
forwarded, IPv6                | listens | 6 | cubic | 50    | 30 | - | direct |
forwarded, 20 Mbit/s           | listens | 4 | cubic | 10    | 30 | - | direct rate=20 |
proxy                          | listens | 4 | cubic | 50    | 30 | - | proxy |
proxy, IPv6                    | listens | 6 | cubic | 50    | 30 | - | proxy |
proxy, publisher dials         | dials   | 4 | cubic | 50    | 30 | - | proxy |
loss 1 %                       | listens | 4 | cubic | 20    | 30 | - | proxy loss=1 |
loss 5 %                       | listens | 4 | cubic | 10    | 30 | - | proxy loss=5 |
*loss 5 %, BBR                 | listens | 4 | bbr   | 10    | 30 | - | proxy loss=5 |
loss 20 %                      | listens | 4 | cubic | 2     | 40 | - | proxy loss=20 |
loss 20 %, publisher dials     | dials   | 6 | bbr   | 2     | 40 | - | proxy loss=20 |
RTT 50 ms                      | listens | 4 | cubic | 20    | 30 | - | proxy delay=25 |
RTT 200 ms                     | listens | 4 | cubic | 20    | 30 | - | proxy delay=100 |
RTT 200 ms, publisher dials    | dials   | 6 | bbr   | 20    | 30 | - | proxy delay=100 |
loss 1 %, RTT 50 ms            | listens | 4 | cubic | 2     | 30 | - | proxy loss=1 delay=25 |
loss 1 %, RTT 50 ms, BBR       | listens | 4 | bbr   | 20    | 30 | - | proxy loss=1 delay=25 |
loss 5 %, RTT 50 ms            | listens | 4 | cubic | 0.5   | 40 | - | proxy loss=5 delay=25 |
loss 5 %, RTT 50 ms, BBR       | listens | 6 | bbr   | 5     | 30 | - | proxy loss=5 delay=25 |
64 KB, loss 20 %, RTT 200 ms   | listens | 4 | cubic | 0.064 | 40 | - | proxy loss=20 delay=100 |
1 MB, loss 5 %, RTT 200 ms     | dials   | 4 | bbr   | 1     | 40 | - | proxy loss=5 delay=100 |
reordering 25 %, RTT 50 ms     | listens | 4 | cubic | 10    | 40 | - | proxy reorder=25 delay=25 |
reordering 25 %, BBR           | listens | 4 | bbr   | 10    | 30 | - | proxy reorder=25 delay=25 |
RTT 50 ms, jitter 30 ms        | listens | 4 | cubic | 5     | 40 | - | proxy delay=25 jitter=30 |
duplication 5 %                | listens | 4 | cubic | 20    | 30 | - | proxy duplicate=5 |
20 Mbit/s, queue 100 ms        | listens | 4 | cubic | 10    | 30 | - | proxy rate=20 |
20 Mbit/s, queue 100 ms, BBR   | listens | 6 | bbr   | 10    | 30 | - | proxy rate=20 |
all at once                    | listens | 4 | bbr   | 5     | 40 | - | proxy loss=1 delay=25 reorder=5 duplicate=1 rate=50 |
*all at once, publisher dials  | dials   | 6 | bbr   | 3     | 40 | - | proxy loss=1 delay=10 reorder=5 duplicate=1 rate=50 |
MTU 1,300 from the start       | listens | 4 | cubic | 20    | 30 | 3 | proxy mtu=1300 |
*MTU 1,280 after 0.5 s         | listens | 4 | cubic | 4     | 30 | 3 | proxy rate=20 mtu=1280 mtu-after=0.5 |
MTU 1,280 after 2 s            | listens | 4 | cubic | 20    | 40 | 3 | proxy rate=20 mtu=1280 mtu-after=2 |
MTU 1,280 after 2 s, BBR       | dials   | 6 | bbr   | 20    | 40 | 3 | proxy rate=20 mtu=1280 mtu-after=2 |
router's link 1,280 at 2 s     | listens | 4 | cubic | 20    | 40 | 3 | direct rate=20 | 2 mtu router
publisher's link 1,280 at 2 s  | listens | 4 | cubic | 20    | 40 | 3 | proxy rate=20 | 2 mtu publisher
*publisher's link 1,280 at 1 s | dials   | 6 | cubic | 5     | 30 | 3 | proxy rate=20 | 1 mtu publisher
subscriber's link 1,280 at 2 s | listens | 4 | cubic | 20    | 40 | 3 | proxy rate=20 | 2 mtu subscriber
nothing for 4 s                | listens | 4 | cubic | 10    | 40 | - | proxy rate=20 outage-after=2 outage=4 |
link down for 4 s              | listens | 4 | cubic | 10    | 40 | - | direct rate=20 | 2 down router 4
3 rebindings                   | listens | 4 | cubic | 10    | 30 | 3 | proxy rate=20 rebind=1,2,3 |
*3 rebindings, publisher dials | dials   | 4 | cubic | 5     | 30 | 3 | proxy rate=20 rebind=0.5,1,1.5 |
subscriber's new address       | listens | 4 | cubic | 10    | 30 | 3 | direct rate=20 | 2 address subscriber
CELLS
}

short= only= list= limits= moq= load= inside=${NET_GRID_FOLDER:-}
while [ $# -gt 0 ]; do
  case $1 in
    --short) short=1 ;;
    --list) list=1 ;;
    --only) only=$2; shift ;;
    --limit) limits=$2; shift ;;
    --moq) moq=$2; shift ;;
    --load) load=$2; shift ;;
    *) echo "usage: eng/net-grid.sh [--short] [--only TEXT] [--limit SECONDS] [--list] [--moq FILE] [--load FILE]" >&2; exit 2 ;;
  esac
  shift
done
chosen() { cells | { if [ -n "$short" ]; then grep '^\*'; else cat; fi; } | sed 's/^\*//' | grep -F -- "$only" || true; }
[ -z "$list" ] || { chosen; exit 0; }

# The first invocation builds, and starts the script again in new kernel namespaces.
if [ -z "$inside" ]; then
  PATH=$PATH:/sbin:/usr/sbin
  skip() { echo "skipped: $1"; exit 0; }
  for program in ip tc unshare setpriv; do
    command -v $program >/dev/null || skip "$program is not installed"
  done
  isolate=(unshare --net --mount --pid --fork --kill-child --mount-proc)
  [ "$(id -u)" = 0 ] || isolate+=(--user --map-root-user)
  try='mkdir -p /run/netns 2>/dev/null && mount -t tmpfs tmpfs /run/netns || { mount -t tmpfs tmpfs /run && mkdir /run/netns; }
    ip netns add a && ip netns add b && ip link add x netns a type veth peer name y netns b &&
    tc -n a qdisc add dev x root tbf rate 1mbit burst 10k latency 1ms && ip netns exec a true'
  why=$("${isolate[@]}" sh -c "$try" 2>&1) || skip "network namespaces are not allowed here: $(tail -n 1 <<<"$why")"
  if [ -z "$moq" ]; then
    moq=$(./moq --build framework)
  fi
  if [ -z "$load" ]; then
    dotnet build bench/IrohMoq.Load -c Release -v quiet --nologo >&2
    load=$PWD/bench/IrohMoq.Load/bin/Release/net10.0/IrohMoq.Load.dll
  fi
  folder=$(mktemp -d)
  grid=
  # The end of the first process ends all others, and the last of them removes the namespaces.
  trap 'if [ -n "$grid" ]; then kill -KILL "$grid" 2>/dev/null || true; wait "$grid" 2>/dev/null || true; fi; rm -rf "$folder"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  NET_GRID_FOLDER=$folder setpriv --pdeathsig KILL "${isolate[@]}" \
    "$script" ${short:+--short} --only "$only" --limit "$limits" --moq "$moq" --load "$load" </dev/null &
  grid=$!
  status=0
  wait "$grid" || status=$?
  grid=
  exit $status
fi

rate_or_dash() { awk -v s="$1" -v mb="$2" 'BEGIN { if (s > 0) printf "%.2f", mb / s; else print "-" }'; }
json() { grep -o "\"$2\":[^,}]*" "$1" 2>/dev/null | tail -n "${3:-1}" | cut -d: -f2 | tr -d '"'; }
until_matches() { # SECONDS PATTERN FILE PROCESS
  local end=$((SECONDS + $1))
  until grep -qs -- "$2" "$3"; do
    [ $SECONDS -lt $end ] && kill -0 "$4" 2>/dev/null || return 1
    sleep 0.05
  done
}
in_publisher() { exec ip netns exec publisher "$@"; }
in_router() { exec ip netns exec router "$@"; }
in_subscriber() { exec ip netns exec subscriber "$@"; }

create_network() { # RATE
  local side
  for side in publisher router subscriber; do ip netns add $side; ip -n $side link set lo up; done
  ip link add p0 netns publisher type veth peer name r0 netns router
  ip link add s0 netns subscriber type veth peer name r1 netns router
  add_address() { # NAMESPACE LINK NETWORK HOST
    ip -n "$1" addr add "10.77.$3.$4/24" dev "$2"
    ip -n "$1" addr add "fd77:$3::$4/64" dev "$2" nodad
    ip -n "$1" link set "$2" up
  }
  add_address publisher p0 1 2; add_address router r0 1 1; add_address router r1 2 1; add_address subscriber s0 2 2
  add_default_routes publisher 1; add_default_routes subscriber 2
  ip netns exec router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
  [ -z "$1" ] || tc -n router qdisc add dev r1 root tbf rate "$1mbit" burst 32k latency 100ms
}
add_default_routes() { # NAMESPACE NETWORK
  ip -n "$1" route replace default via "10.77.$2.1"
  ip -n "$1" -6 route replace default via "fd77:$2::1"
}
remove_network() { local side; for side in publisher router subscriber; do ip netns del $side 2>/dev/null || true; done; }

# Waits until the first byte has arrived, and some seconds more; then changes the network.
event() { # SECONDS WHAT WHERE [DURATION]
  until_matches 60 first cell/sink $BASHPID || return 0
  sleep "$1"
  case "$2 $3" in
    "mtu publisher") ip -n publisher link set p0 mtu 1280 ;;
    "mtu router") ip -n router link set r1 mtu 1280 ;;
    "mtu subscriber") ip -n subscriber link set s0 mtu 1280 ;;
    "down router") ip -n router link set r1 down; sleep "$4"; ip -n router link set r1 up ;;
    "address subscriber")
      ip -n subscriber addr del 10.77.2.2/24 dev s0
      ip -n subscriber addr add 10.77.2.3/24 dev s0
      add_default_routes subscriber 2
      ;;
  esac
}

# Starts the processes of a cell; $listener, $dialer, $sink and $proxy are their ids. Returns 1 if one does not start.
start_cell() { # PUBLISHER IP CONTROL PATH CONDITION...
  local publisher=$1 ip=$2 control=$3 path=$4 p=10.77.1. s=10.77.2. any=0.0.0.0:0 id target
  shift 4
  if [ "$ip" = 6 ]; then p=fd77:1:: s=fd77:2:: any=[::]:0; fi
  host() { if [ "$ip" = 6 ]; then echo "[$1]:$2"; else echo "$1:$2"; fi; }
  mkfifo cell/pipe
  dotnet "$load" grid-sink <cell/pipe >cell/sink 2>cell/sink.err & sink=$!
  if [ "$publisher" = listens ]; then
    target=$(host "${p}2" 4433) dialed=$(host "${s}1" 5000)
    in_publisher dotnet "$moq" publish --name f --track t --input cell/in --lossless --json --bind "$target" --congestion "$control" \
      >cell/listener 2>cell/listener.err & listener=$!
  else
    target=$(host "${s}2" 4433) dialed=$(host "${p}1" 5000)
    in_subscriber dotnet "$load" grid-listen "$target" >cell/pipe 2>cell/listener.err & listener=$!
  fi
  if [ "$path" = proxy ]; then
    in_router dotnet "$load" proxy "$dialed" "$target" "$@" >cell/proxy 2>cell/proxy.err & proxy=$!
    until_matches 20 listening cell/proxy $proxy || return 1
  else
    dialed=$target
  fi
  if [ "$publisher" = listens ]; then
    until_matches 20 listening cell/listener $listener || return 1
    id=$(json cell/listener id)
    in_subscriber dotnet "$moq" subscribe --id "$id" --addr "$dialed" --bind "$any" --name f --track t --output - --timeout 20 \
      >cell/pipe 2>cell/dialer.err & dialer=$!
  else
    until_matches 20 '^[0-9a-f]\{64\}$' cell/listener.err $listener || return 1
    id=$(grep -m 1 '^[0-9a-f]\{64\}$' cell/listener.err)
    in_publisher dotnet "$load" grid-dial "$id" "$dialed" cell/in "$control" >cell/dialer 2>cell/dialer.err & dialer=$!
  fi
}

run_cell() { # NAME PUBLISHER IP CONTROL MB LIMIT GAP PATH EVENT
  local name=$1 mb=$5 limit=${limits:-$6} most=$7 size began seconds gap rate= what= remark= hash=- code
  local listener= dialer= sink= proxy= changing=
  size=$(awk -v mb="$mb" 'BEGIN { printf "%d", mb * 1000000 }')
  rm -rf cell; mkdir cell
  head -c "$size" random >cell/in
  case $8 in direct*rate=*) rate=${8#*rate=} ;; esac
  create_network "$rate"
  began=$(date +%s%N)
  # shellcheck disable=SC2086
  if start_cell "$2" "$3" "$4" $8; then
    # shellcheck disable=SC2086
    if [ -n "$9" ]; then event $9 & changing=$!; fi
    local end=$((SECONDS + limit))
    while kill -0 "$listener" 2>/dev/null || kill -0 "$dialer" 2>/dev/null || kill -0 "$sink" 2>/dev/null; do
      [ $SECONDS -lt $end ] || { what="not done after $limit s"; break; }
      sleep 0.1
    done
  else
    what="a process did not start"
  fi
  [ -z "$what" ] || kill -KILL $listener $dialer $sink 2>/dev/null || true
  for code in $listener $dialer $sink; do wait "$code" || what=${what:-a process has exited with $?}; done
  if [ -n "$proxy" ]; then kill -TERM "$proxy" 2>/dev/null || true; wait "$proxy" || what=${what:-the proxy has exited with $?}; fi
  if [ -n "$changing" ]; then kill "$changing" 2>/dev/null || true; wait "$changing" || true; fi
  remove_network

  seconds=$(json cell/sink seconds) gap=$(json cell/sink gap)
  if [ -n "$seconds" ]; then
    if [ "$(json cell/sink sha256)" = "$(sha256sum <cell/in | cut -d' ' -f1)" ]; then hash=ok; else hash=WRONG; what=${what:-wrong hash}; fi
    if [ "$most" != - ] && awk -v gap="$gap" -v most="$most" 'BEGIN { exit !(gap > most) }'; then
      what=${what:-"no byte for $gap s, more than $most s"}
    fi
  fi
  local count kind
  for kind in lost:lost overflowed:"queue full" too_large:"too large" duplicated:duplicated held_back:late misdirected:"old port"; do
    count=$(json cell/proxy "${kind%%:*}" 2 | awk '{ n += $1 } END { print n + 0 }')
    [ "$count" = 0 ] || remark="$remark${remark:+, }$count ${kind#*:}"
  done
  printf '| %-30s | %-7s | %-4s | %-5s | %5s | %5.1f | %5s | %6s | %4s | %-5s | %s\n' "$name" "$2" "IPv$3" "$4" "$mb" \
    "$(awk -v ns=$(($(date +%s%N) - began)) 'BEGIN { print ns / 1e9 }')" "$limit" "$(rate_or_dash "${seconds:-0}" "$mb")" "${gap:--}" \
    "$hash" "${what:+**$what**${remark:+; }}$remark |"
  [ -n "$what" ] || return 0
  tail -n 3 cell/*.err cell/listener | sed 's/^/    /'
  return 1
}

run_grid() {
  # Like the namespaces, the files are gone when the last process has ended.
  mount -t tmpfs tmpfs "$inside"
  cd "$inside"
  mkdir -p /run/netns 2>/dev/null && mount -t tmpfs tmpfs /run/netns || { mount -t tmpfs tmpfs /run; mkdir /run/netns; }
  head -c 50000000 /dev/urandom >random
  echo "load $(cut -d' ' -f1 /proc/loadavg), $(nproc) processors"
  echo "| cell                           | publ.   | IP   | ctrl. |    MB | s     | limit | MB/s   | gap  | hash  | packets in the proxy |"
  echo "|---|---|---|---|---|---|---|---|---|---|---|"
  passed=0 failed=0
  while IFS='|' read -r -a fields; do
    for i in "${!fields[@]}"; do fields[i]=$(sed 's/^ *//; s/ *$//' <<<"${fields[i]}"); done
    if run_cell "${fields[@]:0:8}" "${fields[8]:-}"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done < <(chosen)
  echo "$((passed + failed)) cells in $SECONDS s: $passed passed, $failed failed"
  [ $failed = 0 ] && [ $passed -gt 0 ]
}

run_grid
exit
