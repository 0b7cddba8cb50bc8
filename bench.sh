#!/usr/bin/env bash
# ./bench.sh lists the benches; ./bench.sh NAME runs one. The last line it prints is one JSON object with the medians.
set -euo pipefail
cd "$(dirname "$0")"
eng/install-natives.sh
dotnet build bench/IrohMoq.Load -c Release -v quiet --nologo >&2
exec bench/IrohMoq.Load/bin/Release/net10.0/IrohMoq.Load "$@"
