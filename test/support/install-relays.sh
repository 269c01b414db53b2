#!/usr/bin/env bash
# Installs what `npm run test:interop` needs of Debian's packages: Postfix with smtp-sink and smtp-source, swaks, and
# Cyrus SASL's tools. Nothing is started, at once or with the machine, nothing is removed for it and no question is asked.
# It is done in a moment where all is there. Where it is impossible, it says so and ends well: the tests are skipped then.
set -uo pipefail

packages=(postfix swaks sasl2-bin libsasl2-modules openssl)

give_up() {
  echo "not all relay servers for the tests: $1"
  exit 0
}

missing() {
  local package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || give_up 'there is no apt-get here'
mapfile -t wanted < <(missing)
((${#wanted[@]} > 0)) || exit 0
((EUID == 0)) || give_up "only root can install ${wanted[*]}"

log=$(mktemp)
refusal=
cleanup() {
  rm -f "$log"
  [[ -z $refusal ]] || rm -f "$refusal"
}
trap cleanup EXIT

# Debian asks this file whether a service may be started.
if [[ ! -e /usr/sbin/policy-rc.d ]]; then
  refusal=/usr/sbin/policy-rc.d
  printf '#!/bin/sh\nexit 101\n' >"$refusal" && chmod 755 "$refusal" || give_up "$refusal cannot be written"
fi

export DEBIAN_FRONTEND=noninteractive
# Without a configuration of its own Postfix does not start with the machine either.
if [[ " ${wanted[*]} " == *' postfix '* && ! -e /etc/postfix/main.cf ]]; then
  echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections >"$log" 2>&1 ||
    give_up "debconf-set-selections failed: $(tail -n 1 "$log")"
fi
options=(-qq -o DPkg::Lock::Timeout=120 -o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15)
install() {
  # Not in the place of another mail server, which may be in use.
  apt-get "${options[@]}" -y --no-install-recommends --no-remove install "${wanted[@]}" >"$log" 2>&1 </dev/null
}
# The lists of packages are old, or not there, where the first try fails.
if ! install; then
  apt-get "${options[@]}" update >"$log" 2>&1 || give_up "apt-get update failed: $(tail -n 1 "$log")"
  install || give_up "apt-get install ${wanted[*]} failed: $(grep '^E:' "$log" | tail -n 1)"
fi
echo "installed for the tests: ${wanted[*]}"
