# shellcheck shell=bash disable=SC2034,SC2154 # the variables are shared with stack.sh
# redis.sh (sourced by stack.sh)

redis_start() {
    local home=$dir/redis
    command -v redis-server >/dev/null || die "Redis is not installed: run make deps"
    mkdir -p "$home"
    cat >"$home/redis.conf" <<TEXT
bind 127.0.0.1
port $((base + 3))
dir "$home"
daemonize no
# only what may vanish is kept here
save ""
appendonly no
maxmemory 128mb
maxmemory-policy allkeys-lru
TEXT
    spawn redis redis-server "$home/redis.conf"
}

redis_ready() { [ "$(timeout 2 redis-cli -h 127.0.0.1 -p $((base + 3)) ping 2>/dev/null)" = PONG ]; }
