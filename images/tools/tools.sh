#!/bin/sh
# Lists the WebAssembly tools of this machine and what runs each of them now: the browser's own engine,
# or an emulated program of the same name, which the PATH has in another place.

LIST=/usr/lib/tabnix/tools
PROBE=/usr/lib/tabnix/probe
TAB=$(printf '\t')

usage() {
  echo 'Usage: tools [--help]'
  echo 'Lists the WebAssembly tools of this machine and what runs each of them.'
}

case ${1-} in
  '') ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    echo "tools: unknown argument: $1" >&2
    usage >&2
    exit 2
    ;;
esac

# Whether the PATH has another program of this name. $1: name, $2: the tool's path.
has_other() {
  rest=$PATH:
  while [ -n "$rest" ]; do
    other=${rest%%:*}/$1
    rest=${rest#*:}
    # Not the tool by another way: /bin is /usr/bin.
    if [ -f "$other" ] && [ -x "$other" ] && ! [ "$other" -ef "$2" ]; then return 0; fi
  done
  return 1
}

# A number of bytes for people, in $size.
to_size() {
  if [ "$1" -ge 999500 ]; then
    tenths=$((($1 + 50000) / 100000))
    size="$((tenths / 10)).$((tenths % 10)) MB"
  else
    size="$((($1 + 999) / 1000)) KB"
  fi
}

# The probe is a program for no other engine.
works=
if "$PROBE" >/dev/null 2>&1 </dev/null; then works=1; fi

name_width=4
version_width=7
while IFS=$TAB read -r name version path bytes package; do
  [ ${#name} -le $name_width ] || name_width=${#name}
  [ ${#version} -le $version_width ] || version_width=${#version}
done <"$LIST"

row() {
  printf "%-${name_width}s  %-${version_width}s  %9s  %-11s  %s\n" "$@"
}

row NAME VERSION SIZE ENGINE PATH
while IFS=$TAB read -r name version path bytes package; do
  if [ -n "$works" ]; then
    engine=WebAssembly
  elif has_other "$name" "$path"; then
    engine=emulated
  else
    engine=none
  fi
  to_size "$bytes"
  row "$name" "$version" "$size" "$engine" "$path"
done <"$LIST"
