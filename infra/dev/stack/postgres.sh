# shellcheck shell=bash disable=SC2034,SC2154 # the variables are shared with stack.sh
# postgres.sh (sourced by stack.sh): data folder, settings, roles, database.

# Postgres refuses to run as root: then it runs, and owns its files, as the account "postgres".
as_pg() {
    if [ "$EUID" -eq 0 ]; then
        (cd / && exec setpriv --reuid postgres --regid postgres --init-groups -- "$@")
    else
        "$@"
    fi
}

# Sets pg_bin: the newest installed Postgres that has the vector extension.
find_postgres() {
    local version
    for version in $(ls /usr/lib/postgresql 2>/dev/null | sort -rn); do
        pg_bin=/usr/lib/postgresql/$version/bin
        if [ -x "$pg_bin/postgres" ] && [ -e "/usr/share/postgresql/$version/extension/vector.control" ]; then return; fi
    done
    die "Postgres with pgvector is not installed: run make deps"
}

# Sets pg_home: DIR/postgres, or a folder in /var/tmp where the account "postgres" cannot get there or the path of a
# socket in it would be too long.
choose_pg_home() {
    local wanted=$dir/postgres
    if [ "$EUID" -eq 0 ] && ! as_pg test -x "$dir"; then wanted=''; fi
    if [ ${#wanted} -gt 80 ] || [ -z "$wanted" ]; then wanted=/var/tmp/jobmill-$(sha256sum <<<"$dir" | cut -c 1-16); fi
    pg_home=$wanted
}

make_pg_home() {
    local owner
    owner=$(as_pg id -u)
    if [ ! -d "$pg_home" ]; then
        mkdir -m 755 "$pg_home"
        [ "$EUID" -ne 0 ] || chown postgres:postgres "$pg_home"
    fi
    [ "$(stat -c %u "$pg_home")" = "$owner" ] || die "$pg_home belongs to somebody else: remove it and start again"
    as_pg mkdir -p "$pg_home/socket"
}

pg_init() {
    as_pg rm -rf "$pg_home/new"
    as_pg "$pg_bin/initdb" -D "$pg_home/new" -U postgres -E UTF8 --locale=C.UTF-8 --auth-local=peer --auth-host=scram-sha-256 \
        --no-sync >>"$dir/log/postgres.log" 2>&1 || return 1
    as_pg tee "$pg_home/new/pg_hba.conf" >/dev/null <<TEXT
# the superuser only through the socket and only for the account that runs the stack, everybody else with a password
local all postgres peer map=stack
host  all all 127.0.0.1/32 scram-sha-256
TEXT
    as_pg tee "$pg_home/new/pg_ident.conf" >/dev/null <<TEXT
stack $(as_pg id -un) postgres
stack root postgres
TEXT
    echo "include 'jobmill.conf'" | as_pg tee -a "$pg_home/new/postgresql.conf" >/dev/null
    as_pg mv "$pg_home/new" "$pg_home/data"
}

pg_settings() {
    cat <<TEXT
listen_addresses = '127.0.0.1'
port = $((base + 2))
unix_socket_directories = '$pg_home/socket'
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '256MB'
jit = off
fsync = on
synchronous_commit = on
wal_compression = lz4
max_wal_size = '2GB'
checkpoint_timeout = '15min'
autovacuum_naptime = '5s'
# What statements and rows contain is personal: neither, nor the details that quote them, may reach a log.
log_statement = 'none'
log_min_error_statement = panic
log_min_duration_statement = -1
log_min_duration_sample = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
log_checkpoints = off
log_autovacuum_min_duration = -1
log_line_prefix = '%m [%p] %u '
TEXT
}

# Postgres does not start while the process named in one of its lock files exists, even as a zombie that nobody collects
# (after a kill, where process 1 is no init). They go when no process is left that works in the data folder.
pg_unlock() {
    local proc deadline=$((SECONDS + STOP_S))
    for proc in /proc/[0-9]*; do
        while [ "$proc/cwd" -ef "$pg_home/data" ]; do
            [ $SECONDS -lt $deadline ] || return 0
            sleep 0.02
        done
    done
    as_pg rm -f "$pg_home/data/postmaster.pid" "$pg_home/socket/.s.PGSQL.$((base + 2)).lock"
}

postgres_start() {
    make_pg_home
    pg_unlock
    [ -e "$pg_home/data" ] || pg_init || return 1
    pg_settings | as_pg tee "$pg_home/data/jobmill.conf" >/dev/null
    if [ "$EUID" -eq 0 ]; then
        spawn postgres setpriv --reuid postgres --regid postgres --init-groups -- "$pg_bin/postgres" -D "$pg_home/data"
    else
        spawn postgres "$pg_bin/postgres" -D "$pg_home/data"
    fi
}

postgres_ready() {
    "$pg_bin/pg_isready" -q -h 127.0.0.1 -p $((base + 2)) -t 2 || return 1
    [ "$dir/postgres-roles" -nt "$dir/pg-password" ] || pg_roles
}

pg_psql() { as_pg "$pg_bin/psql" -X -q -h "$pg_home/socket" -p $((base + 2)) -U postgres "$@"; }

# One account a kind of process; what each may do is granted by the migrations. The extension goes into the template
# too, so that databases which tests make have it. May run again after it was interrupted.
pg_roles() {
    local password role
    password=$(cat "$dir/pg-password")
    {
        echo "SET client_min_messages = warning;"
        echo "CREATE EXTENSION IF NOT EXISTS vector;"
        for role in owner gateway dispatcher analyzer optimizer cover_letter embedding; do
            echo "SELECT 'CREATE ROLE jobmill_$role'"
            echo " WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobmill_$role') \\gexec"
            echo "ALTER ROLE jobmill_$role LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '$password';"
        done
        echo "ALTER ROLE jobmill_owner CREATEROLE CREATEDB;"
        echo "SELECT 'CREATE DATABASE jobmill OWNER jobmill_owner'"
        echo " WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'jobmill') \\gexec"
    } | pg_psql -v ON_ERROR_STOP=1 -d template1 >>"$dir/log/postgres.log" 2>&1 || return 1
    : >"$dir/postgres-roles"
}
