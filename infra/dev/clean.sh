#!/usr/bin/env bash
# clean.sh [all]: remove compiled files. "all" also stops what make run started and removes all stacks with their data,
# build/deps and everything else under build/.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$here/../.." && pwd)/build
[ -d "$build" ] || exit 0

# Prints the folders of stacks under a folder.
stacks_in() { find "$1" -maxdepth 4 -name ports -type f -printf '%h\n'; }

if [ "${1:-}" = all ]; then
    "$here/run.sh" stop
    stacks_in "$build" | while read -r stack; do "$here/stack.sh" destroy "$stack"; done
    rm -rf "$build"
    exit 0
fi
for entry in "$build"/*; do
    case ${entry##*/} in
        deps) ;;
        *) [ -n "$(stacks_in "$entry")" ] || rm -rf "$entry" ;; # a stack may be running and has data
    esac
done
