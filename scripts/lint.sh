#!/bin/sh
# lint.sh — format, banned functions, static analysis. Prints what is wrong and fails.
set -eu
cd "$(dirname "$0")/.."
bad=0
files=$(git ls-files '*.c' '*.h')

# shellcheck disable=SC2086
clang-format --dry-run -Werror $files || bad=1

banned='\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|strncpy|strncat|alloca|system|popen|tmpnam|mktemp)[[:space:]]*\('
if git grep -nE "$banned" -- 'src/*.c' 'src/*.h'; then
    echo "banned functions (CONVENTIONS: bounded strings, checked numbers, no shell)" && bad=1
fi

cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
    --suppress=missingIncludeSystem --library=posix -j 2 -D_GNU_SOURCE -Isrc src || bad=1
exit $bad
