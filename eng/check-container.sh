#!/usr/bin/env bash
# eng/check-container.sh [RELEASE]... follows the last stage of examples/Container/Dockerfile without a container engine, for each release
# of Debian, by default bookworm and trixie: in a folder that debootstrap fills, with the native build of the tool in place of the first
# stage. Then it runs moq doctor in it, and a publisher and a subscriber, whose file must arrive. It needs root, debootstrap, and a mirror,
# which is that of apt. Prints "skipped: REASON" and exits with 0 where one is missing. --moq FILE is a native build that exists already.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
PATH=$PATH:/sbin:/usr/sbin

releases=() moq=
while [ $# -gt 0 ]; do
  case $1 in
    --moq) moq=$2; shift ;;
    [a-z]*) releases+=("$1") ;;
    *) echo "usage: eng/check-container.sh [RELEASE]... [--moq FILE]" >&2; exit 2 ;;
  esac
  shift
done
[ ${#releases[@]} -gt 0 ] || releases=(bookworm trixie)

# The mounts and the processes are those of new kernel namespaces, which end with the script.
if [ -z "${CHECK_CONTAINER_FOLDER:-}" ]; then
  skip() { echo "skipped: $1"; exit 0; }
  [ "$(id -u)" = 0 ] || skip "debootstrap and chroot need root"
  command -v debootstrap >/dev/null || skip "debootstrap is not installed; apt-get install debootstrap installs it"
  isolate=(unshare --mount --pid --fork --kill-child --mount-proc)
  why=$("${isolate[@]}" true 2>&1) || skip "kernel namespaces are not allowed here: $why"
  [ -n "$moq" ] || moq=$(./moq --build native)
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  CHECK_CONTAINER_FOLDER=$folder "${isolate[@]}" "$0" "${releases[@]}" --moq "$moq"
  exit
fi

mirrors=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages')
mirror=$(awk '/\/debian\/?$/ && !n++' <<<"$mirrors")

# Prints the instructions of the last stage, each in one line.
last_stage() {
  awk '/^ *(#|$)/ { next }
    { whole = whole $0 }
    sub(/\\$/, "", whole) { next }
    whole ~ /^FROM / { n = 0 }
    { lines[n++] = whole; whole = "" }
    END { for (i = 0; i < n; i++) print lines[i] }' examples/Container/Dockerfile
}

user=root work=/ entry=
# Runs a command in the folder, as the image would: with its user, its working directory, and no variable of this machine.
inside() {
  chroot --userspec="$user:$user" "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN="$release" \
    sh -c 'cd "$0" && exec "$@"' "$work" "$@"
}

follow() { # INSTRUCTION REST
  case $1 in
    FROM)
      echo "   debootstrap, $2"
      debootstrap --variant=minbase "$release" "$root" "${mirror:-http://deb.debian.org/debian}" >"$root.log" 2>&1 ||
        { tail -n 5 "$root.log"; return 1; }
      cp /etc/resolv.conf "$root/etc/resolv.conf"
      mount -t proc proc "$root/proc"
      mount --rbind /sys "$root/sys"
      mount --rbind /dev "$root/dev"
      ;;
    COPY)
      local from=$2
      echo "   COPY $from"
      # shellcheck disable=SC2086
      set -- ${from#--from=build }
      if [[ $from == --from=build* ]]; then cp -r "$(dirname "$moq")" "$root$2"; else cp "$1" "$root$2"; fi
      ;;
    RUN) echo "   RUN $2"; inside sh -c "$2" ;;
    USER) user=$2 ;;
    WORKDIR) work=$2 ;;
    ENTRYPOINT) entry=$(tr -d '[]",' <<<"$2") ;;
    *) echo "   the instruction $1 is not supported"; return 1 ;;
  esac
}

# A publisher with a key file, and a subscriber, as docker run starts them.
transfer() {
  head -c 5000000 /dev/urandom >"$root/data/in"
  inside $entry publish --bind 127.0.0.1:0 --name f --track t --input in --lossless --secret-key me.key --json >"$root.json" &
  local publisher=$! ticket= end=$((SECONDS + 20))
  until ticket=$(grep -o '"ticket":"[^"]*"' "$root.json" | cut -d'"' -f4); do
    [ $SECONDS -lt $end ] && kill -0 $publisher 2>/dev/null || return 1
    sleep 0.1
  done
  inside $entry subscribe "$ticket" --name f --track t --output out --timeout 20
  wait $publisher
  cmp "$root/data/in" "$root/data/out"
}

for release in "${releases[@]}"; do
  root=$CHECK_CONTAINER_FOLDER/$release user=root work=/ entry=
  echo "== $release"
  while read -r instruction rest; do follow "$instruction" "$rest" </dev/null; done < <(last_stage)
  [ "$(inside id -u)" != 0 ] || { echo "the image runs as root"; exit 1; }
  inside $entry doctor
  transfer
  echo "== $release: passed"
done
