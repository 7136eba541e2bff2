#!/usr/bin/env bash
# install.sh: install what building and running jobmill needs (make deps). Silent and quick when nothing is missing.
#
#   packages.txt   from the running Debian release, as root or through sudo (apt-install.sh)
#   llhttp, yyjson, pgvector   the release's own package where it has one that is new enough, otherwise from Debian's
#                  next release, through an apt configuration of our own in build/deps/apt: the system's package
#                  sources are not touched, the archive's address is read from them
#   Kafka          the jars that kafka/pom.xml pins, through Maven
#
# Results: build/deps/include and build/deps/lib (C libraries that did not come as packages), build/deps/kafka/libs.
# build/deps/stamp remembers what was found (inputs, packages, files); while all of it is still there nothing is done.
set -euo pipefail
umask 022 # what is installed is for every account

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/build/deps
stamp=$out/stamp

say() { printf 'jobmill deps: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# --- is there anything to do? -------------------------------------------------------------------------------------

inputs_sum() { cat "$here"/install.sh "$here"/apt-install.sh "$here"/packages.txt "$here"/kafka/pom.xml | sha256sum; }

# True when every name is an installed package.
installed() {
    local states
    states=$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null) || return 1
    ! grep -qvx installed <<<"$states"
}

complete() {
    [ -f "$stamp" ] || return 1
    local kind value packages=()
    while read -r kind value; do
        case $kind in
            inputs) [ "$value" = "$(inputs_sum)" ] || return 1 ;;
            package) packages+=("$value") ;;
            file) [ -e "$value" ] || return 1 ;;
            root) [ "$value" = "$root" ] || return 1 ;;
        esac
    done <"$stamp"
    installed "${packages[@]}"
}

# --- steps: each writes its own log, and says in one sentence what failed -------------------------------------------

need_root() {
    [ "$EUID" -ne 0 ] || return 0
    sudo -n true 2>/dev/null && return
    { [ -t 0 ] && sudo -v; } || die "installing packages needs root: run make deps as root once, or as an account that may use sudo"
}

as_root() {
    if [ "$EUID" -eq 0 ]; then
        "$@"
    else
        sudo env http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" no_proxy="${no_proxy:-}" "$@"
    fi
}

candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '/^  Candidate:/ && $2 != "(none)" { print $2 }'; }

refresh_lists() {
    need_root
    say "reading Debian's package lists"
    as_root apt-get -o DPkg::Lock::Timeout=600 update -q >>"$out/log/apt.log" 2>&1 ||
        die "cannot read Debian's package lists: check the network and the sources in /etc/apt, then run make deps again (details: build/deps/log/apt.log)"
}

package_or_source() { # package_or_source PACKAGE OLDEST_VERSION NAME
    local version
    version=$(candidate "$1")
    if [ -n "$version" ] && dpkg --compare-versions "$version" ge "$2"; then wanted+=("$1"); else from_next+=("$3"); fi
}

# Sets wanted, the packages this release is to give, and from_next, what must come from the next one.
choose_packages() {
    wanted=() from_next=()
    local name
    pg=$(candidate postgresql | cut -d+ -f1)
    [[ $pg =~ ^[0-9]+$ ]] || die "this Debian release offers no package postgresql: check the sources in /etc/apt and run make deps again"
    while read -r name; do
        name=${name//@PG@/$pg}
        case $name in
            '' | '#'*) ;;
            '?'*) [ -z "$(candidate "${name#\?}")" ] || wanted+=("${name#\?}") ;;
            *) wanted+=("$name") ;;
        esac
    done <"$here/packages.txt"
    package_or_source libllhttp-dev 9.2 llhttp
    package_or_source libyyjson-dev 0.10 yyjson
    package_or_source "postgresql-$pg-pgvector" 0.8 pgvector
}

install_packages() {
    local missing=() name
    for name in "${wanted[@]}"; do
        installed "$name" || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    need_root
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    if ! as_root "$here/apt-install.sh" "${missing[@]}" >>"$out/log/apt.log" 2>&1; then
        refresh_lists # the lists may be older than the archive
        as_root "$here/apt-install.sh" "${missing[@]}" >>"$out/log/apt.log" 2>&1 ||
            die "cannot install ${missing[*]}: check the network and the sources in /etc/apt, then run make deps again (details: build/deps/log/apt.log)"
    fi
}

next_apt() { apt-get -c "$out/apt/apt.conf" -q "$@" >>"$out/log/next.log" 2>&1; }

# An apt that sees Debian's next release only, and writes nowhere but into build/deps/apt.
prepare_next() {
    local codename uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    case $codename in
        bookworm) next=trixie ;;
        *) die "Debian ${codename:-?} has no recent enough ${from_next[*]}: use Debian 12 or 13" ;;
    esac
    uri=${JOBMILL_DEBIAN_ARCHIVE:-$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
        awk -v release="$codename" '$1 == release { print $2; exit }')}
    [ -n "$uri" ] || die "no Debian archive among the sources in /etc/apt: set JOBMILL_DEBIAN_ARCHIVE to the address of one and run make deps again"
    mkdir -p "$out"/apt/{lists/partial,cache/archives/partial,parts}
    cat >"$out/apt/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$out/apt/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$out/apt/lists";
Dir::Cache "$out/apt/cache";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "root";
Acquire::Languages "none";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
    {
        echo "Types: deb deb-src"
        echo "URIs: $uri"
        echo "Suites: $next"
        echo "Components: main"
        [ ! -e "$keyring" ] || echo "Signed-By: $keyring"
    } >"$out/apt/parts/next.sources"
    next_apt update && return
    cannot_fetch "the package lists"
}

