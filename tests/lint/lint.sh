#!/usr/bin/env bash
# lint.sh: every check. lint.sh CHECK: one. lint.sh quick: those that take seconds (make test runs them).
# lint.sh list, list-quick: the names.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
here=tests/lint
QUICK=(layers banned sql sizes mains words docs scripts)
SLOW=(format tidy)

layers() { $here/layers.sh; }
banned() { /usr/bin/python3 $here/rules.py banned; }
sql() { /usr/bin/python3 $here/rules.py sql; }
sizes() { /usr/bin/python3 $here/rules.py sizes; }
mains() { /usr/bin/python3 $here/rules.py mains; }
words() { /usr/bin/python3 $here/rules.py words; }
format() { $here/fmt.sh check; }

# The pages of docs/ that are made from tables are what the tables say now.
docs() {
    local out failed=0 page
    [ -x build/dev/bin/docs_gen ] || { echo "build first (make build)"; return 1; }
    out=$(mktemp -d) || return 1
    build/dev/bin/docs_gen "$out" || failed=1
    for page in "$out"/*; do diff -u "docs/${page##*/}" "$page" || { echo "docs/${page##*/} is stale: build/dev/bin/docs_gen docs"; failed=1; }; done
    rm -rf "$out"
    return $failed
}

# The shell scripts parse, and shellcheck, where it is installed, has nothing to say against them.
scripts() {
    local file failed=0
    while read -r file; do
        bash -n "$file" || failed=1
        ! command -v shellcheck >/dev/null || shellcheck -S warning -x "$file" || failed=1
    done < <(find infra tests .ci -name '*.sh' -o -path '.ci/run')
    return $failed
}

tidy() {
    local build=build/dev
    [ -f $build/compile_commands.json ] || cmake --preset dev >/dev/null || return 1
    cmake --build $build --target messages migrations >/dev/null || return 1
    # every source of ours, several at a time; a finding is an error (.clang-tidy)
    find common services -name '*.c' -print0 | xargs -0 -P "$(nproc)" -n 8 clang-tidy --quiet --extra-arg=-Wno-unknown-warning-option -p $build 2>/dev/null
}

run() { # run CHECK
    local start=$SECONDS out
    if out=$("$1" 2>&1); then
        printf 'ok    %-8s %3d s\n' "$1" $((SECONDS - start))
        return 0
    fi
    printf 'FAIL  %-8s %3d s\n%s\n' "$1" $((SECONDS - start)) "$out"
    return 1
}

main() {
    local check failed=0 checks=()
    case ${1:-all} in
        all) checks=("${QUICK[@]}" "${SLOW[@]}") ;;
        quick) checks=("${QUICK[@]}") ;;
        list) echo "${QUICK[@]}" "${SLOW[@]}"; return ;;
        list-quick) echo "${QUICK[@]}"; return ;;
        *)
            for check in "${QUICK[@]}" "${SLOW[@]}"; do [ "$check" != "$1" ] || { "$check"; return; }; done
            echo "usage: lint.sh [all|quick|list|list-quick|${QUICK[*]} ${SLOW[*]}]" >&2
            return 2
            ;;
    esac
    for check in "${checks[@]}"; do run "$check" || failed=1; done
    return $failed
}

main "$@"
