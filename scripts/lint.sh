#!/bin/sh
# lint.sh — format, banned functions, static analysis, scripts, manual page. Prints what is wrong and fails.
set -eu
cd "$(dirname "$0")/.."
bad=0
files=$(find src tests -name '*.[ch]')

# shellcheck disable=SC2086
clang-format --dry-run -Werror $files || bad=1

banned='\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|strncpy|strncat|alloca|system|popen|tmpnam|mktemp)[[:space:]]*\('
if grep -rnE --include='*.[ch]' "$banned" src; then
    echo "banned functions (CONVENTIONS: bounded strings, checked numbers, no shell)" && bad=1
fi

# results of files that did not change are kept from run to run
mkdir -p build/cppcheck
cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
    --suppress=missingIncludeSystem --library=posix --cppcheck-build-dir=build/cppcheck -j 2 \
    -D_GNU_SOURCE -Isrc src || bad=1

# a tool that is not there is no reason to fail: scripts/setup --test installs it where it counts
skip() {
    echo "SKIP lint: $1 is not installed" >&2
}
scripts=$(grep -rlE '^#!/bin/sh' --exclude='*.c' .ci scripts tests || true)
if [ -n "$scripts" ] && command -v shellcheck >/dev/null; then
    # shellcheck disable=SC2086
    shellcheck -x $scripts || bad=1
elif [ -n "$scripts" ]; then
    skip shellcheck
fi
for page in docs/*.1; do
    if command -v mandoc >/dev/null; then
        mandoc -Tlint "$page" || bad=1
    else
        skip mandoc
    fi
done
exit $bad
