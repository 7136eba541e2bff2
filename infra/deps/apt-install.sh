#!/usr/bin/env bash
# apt-install.sh PACKAGE...: install Debian packages as root, without any database or cache server of theirs being started.
#
# A Debian package starts the service it brings. jobmill runs its own Postgres and Redis on its own ports, so for the
# time of the installation a policy-rc.d refuses to start those two, no "main" Postgres cluster is made, and Redis is
# not enabled for the next boot. That applies only to packages which were missing before: a Postgres or Redis that the
# machine already had keeps running and starting exactly as it did.
set -euo pipefail

policy=/usr/sbin/policy-rc.d
policy_saved=$policy.before-jobmill
clusters=/etc/postgresql-common/createcluster.conf
clusters_saved=$clusters.before-jobmill

apt() { DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -o DPkg::Lock::Timeout=600 "$@"; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

restore() {
    if [ -e "$clusters_saved" ]; then mv -f "$clusters_saved" "$clusters"; fi
    if grep -qs 'before-jobmill' "$policy"; then rm -f "$policy"; fi
    if [ -e "$policy_saved" ]; then mv -f "$policy_saved" "$policy"; fi
}

# Refuse the services named in the pattern, ask the policy that was there before about all others.
deny_services() {
    [ ! -e "$policy" ] || mv "$policy" "$policy_saved"
    cat >"$policy" <<POLICY
#!/bin/sh
for word; do case "\$word" in $1) exit 101 ;; esac; done
if [ -x $policy_saved ]; then exec $policy_saved "\$@"; fi
exit 0
POLICY
    chmod 755 "$policy"
}

no_main_cluster() {
    installed postgresql-common || apt install -y -q --no-install-recommends postgresql-common
    cp -p "$clusters" "$clusters_saved"
    echo 'create_main_cluster = false' >>"$clusters"
}

restore # what an installation that was killed may have left
trap restore EXIT
trap 'exit 1' INT TERM HUP

new_redis='' new_postgres='' deny=''
for package; do
    case $package in
        redis-server) installed redis-server || { new_redis=1 deny="redis*"; } ;;
        postgresql-[0-9]*) installed "$package" || new_postgres=1 ;;
    esac
done
[ -z "$new_postgres" ] || deny="postgresql*${deny:+ | $deny}"
[ -z "$deny" ] || deny_services "$deny"
[ -z "$new_postgres" ] || no_main_cluster
apt install -y -q --no-install-recommends "$@"
if [ -n "$new_redis" ] && command -v systemctl >/dev/null; then systemctl disable --quiet redis-server || true; fi
