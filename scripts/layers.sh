#!/bin/sh
# layers.sh — prove the architecture: which room may include which, one door per foreign library, no cycle.
set -eu
cd "$(dirname "$0")/.."

may() { # room: what it may include besides itself
    case $1 in
    core) echo core ;;
    lazy) echo core lazy ;;
    model | config | sim) echo "core $1" ;;
    api | probe | history | ui) echo "core model $1" ;;
    ops) echo "core model api history ops" ;;
    cli | export) echo "core model history $1" ;;
    src) echo "core model config sim api probe history ui ops cli export src" ;; # wiring: files of src itself
    *) echo "$1" ;;
    esac
}

list=$(mktemp) && trap 'rm -f "$list"' EXIT
grep -rn --include='*.[ch]' --include='*.def' '^#include "' src |
    sed 's/^\([^:]*\):[0-9]*:#include "\([^"]*\)".*/\1 \2/' >"$list"
bad=0
while read -r file included; do
    room=$(echo "$file" | sed 's|^src/||; s|/.*||')
    case $room in *.c | *.h) room=src ;; esac
    case $included in */*) ;; *) included=src/$included ;; esac
    case " $(may "$room") " in
    *" ${included%%/*} "*) ;;
    *) echo "$file: $room may not include $included" && bad=1 ;;
    esac
done <"$list"

# one door: every foreign header is included by at most one file of a room
doors=$(grep -rno --include='*.[ch]' '^#include <\(curses\|ncurses\|curl\|cjson\|yaml\|ares\|openssl\|ngtcp2\|gnutls\|sqlite3\|microhttpd\|utf8proc\)[a-z0-9_./]*>' src |
    sed 's|^src/\([^/]*\)/\([^:]*\):[0-9]*:#include <\([a-z0-9]*\).*|\1 \3 \2|' | sort -u |
    awk '{ n[$1 " " $2]++; f[$1 " " $2] = f[$1 " " $2] " " $3 } END { for (k in n) if (n[k] > 1) print k ":" f[k] }')
[ -z "$doors" ] || { echo "more than one door (room library: files):" && echo "$doors" && bad=1; }

# no cycle among headers; tsort names one when it finds it
cycle=$(sed 's|^src/||' "$list" | awk '$1 ~ /\.h$/ && $2 ~ /\.h$/' | tsort 2>&1 >/dev/null || true)
[ -z "$cycle" ] || { echo "include cycle:" && echo "$cycle" && bad=1; }
exit $bad
