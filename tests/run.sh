#!/usr/bin/env bash
# run.sh [RING ...]: the tests. Without arguments all rings, in this order:
#
#   unit       every unit_* binary of build/dev
#   lint       the rules of the house that take seconds (tests/lint/lint.sh quick)
#   component  component_* binaries and tests/component/**/test_*.py against a stack in build/test/stack
#   e2e        tests/e2e: the whole system, on stacks of its own under build/test
#   asan       unit and component binaries, and the samples end to end, built with the address and undefined sanitizers (build/asan)
#   fuzz       every fuzz target for FUZZ_S seconds over its corpus (clang), or its corpus once (any compiler)
#
# Logs: build/test/log. The last line says "N passed, N failed, N skipped"; the exit status is 1 when anything failed.
# What was started is stopped at the end, also when the run is interrupted. Words behind -- go to pytest.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

root=$PWD
work=$root/build/test
log=$work/log
stack=$work/stack
FUZZ_S=${FUZZ_S:-10}
JOBS=$(nproc)
python=/usr/bin/python3
RINGS=(unit lint component e2e asan fuzz)

passed=0 failed=0 skipped=0 child=''
pytest_words=()

say() { printf '%s\n' "$*"; }

usage() {
    say "usage: tests/run.sh [${RINGS[*]}] [-- PYTEST_WORD ...]" >&2
    exit 2
}

# --- running one thing --------------------------------------------------------------------------------------------------------

# quietly NAME COMMAND...: runs with its output in the log NAME; a signal to us ends it too.
quietly() {
    local name=$1 rc
    shift
    setsid --wait "$@" >"$log/$name.log" 2>&1 </dev/null &
    child=$!
    wait "$child"
    rc=$?
    child=''
    return $rc
}

show() { # show NAME: the end of a log, for whoever must find out why
    say "--- $log/$1.log"
    tail -n "${2:-60}" "$log/$1.log" | sed 's/^/    /'
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }

# count NAME PASSED FAILED SKIPPED START
count() {
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
    printf '%-28s %5d passed %4d failed %4d skipped %7s s\n' "$1" "$2" "$3" "$4" "$(seconds_since "$5")"
}

# one NAME COMMAND...: passes when the command succeeds.
one() {
    local name=$1 start=$EPOCHREALTIME
    shift
    if quietly "$name" "$@"; then
        count "$name" 1 0 0 "$start"
    else
        count "$name" 0 1 0 "$start"
        show "$name"
        return 1
    fi
}

