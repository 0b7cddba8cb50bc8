#!/usr/bin/env bash
# Writes the public surface of each library into its PublicAPI.Unshipped.txt, from what the analyzer says is missing or gone.
# Read the diff before you commit it: that diff is the review of the surface.
set -euo pipefail
cd "$(dirname "$0")/.."
for project in src/IrohMoq.Reactive src/IrohMoq.Reactive.Iroh src/IrohMoq.Reactive.Quic src/IrohMoq.Reactive.Testing; do
  [ -e "$project/PublicAPI.Unshipped.txt" ] || continue
  echo '#nullable enable' >"$project/PublicAPI.Unshipped.txt"
  mkdir -p "$project/obj"
  dotnet build "$project" --no-incremental -p:TreatWarningsAsErrors=false -p:BuildProjectReferences=true 2>&1 |
    sed -n "s/.*RS0016: Symbol '\(.*\)' is not part of the declared public API.*/\1/p" | LC_ALL=C sort -u >"$project/obj/public-api.txt"
  cat "$project/obj/public-api.txt" >>"$project/PublicAPI.Unshipped.txt"
  echo "$project: $(wc -l <"$project/obj/public-api.txt") members"
done
