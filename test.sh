#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Ends in a line "N passed, N failed, N skipped".
# ./test.sh --filter "FullyQualifiedName~Wire" and other options are passed on to the test programs.
set -uo pipefail
cd "$(dirname "$0")"
eng/install-natives.sh || exit 1
if command -v npm >/dev/null; then
  (cd test/interop && { [ -e node_modules/.package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error; }) || exit 1
  # Only the tests that need libmsquic use this server. Not npm ci: it refuses a lock file without the binaries of all platforms.
  if [[ $(PATH=$PATH:/sbin:/usr/sbin ldconfig -p) == *libmsquic.so.2* || -n ${LD_LIBRARY_PATH:-} ]]; then
    (cd test/quic-server &&
      { [ -e node_modules/.package-lock.json ] || npm install --no-save --no-audit --no-fund --loglevel=error; }) || exit 1
  fi
fi
dotnet restore IrohMoq.Reactive.sln && dotnet build IrohMoq.Reactive.sln --no-restore -c Release -v minimal --nologo || exit 1

# The test programs run one after the other, so that none disturbs the timings of another.
passed=0 failed=0 skipped=0 status=0
failures=()
for project in test/*.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  echo "== $name"
  log=$(mktemp)
  dotnet run --project "$project" -c Release --no-build -- --no-ansi --output detailed "$@" >"$log" 2>&1
  code=$?
  # 8 is "no test ran", which a filter can cause.
  if [ $code -ne 0 ] && ! { [ $code -eq 8 ] && [ $# -gt 0 ]; }; then
    status=1; grep -vE '^ *passed ' "$log"
  else
    grep -E '^ *(skipped|failed) ' -A3 "$log" || true
  fi
  count() { awk -v name="$1:" '$1 == name { n = $2 } END { print n }' "$log"; }
  p=$(count succeeded) f=$(count failed) s=$(count skipped)
  while IFS= read -r line; do failures+=("$name: $line"); done < <(grep -E '^ *failed ' -A4 "$log")
  echo "   ${p:-0} passed, ${f:-0} failed, ${s:-0} skipped"
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
  rm -f "$log"
done
# Said again at the end, because the output above is long.
[ ${#failures[@]} -eq 0 ] || printf '%s\n' "== What failed" "${failures[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || status=1
exit $status
