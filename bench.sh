#!/usr/bin/env bash
# ./bench.sh lists the benches; ./bench.sh NAME runs one. The last line it prints is one JSON object with the medians.
# ./bench.sh micro [FILTER] runs the microbenchmarks, which print a table.
set -euo pipefail
cd "$(dirname "$0")"
if [ "${1:-}" = micro ]; then
  dotnet build bench/IrohMoq.Benchmarks -c Release -v quiet --nologo >&2
  exec bench/IrohMoq.Benchmarks/bin/Release/net10.0/IrohMoq.Benchmarks "${@:2}"
fi
eng/install-natives.sh
dotnet build bench/IrohMoq.Load -c Release -v quiet --nologo >&2
exec bench/IrohMoq.Load/bin/Release/net10.0/IrohMoq.Load "$@"
