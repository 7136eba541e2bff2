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
        # 3: all ended, and some letters wait for a person (the German posting's does): that is what the samples are for
        "$jobmill" demo samples || [ $? -eq 3 ]
        echo "            (jobmill is ${jobmill#"$root"/})"
        ;;
    stop)
        [ -e "$run/env" ] || exit 0
        load_env
        [ ! -x "$jobmill" ] || "$jobmill" stop || echo "the fleet did not stop: see $run/log/supervisor.log" >&2
        "$here/stack.sh" stop "$run"
        ;;
    *)
        echo "usage: run.sh [start|stop]" >&2
        exit 2
        ;;
esac
