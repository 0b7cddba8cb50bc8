#!/usr/bin/env bash
# Installs the native QUIC libraries (ngtcp2 1.x and its GnuTLS helper) on Debian 12 and later, if they are missing.
# Debian 12 has them in its backports; the mirror is the one that apt already uses here.
set -euo pipefail
# Not piped into grep -q: it leaves early, and under pipefail ldconfig's broken pipe would look like a missing library.
present() {
  local known
  known=$(ldconfig -p)
  [[ $known == *'libngtcp2.so.16 '* && $known == *'libngtcp2_crypto_gnutls.so.8 '* ]]
}
PATH=$PATH:/sbin:/usr/sbin
present && exit 0
command -v apt-get >/dev/null || {
  echo "This script supports apt only: install ngtcp2 1.x and its GnuTLS helper with the package manager of your system." >&2
  exit 1
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
packages="libngtcp2-16 libngtcp2-crypto-gnutls8"

echo "installing $packages ..." >&2
as_root apt-get update -qq
if ! apt-cache show $packages >/dev/null 2>&1; then
  . /etc/os-release
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/?$' | sort -u | head -n 1)
  [ -n "$mirror" ] || { echo "apt knows no Debian mirror; add $VERSION_CODENAME-backports to its sources and run this again." >&2; exit 1; }
  printf 'Types: deb\nURIs: %s\nSuites: %s-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$mirror" "$VERSION_CODENAME" | as_root tee "/etc/apt/sources.list.d/$VERSION_CODENAME-backports.sources" >/dev/null
  as_root apt-get update -qq
fi
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages >/dev/null
as_root ldconfig
present || { echo "$packages are installed, but the loader does not find them." >&2; exit 1; }
