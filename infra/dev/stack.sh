#!/usr/bin/env bash
# stack.sh VERB DIR [SERVICE [...]]: a Kafka, a Postgres and a Redis of jobmill's own, all of it inside the folder DIR.
#
# Any number of stacks run side by side: each has its ports, data, logs and passwords in its folder. All listen on
# 127.0.0.1 only. For the verbs see usage() below; infra/README.md says what the folder holds.
#
# States of a service:  down --start--> spawned (pid file written) --answers a real request--> up
#                       up --stop--> asked to end, after STOP_S seconds killed --> down
# A start that was interrupted is continued by the next one: what runs is kept, what does not is spawned. Whether a pid
# is our process is never believed from the pid file alone: the process must also have our data folder as its working
# directory. Two calls for one folder wait for each other (DIR/lock).
# shellcheck disable=SC2154 # base and pg_home are set by stack/ports.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SERVICES=(kafka postgres redis)
START_S=${STACK_START_S:-90} # until every service answers
STOP_S=20                    # until a service that was asked to end is killed
LOG_MAX_BYTES=$((16 * 1024 * 1024)) # a larger log is moved to .old by the next start

say() { printf 'jobmill stack: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

usage() {
    cat >&2 <<TEXT
usage: stack.sh VERB DIR [SERVICE ...]      services: ${SERVICES[*]}
  start DIR                  start what is not running, return when every service answers
  stop DIR                   stop; the data stays
  status DIR                 one line a service; exit 0 when all run, 3 otherwise
  restart DIR SERVICE        stop and start one
  kill DIR SERVICE [SIGNAL]  signal a service and all its processes (SIGKILL by default; STOP and CONT freeze and thaw)
  env DIR                    print DIR/env, the settings jobmill needs
  psql DIR [ARG ...]         psql as superuser on this stack's database
  destroy DIR                stop and remove the folder with all data
TEXT
    exit 2
}

for part in ports kafka postgres redis; do
    # shellcheck disable=SC1090
    . "$here/stack/$part.sh"
done

random_hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

# --- processes ----------------------------------------------------------------------------------------------------------

home_of() {
    case $1 in
        postgres) echo "$pg_home/data" ;;
        *) echo "$dir/$1" ;;
    esac
}

program_of() {
    case $1 in
        kafka) echo java ;;
        postgres) echo postgres ;;
        redis) echo redis-server ;;
    esac
}

# Prints the pid of a running service.
pid_of() {
    local pid name
    read -r pid 2>/dev/null <"$dir/pid/$1" || return 1
    [[ $pid =~ ^[0-9]+$ ]] && [ "/proc/$pid/cwd" -ef "$(home_of "$1")" ] || return 1
    read -r name 2>/dev/null <"/proc/$pid/comm" || return 1
    [ "$name" = "$(program_of "$1")" ] || return 1
    echo "$pid"
}

# spawn SERVICE COMMAND...: start in the background with a session of its own, no open files of ours, DIR/log as output.
spawn() {
    local service=$1 log=$dir/log/$1.log
    shift
    if [ -f "$log" ] && [ "$(stat -c %s "$log")" -gt "$LOG_MAX_BYTES" ]; then mv "$log" "$log.old"; fi
    (
        cd "$(home_of "$service")"
        exec </dev/null >>"$log" 2>&1
        for fd in /proc/self/fd/*; do
            fd=${fd##*/}
            [ "$fd" -le 2 ] || eval "exec $fd>&-"
        done
        exec setsid "$@"
    ) &
    echo $! >"$dir/pid/$service"
    until pid_of "$service" >/dev/null; do # not before the program itself runs
        has_ended $! && return
        sleep 0.01
    done
}

# Prints a process and its children, parents first.
tree_of() {
    local child
    echo "$1"
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do tree_of "$child"; done
}

has_ended() { [ ! -e "/proc/$1" ] || grep -qs '^State:.Z' "/proc/$1/status"; }