cannot_fetch() {
    die "cannot fetch $1 from Debian's $next: check the network, or set JOBMILL_DEBIAN_ARCHIVE to the address of a Debian archive, and run make deps again (details: build/deps/log/next.log)"
}

# next_source NAME: unpack the source of a package of the next release into build/deps/src/NAME.
next_source() {
    local tars dir=$out/src/$1
    rm -rf "$dir"
    mkdir -p "$dir/tree"
    (cd "$dir" && next_apt source --tar-only "$1") || cannot_fetch "the source of $1"
    tars=("$dir"/*.orig.tar.*)
    tar -xf "${tars[0]}" -C "$dir/tree" --strip-components=1
}

get_llhttp() {
    local dir=$out/src/llhttp
    rm -rf "$dir"
    mkdir -p "$dir"
    (cd "$dir" && next_apt download libllhttp-dev) || cannot_fetch libllhttp-dev
    dpkg -x "$dir"/libllhttp-dev_*.deb "$dir/tree"
    cp "$(find "$dir/tree" -name llhttp.h | head -n 1)" "$out/include/"
    cp "$(find "$dir/tree" -name libllhttp.a | head -n 1)" "$out/lib/"
}

get_yyjson() {
    local dir=$out/src/yyjson
    next_source yyjson
    {
        gcc -O2 -g -fPIC -c -o "$dir/yyjson.o" "$dir/tree/src/yyjson.c" &&
            rm -f "$out/lib/libyyjson.a" && ar rcs "$out/lib/libyyjson.a" "$dir/yyjson.o" &&
            cp "$dir/tree/src/yyjson.h" "$out/include/"
    } >>"$out/log/yyjson.log" 2>&1 || die "yyjson does not compile: see build/deps/log/yyjson.log"
}

get_pgvector() {
    local tree=$out/src/pgvector/tree options=(PG_CONFIG="/usr/lib/postgresql/$pg/bin/pg_config" OPTFLAGS= with_llvm=no)
    next_source pgvector
    make -C "$tree" -j"$(nproc)" "${options[@]}" >>"$out/log/pgvector.log" 2>&1 ||
        die "pgvector does not compile: see build/deps/log/pgvector.log"
    as_root make -C "$tree" install "${options[@]}" >>"$out/log/pgvector.log" 2>&1 ||
        die "pgvector cannot be installed into Postgres $pg: see build/deps/log/pgvector.log"
}

get_kafka() {
    rm -rf "$out/kafka"
    mvn -B -C -f "$here/kafka/pom.xml" dependency:copy-dependencies -DoutputDirectory="$out/kafka/new" >>"$out/log/kafka.log" 2>&1 ||
        die "cannot fetch org.apache.kafka:kafka_2.13 with Maven: check the network, or name a mirror in ~/.m2/settings.xml, and run make deps again (details: build/deps/log/kafka.log)"
    mv "$out/kafka/new" "$out/kafka/libs"
}

# --- all of it ------------------------------------------------------------------------------------------------------

# The files that show a component to be there.
files_of() {
    case $1 in
        kafka) printf '%s\n' "$out/kafka/libs/kafka_2.13-4.2.0.jar" "$out/kafka/libs/slf4j-simple-1.7.36.jar" ;;
        pgvector) printf '%s\n' "/usr/share/postgresql/$pg/extension/vector.control" "/usr/lib/postgresql/$pg/lib/vector.so" ;;
        *) printf '%s\n' "$out/lib/lib$1.a" "$out/include/$1.h" ;;
    esac
}

lacks() {
    local file
    while read -r file; do [ -e "$file" ] || return 0; done < <(files_of "$1")
    return 1
}

# Fetch at once what is missing beside the packages; each in a process of its own.
get_components() {
    local name pid failed='' todo=() pids=()
    for name in ${from_next[@]+"${from_next[@]}"}; do
        if lacks "$name"; then todo+=("$name"); fi
    done
    [[ " ${todo[*]-} " != *' pgvector '* ]] || need_root
    if lacks kafka; then
        say "fetching Kafka"
        get_kafka &
        pids+=($!)
    fi
    if [ ${#todo[@]} -gt 0 ]; then
        say "fetching ${todo[*]} from Debian's next release"
        prepare_next
        for name in "${todo[@]}"; do
            "get_$name" &
            pids+=($!)
        done
    fi
    for pid in ${pids[@]+"${pids[@]}"}; do wait "$pid" || failed=1; done
    [ -z "$failed" ] || exit 1
}

write_stamp() {
    local name
    {
        echo "inputs $(inputs_sum)"
        echo "root $root"
        printf 'package %s\n' "${wanted[@]}"
        for name in kafka ${from_next[@]+"${from_next[@]}"}; do
            files_of "$name" | sed 's/^/file /'
        done
    } >"$stamp.new"
    mv "$stamp.new" "$stamp"
}

main() {
    complete && return
    command -v apt-get >/dev/null || die "this is not Debian: install what infra/deps/packages.txt lists by hand"
    mkdir -p "$out"/{include,lib,log,src}
    exec 9>"$out/lock"
    flock 9 # of two builds started at once the second waits, and finds the work done
    complete && return
    rm -f "$out"/log/*.log
    { [ -n "$(candidate gcc)" ] && [ -n "$(candidate librdkafka-dev)" ]; } || refresh_lists
    choose_packages
    install_packages
    get_components
    rm -rf "$out/src" "$out/apt"
    write_stamp
    complete || die "something is still missing after the installation: see build/deps/log"
    say "ready"
}

main "$@"
