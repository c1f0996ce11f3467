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
strays=$(
    { for room in src/*/ src/; do room=$(basename "$room") && echo "$room: $(may "$room")"; done && cat "$list"; } |
        awk '$1 ~ /:$/ { sub(":", "", $1); for (i = 2; i <= NF; i++) may[$1, $i] = 1; next }
            { n = split($1, file, "/"); room = n > 2 ? file[2] : "src"
              included = $2 ~ "/" ? $2 : "src/" $2; to = included; sub("/.*", "", to)
              if (!((room, to) in may)) print $1 ": " room " may not include " included }'
)
[ -z "$strays" ] || { echo "$strays" && bad=1; }

# one door: every foreign header is included by at most one file of a room
doors=$(grep -rno --include='*.[ch]' '^#include <\(curses\|ncurses\|curl\|cjson\|yaml\|ares\|openssl\|ngtcp2\|gnutls\|sqlite3\|microhttpd\|utf8proc\)[a-z0-9_./]*>' src |
    sed 's|^src/\([^/]*\)/\([^:]*\):[0-9]*:#include <\([a-z0-9]*\).*|\1 \3 \2|' | sort -u |
    awk '{ n[$1 " " $2]++; f[$1 " " $2] = f[$1 " " $2] " " $3 } END { for (k in n) if (n[k] > 1) print k ":" f[k] }')
[ -z "$doors" ] || { echo "more than one door (room library: files):" && echo "$doors" && bad=1; }

# no cycle among headers; tsort names one when it finds it
cycle=$(sed 's|^src/||' "$list" | awk '$1 ~ /\.h$/ && $2 ~ /\.h$/' | tsort 2>&1 >/dev/null || true)
[ -z "$cycle" ] || { echo "include cycle:" && echo "$cycle" && bad=1; }
exit $bad
