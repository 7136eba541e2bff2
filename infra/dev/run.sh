#!/usr/bin/env bash
# run.sh: start the stack and the fleet under build/run and work through samples/. run.sh stop: stop both, keep the data.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
run=$root/build/run
jobmill=$root/build/dev/bin/jobmill
cd "$root"

load_env() {
    set -a
    # shellcheck disable=SC1091
    . "$run/env"
    set +a
}

case ${1:-start} in
    start)
        "$here/stack.sh" start "$run"
        load_env
        "$jobmill" up --detach
        "$jobmill" demo samples
        ;;
    stop)
        [ -e "$run/env" ] || exit 0
        load_env
        [ ! -x "$jobmill" ] || "$jobmill" stop || true
        "$here/stack.sh" stop "$run"
        ;;
    *)
        echo "usage: run.sh [start|stop]" >&2
        exit 2
        ;;
esac
