# shellcheck shell=bash disable=SC2034,SC2154 # the variables are shared with stack.sh
# ports.sh (sourced by stack.sh): which ports a stack has.
#
# A block belongs to the stack that made the symbolic link PORT_CLAIMS/FIRSTPORT -> DIR (creating a link is atomic, so
# two stacks that start at once cannot get the same block). It stays claimed while the stack is stopped. A claim whose
# folder does not know about it after a minute is a leftover and may be taken.

PORT_FIRST=20000 # below the range that outgoing connections use
PORT_LAST=31999
PORT_BLOCK=8
PORT_CLAIMS=/tmp/jobmill-ports

# Prints the listening TCP ports of this machine, in hexadecimal.
listening_ports() { awk '$4 == "0A" { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u; }

ports_are_quiet() { # ports_are_quiet FIRST COUNT
    local port
    for ((port = $1; port < $1 + $2; port++)); do
        ! grep -qx "$(printf '%04X' "$port")" <<<"$listening" || return 1
    done
}

claim_is_leftover() {
    local link=$PORT_CLAIMS/$1 owner made
    owner=$(readlink "$link") || return 1
    ! grep -qsx "base=$1" "$owner/ports" || return 1
    made=$(stat -c %Y "$link" 2>/dev/null) || return 1
    [ $(($(date +%s) - made)) -gt 60 ]
}

claim_block() {
    if claim_is_leftover "$1"; then rm -f "$PORT_CLAIMS/$1" 2>/dev/null || return 1; fi
    ln -sT "$dir" "$PORT_CLAIMS/$1" 2>/dev/null || [ "$(readlink "$PORT_CLAIMS/$1")" = "$dir" ]
}

any_alive() {
    local service
    for service in "${SERVICES[@]}"; do ! pid_of "$service" >/dev/null || return 0; done
    return 1
}

# Sets base and the ports derived from it; keeps those of the last start unless somebody else has them now.
choose_ports() {
    local blocks=$(((PORT_LAST + 1 - PORT_FIRST) / PORT_BLOCK)) first n listening
    [ -d "$PORT_CLAIMS" ] || mkdir -m 1777 "$PORT_CLAIMS" 2>/dev/null || [ -d "$PORT_CLAIMS" ] || die "cannot make $PORT_CLAIMS"
    if [ -n "${base:-}" ]; then
        if any_alive; then
            claim_block "$base" || true # the claim may have been cleaned away with /tmp
            return
        fi
        listening=$(listening_ports)
        if claim_block "$base" && ports_are_quiet "$base" 4; then return; fi # the fifth may be in use by our gateway
        say "ports $base-$((base + PORT_BLOCK - 1)) are in use by another program: choosing others"
        release_ports
    fi
    listening=$(listening_ports)
    first=$((16#$(random_hex 3) % blocks))
    for ((n = 0; n < blocks; n++)); do
        base=$((PORT_FIRST + (first + n) % blocks * PORT_BLOCK))
        ports_are_quiet "$base" "$PORT_BLOCK" || continue
        if claim_block "$base"; then
            write_ports
            return
        fi
    done
    die "no free ports between $PORT_FIRST and $PORT_LAST: remove stacks that are not needed (stack.sh destroy DIR)"
}

release_ports() {
    [ "$(readlink "$PORT_CLAIMS/${base:-none}" 2>/dev/null)" != "$dir" ] || rm -f "$PORT_CLAIMS/$base"
}

write_ports() {
    cat >"$dir/ports.new" <<TEXT
base=$base
kafka=$base
kafka_controller=$((base + 1))
postgres=$((base + 2))
redis=$((base + 3))
gateway=$((base + 4))
pg_home=$pg_home
TEXT
    mv "$dir/ports.new" "$dir/ports"
}

load_ports() {
    local key value
    base='' pg_home=''
    [ ! -f "$dir/ports" ] || while IFS='=' read -r key value; do
        case $key in
            base) base=$value ;;
            pg_home) pg_home=$value ;;
        esac
    done <"$dir/ports"
}
