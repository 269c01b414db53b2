#!/usr/bin/env bash
# Unpacks Debian's Exim, and what the tests need to run it, into build/exim. Nothing is installed and nothing outside of
# build changes, so that it needs no root: exim4-daemon-light with those of its libraries that the system lacks,
# libnss-wrapper (the user that Exim is built for need not exist) and libfaketime (its clock can be set).
# Where that is impossible it says so and ends well: the tests are skipped then.
set -uo pipefail
cd "$(dirname "$0")/../.."

target=build/exim
work=build/exim.work

give_up() {
  echo "no Exim for the tests: $1"
  rm -rf "$work"
  exit 0
}

[[ -x $target/usr/sbin/exim4 ]] && exit 0
for tool in apt-get apt-cache dpkg dpkg-query; do
  command -v "$tool" >/dev/null || give_up "there is no $tool; set EXIM to a binary to use that"
done

rm -rf "$work"
mkdir -p "$work/packages" "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/root" ||
  give_up 'build cannot be written'
options=(-qq -o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15)

# Lists of packages of its own where the system has none: to bring those up to date takes root.
if ! apt-cache show exim4-daemon-light >/dev/null 2>&1; then
  options+=(-o "Dir::State::lists=$PWD/$work/apt/lists" -o "Dir::Cache=$PWD/$work/apt/cache" -o APT::Sandbox::User=)
  apt-get "${options[@]}" update >"$work/log" 2>&1 || give_up "apt-get update failed: $(tail -n 1 "$work/log")"
fi

fetch() {
  (cd "$work/packages" && apt-get "${options[@]}" download "$1") >"$work/log" 2>&1
}

installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# The libraries that a package depends on.
libraries() {
  apt-cache "${options[@]:1}" depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
    --no-enhances "$1" 2>/dev/null | sed -n 's/^ *|*Depends: \(lib[^ :]*\).*/\1/p'
}

waiting=(exim4-daemon-light libnss-wrapper)
known=' '
while ((${#waiting[@]} > 0)); do
  package=${waiting[0]}
  waiting=("${waiting[@]:1}")
  [[ $known == *" $package "* ]] && continue
  known+="$package "
  fetch "$package" || give_up "apt-get download $package failed: $(tail -n 1 "$work/log")"
  for library in $(libraries "$package"); do
    installed "$library" || waiting+=("$library")
  done
done
fetch libfaketime || echo 'no libfaketime: the tests that set the clock of Exim will be skipped'

for package in "$work"/packages/*.deb; do
  dpkg -x "$package" "$work/root" || give_up "$package cannot be unpacked"
done
# A program that runs as somebody else loads no library that it is told to.
chmod u-s "$work/root/usr/sbin/exim4" || give_up 'exim4-daemon-light has no exim4'
rm -rf "$target"
mv "$work/root" "$target"
rm -rf "$work"
echo "Exim for the tests is in $target"
