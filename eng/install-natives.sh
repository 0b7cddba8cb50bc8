#!/usr/bin/env bash
# Installs the native QUIC libraries (ngtcp2 1.x and its GnuTLS helper) on Debian 12 and later, if they are missing. Debian 13 has them in
# its archive, Debian 12 in its backports, on the mirror that apt already uses. Prints nothing if they are present.
set -euo pipefail
packages="libngtcp2-16 libngtcp2-crypto-gnutls8"
PATH=$PATH:/sbin:/usr/sbin

say() { echo "install-natives: $1" >&2; }
fail() { say "$1"; exit 1; }
# The list is read whole: a reader that ends early, such as grep -q, can end ldconfig with SIGPIPE, which pipefail reports as a failure.
present() {
  local known
  known=$(ldconfig -p 2>/dev/null) || return 1
  [[ $known == *'libngtcp2.so.16 '* && $known == *'libngtcp2_crypto_gnutls.so.8 '* ]]
}
present && exit 0

command -v apt-get >/dev/null ||
  fail "there is no apt-get here; install ngtcp2 1.x and its GnuTLS helper with the package manager of this system"
if [ "$(id -u)" = 0 ]; then
  as_root=(env)
elif command -v sudo >/dev/null; then
  # Without a terminal sudo cannot ask for a password.
  if [ -t 0 ]; then as_root=(sudo env); else as_root=(sudo -n env); fi
  "${as_root[@]}" true || fail "$packages are missing, and sudo does not allow to install them; run this script as root"
else
  fail "$packages are missing, and there is no sudo; run this script as root"
fi

# Two scripts that start at the same time run one after the other.
exec 9<"${BASH_SOURCE[0]}"
flock 9
present && exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt_get() {
  "${as_root[@]}" DEBIAN_FRONTEND=noninteractive \
    apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1 </dev/null 9<&-
}
apt_failed() {
  awk '/^(E|Err|W):/ && !seen[$0]++ && ++n <= 5 { print "  " $0 }' "$log" >&2
  fail "apt could not install $packages (see above); check the network and the sources of apt, and run this script again"
}
is_known() {
  local known
  # shellcheck disable=SC2086
  known=$(apt-cache policy $packages 2>/dev/null)
  [ "$(awk '$1 == "Candidate:" && $2 != "(none)"' <<<"$known" | wc -l)" = 2 ]
}

say "installing $packages with apt ..."
# A source that cannot be reached, perhaps one that is not needed, is no failure by itself.
apt_get update || say "apt-get update failed; continuing with the lists that apt has"
if ! is_known; then
  . /etc/os-release
  [ "${ID:-}" = debian ] && [ -n "${VERSION_CODENAME:-}" ] || apt_failed
  backports=/etc/apt/sources.list.d/$VERSION_CODENAME-backports.sources
  mirrors=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages')
  mirror=$(awk '/\/debian\/?$/ && !n++' <<<"$mirrors")
  [ -n "$mirror" ] || fail "apt knows no mirror of Debian; add $VERSION_CODENAME-backports to its sources, and run this script again"
  say "adding $VERSION_CODENAME-backports to the sources of apt ($backports) ..."
  printf 'Types: deb\nURIs: %s\nSuites: %s-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$mirror" "$VERSION_CODENAME" | "${as_root[@]}" tee "$backports" >/dev/null
  apt_get update || true
fi
# shellcheck disable=SC2086
apt_get install -y --no-install-recommends $packages || apt_failed
"${as_root[@]}" ldconfig
present || fail "$packages are installed, but the loader does not find them"
say "installed"
