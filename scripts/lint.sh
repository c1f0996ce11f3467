#!/bin/sh
# lint.sh [CHECK…] — format, banned functions, static analysis, scripts, manual page: all, or what is named. Prints what is
# wrong and fails.
set -u
cd "$(dirname "$0")/.." || exit 1

banned='\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|strncpy|strncat|alloca|system|popen|tmpnam|mktemp)[[:space:]]*\('

# a tool that is not there is no reason to fail: scripts/setup --test installs it where it counts
has() {
    command -v "$1" >/dev/null || { echo "SKIP lint: $1 is not installed" >&2 && return 1; }
}

check() {
    case $1 in
    format) find src tests -name '*.[ch]' -print0 | xargs -0 -P "$(nproc)" -n 100 clang-format --dry-run -Werror ;;
    banned)
        ! grep -rnE --include='*.[ch]' "$banned" src && return
        echo "banned functions (CONVENTIONS: bounded strings, checked numbers, no shell)" && return 1
        ;;
    analysis) # results of files that did not change are kept from run to run
        mkdir -p build/cppcheck
        cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
            --suppress=missingIncludeSystem --library=posix --cppcheck-build-dir=build/cppcheck -j "$(nproc)" \
            -D_GNU_SOURCE -Isrc src
        ;;
    scripts) ! has shellcheck || grep -rlE '^#!/bin/sh' --exclude='*.c' .ci scripts tests | xargs shellcheck -x ;;
    manual) ! has mandoc || mandoc -Tlint docs/*.1 ;;
    *) echo "lint.sh: unknown check $1" >&2 && return 64 ;;
    esac
}

[ $# -gt 0 ] || set -- format banned analysis scripts manual
bad=0
for one; do check "$one" || bad=1; done
exit $bad