# criterion NAME BINARY: every test of the binary counts; one that dies as a whole counts as one failure.
criterion() {
    local name=$1 binary=$2 start=$EPOCHREALTIME tap=$log/$1.tap ok=0 bad=0 left=0 rc
    rm -f "$tap"
    quietly "$name" timeout -k 10 600 "$binary" "--tap=$tap" "--jobs=$JOBS"
    rc=$?
    if [ -f "$tap" ]; then
        left=$(grep -c '^ok .*# SKIP' "$tap")
        ok=$(($(grep -c '^ok ' "$tap") - left))
        bad=$(grep -c '^not ok ' "$tap")
    fi
    if [ "$rc" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$((ok + bad + left))" -eq 0 ]; then bad=1; fi # a binary without a test is a mistake
    count "$name" "$ok" "$bad" "$left" "$start"
    if [ "$bad" -gt 0 ]; then
        [ ! -f "$tap" ] || grep '^not ok ' "$tap" | sed 's/^/    /'
        show "$name"
    fi
}

pytest_ring() { # pytest_ring NAME PATH...
    local name=$1 start=$EPOCHREALTIME rc summary
    shift
    quietly "$name" env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$root/tests" "$python" -m pytest -p no:cacheprovider -ra --color=no --durations=15 "$@" "${pytest_words[@]}"
    rc=$?
    summary=$(grep -E '^=+ .* in [0-9.]+s.* =+$' "$log/$name.log" | tail -n 1)
    number() { grep -oE "[0-9]+ $1" <<<"$summary" | head -n 1 | grep -oE '[0-9]+' || echo 0; }
    local ok bad left
    ok=$(number passed) bad=$(($(number failed) + $(number error))) left=$(number skipped)
    if [ "$rc" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    count "$name" "$ok" "$bad" "$left" "$start"
    grep -E '^SKIPPED' "$log/$name.log" | sed 's/^/    /'
    if [ "$bad" -gt 0 ]; then show "$name" 200; fi
}

# --- building and stacks ------------------------------------------------------------------------------------------------------

# build PRESET [TARGET...]
build() {
    local preset=$1 targets=()
    shift
    [ $# -eq 0 ] || targets=(--target "$@")
    quietly "build-$preset" bash -c 'cmake --preset "$1" && shift && cmake --build "$@"' build "$preset" "build/$preset" "-j$JOBS" "${targets[@]}"
}

build_or_fail() {
    local start=$EPOCHREALTIME
    build "$@" && return
    count "build-$1" 0 1 0 "$start"
    show "build-$1"
    return 1
}

start_stack() {
    local start=$EPOCHREALTIME
    if ! quietly stack infra/dev/stack.sh start "$stack"; then
        count stack 0 1 0 "$start"
        show stack
        return 1
    fi
    set -a
    # shellcheck disable=SC1091
    . "$stack/env"
    set +a
}

# Ends every process tree and stack that a run left under build/test. Fleets first: their supervisor is named by its pid file.
clean_up() {
    local dir pid
    if [ -n "$child" ] && kill -0 "$child" 2>/dev/null; then
        kill -TERM -- "-$child" 2>/dev/null || kill -TERM "$child" 2>/dev/null
        for _ in $(seq 300); do
            kill -0 "$child" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL -- "-$child" 2>/dev/null
    fi
    for dir in "$work"/*/; do
        pid=$(cat "$dir/supervisor.pid" 2>/dev/null) || continue
        if [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = jobmill ]; then kill -KILL "$pid" 2>/dev/null; fi
        rm -f "$dir/supervisor.pid"
    done
    for dir in "$work"/*/; do
        [ ! -f "$dir/ports" ] || infra/dev/stack.sh destroy "$dir" 2>/dev/null
    done
}

interrupted() {
    trap - EXIT
    clean_up
    say "interrupted"
    exit 130
}

# --- rings --------------------------------------------------------------------------------------------------------------------

criterion_all() { # criterion_all PRESET PREFIX
    local binary suffix=''
    [ "$1" = dev ] || suffix=-$1
    for binary in build/"$1"/tests/"$2"_*; do
        [ -x "$binary" ] && [ -f "$binary" ] || continue
        criterion "$(basename "$binary")$suffix" "$binary"
    done
}

ring_unit() { criterion_all dev unit; }

ring_lint() {
    local check
    for check in $(tests/lint/lint.sh list-quick); do one "lint-$check" tests/lint/lint.sh "$check"; done
}

ring_component() {
    start_stack || return
    component_binaries dev
    pytest_ring component_py tests/component
}

ring_e2e() {
    stop_stack
    pytest_ring e2e tests/e2e
}

# They make tables of their own: as the owner.
component_binaries() {
    export JOBMILL_PG_USER=jobmill_owner
    criterion_all "$1" component
    unset JOBMILL_PG_USER
}

stop_stack() { [ ! -f "$stack/ports" ] || quietly stack-stop infra/dev/stack.sh stop "$stack"; }

# The compiler's own stacks and shadow memory make daemons larger and slower; what they must do is the same.
ring_asan() {
    build_or_fail asan || return
    export ASAN_OPTIONS=handle_segv=0:handle_abort=0:detect_leaks=1:detect_stack_use_after_return=1:allocator_may_return_null=1
    export UBSAN_OPTIONS=print_stacktrace=1 LSAN_OPTIONS=suppressions=$root/tests/support/lsan.supp:print_suppressions=0
    criterion_all asan unit
    start_stack || return
    component_binaries asan
    stop_stack
    [ ! -x build/asan/bin/jobmill-gateway ] || JOBMILL_BIN=$root/build/asan/bin pytest_ring e2e-asan tests/e2e/test_samples.py
    unset ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS
}

ring_fuzz() {
    local target name corpus preset=fuzz words=("-max_total_time=$FUZZ_S" -print_final_stats=1 -rss_limit_mb=4096 -timeout=20)
    if ! clang_has_libfuzzer; then
        say "clang with libFuzzer is not installed: the corpus is replayed once"
        preset=dev words=()
    fi
    local targets=()
    for target in tests/fuzz/fuzz_*.c; do targets+=("$(basename "$target" .c)"); done
    build_or_fail "$preset" "${targets[@]}" || return
    for target in "${targets[@]}"; do
        name=${target#fuzz_}
        mkdir -p "$work/corpus/$name" "$work/fuzz/$name"
        # new inputs go to the first folder, findings to build/test/fuzz; the committed corpus is only read
        corpus=("$work/corpus/$name")
        [ ! -d "tests/fuzz/corpus/$name" ] || corpus+=("tests/fuzz/corpus/$name")
        case $name in posting | analysis) corpus+=(samples/postings) ;; profile | document) corpus+=(samples/resumes) ;; esac
        one "$target" env ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 "build/$preset/tests/$target" "${words[@]}" \
            "-artifact_prefix=$work/fuzz/$name/" "${corpus[@]}"
    done
}

clang_has_libfuzzer() {
    printf '#include <stddef.h>\nint LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);\nint LLVMFuzzerTestOneInput(const unsigned char *p, size_t n) { return p && n ? 0 : 0; }\n' \
        >"$work/probe.c" && clang -fsanitize=fuzzer,address "$work/probe.c" -o "$work/probe" 2>/dev/null
}

main() {
    local rings=() ring known
    while [ $# -gt 0 ]; do
        if [ "$1" = -- ]; then
            shift
            pytest_words=("$@")
            break
        fi
        known=no
        for ring in "${RINGS[@]}"; do [ "$ring" != "$1" ] || known=yes; done
        [ "$known" = yes ] || usage
        rings+=("$1")
        shift
    done
    [ ${#rings[@]} -gt 0 ] || rings=("${RINGS[@]}")
    mkdir -p "$log"
    exec 9>"$work/lock"
    flock -n 9 || { say "another test run is using $work" >&2; exit 1; }
    clean_up 9>&- # what a killed run left
    trap 'clean_up 9>&-' EXIT
    trap interrupted INT TERM HUP
    for ring in "${rings[@]}"; do
        say "== $ring"
        "ring_$ring" 9>&-
    done
    trap - EXIT
    clean_up 9>&-
    say "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}

main "$@"
