#!/usr/bin/env bash
# fmt.sh: formats the project's sources in place (.clang-format). fmt.sh check: names those that are not formatted, exit 1 if there are any.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t files < <(find common services tests migrations -name '*.[ch]' | sort)
if [ "${1:-}" != check ]; then
    exec clang-format -i "${files[@]}"
fi
clang-format --dry-run -Werror "${files[@]}" 2>&1 | sed -n 's/^\([^:]*\):.*error:.*/\1/p' | sort | uniq -c |
    awk '{ print $2 ": " $1 " places are not formatted (make fmt)"; n++ } END { exit n > 0 }'