ends_within() { # ends_within SECONDS PID...
    local deadline=$((SECONDS + $1))
    shift
    while [ $# -gt 0 ]; do
        if has_ended "$1"; then
            shift
        elif [ $SECONDS -ge $deadline ]; then
            return 1
        else
            sleep 0.02
        fi
    done
}

stop_one() {
    local service=$1 pid signal=TERM family
    pid=$(pid_of "$service") || { rm -f "$dir/pid/$service"; return 0; }
    [ "$service" != postgres ] || signal=INT # a fast shutdown: TERM would wait for the clients
    read -r -d '' -a family < <(tree_of "$pid") || true
    kill -CONT "${family[@]}" 2>/dev/null || true # may have been frozen by "kill DIR SERVICE STOP"
    kill "-$signal" "$pid" 2>/dev/null || true
    if ! ends_within "$STOP_S" "${family[@]}"; then
        say "$service did not stop within $STOP_S s: killed"
        kill_tree "$pid" KILL
    fi
    rm -f "$dir/pid/$service"
}

kill_tree() {
    local family
    read -r -d '' -a family < <(tree_of "$1") || true
    kill "-$2" "${family[@]}" 2>/dev/null || true
    [ "$2" != KILL ] || ends_within "$STOP_S" "${family[@]}" || die "process $1 cannot be killed"
}

# --- verbs --------------------------------------------------------------------------------------------------------------

make_secrets() {
    local name bytes
    while read -r name bytes; do
        [ -s "$dir/$name" ] || (umask 077 && random_hex "$bytes" >"$dir/$name.new" && mv "$dir/$name.new" "$dir/$name")
    done <<<'pg-password 16
master.key 32'
}

write_env() {
    {
        cat <<TEXT
JOBMILL_RUN_DIR=$(printf %q "$dir")
JOBMILL_PG_HOST=127.0.0.1
JOBMILL_PG_PORT=$((base + 2))
JOBMILL_PG_DB=jobmill
JOBMILL_PG_PASSWORD_FILE=$(printf %q "$dir/pg-password")
JOBMILL_KAFKA_BROKERS=127.0.0.1:$base
JOBMILL_REDIS_HOST=127.0.0.1
JOBMILL_REDIS_PORT=$((base + 3))
JOBMILL_MASTER_KEY_FILE=$(printf %q "$dir/master.key")
JOBMILL_HTTP_PORT=$((base + 4))
TEXT
    } >"$dir/env.new"
    mv "$dir/env.new" "$dir/env"
}

show_log() { # show_log SERVICE WHAT_HAPPENED
    say "$1 $2; the end of $dir/log/$1.log:"
    [ ! -f "$dir/log/$1.log" ] || tail -n 20 "$dir/log/$1.log" | sed 's/^/    /' >&2
}

# Waits until the service answers. A process that ended is started once more (a port of it may have been in passing use); one that ends again, or
# the deadline, ends the wait with the end of its log.
await() {
    local service=$1 deadline=$((SECONDS + START_S)) again=1 reason
    until "${service}_ready"; do
        if ! pid_of "$service" >/dev/null && sleep 0.1 && ! pid_of "$service" >/dev/null; then
            if [ $again -eq 1 ] && again=0 && say "$service ended while starting, starting it once more" && "${service}_start"; then
                continue
            fi
            reason="ended while starting"
        elif [ $SECONDS -ge $deadline ]; then
            reason="does not answer after $START_S s"
        else
            sleep 0.05
            continue
        fi
        show_log "$service" "$reason"
        return 1
    done
}

bring_up() {
    local service=$1
    if ! pid_of "$service" >/dev/null; then
        "${service}_start" || { show_log "$service" "cannot be set up"; return 1; }
    fi
    await "$service"
}

for_each() { # for_each FUNCTION SERVICE...: at once, each in its own process
    local function=$1 service pid failed=0 pids=()
    shift
    for service; do
        "$function" "$service" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
    return $failed
}

start_stack() { # start_stack SERVICE...
    mkdir -p "$dir/log" "$dir/pid"
    find_postgres
    [ -n "$pg_home" ] || choose_pg_home
    choose_ports
    make_secrets
    write_env
    for_each bring_up "$@"
}

status() {
    local service pid missing=0
    for service in "${SERVICES[@]}"; do
        if pid=$(pid_of "$service"); then
            printf '%-9s up    127.0.0.1:%-6s pid %s\n' "$service" "$(sed -n "s/^$service=//p" "$dir/ports")" "$pid"
        else
            printf '%-9s down\n' "$service"
            missing=3
        fi
    done
    return $missing
}

lock() {
    exec 8>"$dir/lock"
    flock 8
}

need_service() {
    local service
    for service in "${SERVICES[@]}"; do [ "$service" != "${1:-}" ] || return 0; done
    usage
}

need_stack() { [ -f "$dir/ports" ] || die "$dir is no stack: start one with stack.sh start DIR"; }

destroy() {
    for_each stop_one "${SERVICES[@]}"
    release_ports
    [ -z "$pg_home" ] || rm -rf "$pg_home"
    rm -rf "$dir"
}

main() {
    [ $# -ge 2 ] || usage
    local verb=$1 pid
    dir=$2
    shift 2
    [ "$verb" != start ] || mkdir -p "$dir"
    if [ ! -d "$dir" ]; then
        case $verb in stop | destroy) exit 0 ;; esac
        die "there is no folder $dir"
    fi
    dir=$(cd "$dir" && pwd -P)
    case $dir in *[\'\"\\,:]*) die "the folder's path may not contain quotes, backslashes, commas or colons: $dir" ;; esac
    load_ports
    case $verb in
        start) lock; load_ports; start_stack "${SERVICES[@]}" ;;
        stop) lock; [ ! -f "$dir/ports" ] || for_each stop_one "${SERVICES[@]}" ;;
        status) need_stack; status ;;
        restart) need_stack; need_service "${1:-}"; lock; stop_one "$1"; start_stack "$1" ;;
        kill)
            need_stack
            need_service "${1:-}"
            pid=$(pid_of "$1") || die "$1 is not running"
            kill_tree "$pid" "${2:-KILL}"
            ;;
        env) need_stack; cat "$dir/env" ;;
        psql) need_stack; find_postgres; [ $# -gt 0 ] || set -- -d jobmill; pg_psql "$@" ;;
        destroy) need_stack; lock; destroy ;;
        *) usage ;;
    esac
}

main "$@"
