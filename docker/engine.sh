#!/bin/sh
# Make a Docker engine answer: use the one that does, else (as root on Debian or Ubuntu)
# install docker.io and start dockerd detached. Usage: docker/engine.sh PYTHON
set -eu
python=$1
log=/var/log/harness-dockerd.log
socket=/var/run/docker.sock

say() { printf 'engine: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }
answers() { "$python" -c 'import docker; docker.from_env(timeout=5).ping()' 2>/dev/null; }
runs() { # is the process of pid file $1 alive and named $2?
    [ -f "$1" ] && [ "$(cat "/proc/$(cat "$1")/comm" 2>/dev/null)" = "$2" ]
}

answers && exit 0
[ -z "${DOCKER_HOST:-}" ] ||
    stop "nothing answers at DOCKER_HOST=$DOCKER_HOST; start that engine, or unset DOCKER_HOST"
[ "$(uname -s)" = Linux ] ||
    stop "no Docker engine answers; start Docker Desktop and run this again"
[ "$(id -u)" = 0 ] ||
    stop "no Docker engine answers for this user; start it (sudo systemctl start docker), join the group docker, or run this as root on Debian or Ubuntu to have one installed"

if ! command -v dockerd >/dev/null; then
    command -v apt-get >/dev/null ||
        stop "no Docker engine answers and this is not Debian or Ubuntu; install one and run this again"
    say "installing docker.io (log: $log)"
    { apt-get update && DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends docker.io iptables debootstrap; } >>"$log" 2>&1 ||
        { tail -n 5 "$log" >&2; stop "apt-get could not install docker.io; the log is $log"; }
    answers && exit 0
fi

if [ -d /run/systemd/system ]; then
    say "starting the docker service"
    systemctl start docker || stop "systemctl start docker failed; see journalctl -u docker"
elif runs /var/run/docker.pid dockerd; then
    say "dockerd is running; waiting for it"
else
    # A hard stop leaves pid files whose numbers may belong to other processes by now.
    rm -f /var/run/docker.pid "$socket"
    runs /var/run/docker/containerd/containerd.pid containerd || rm -f /var/run/docker/containerd/containerd.pid
    say "starting dockerd (log: $log)"
    # gVisor, where it is installed and nobody has set the engine up. Its own network stack refuses
    # newer kernels; "host" is the stack of the container's own network namespace.
    set --
    if [ ! -e /etc/docker/daemon.json ] && runsc=$(command -v runsc); then
        settings=/run/harness-dockerd.json
        set -- --config-file "$settings"
        printf '{"runtimes": {"runsc": {"path": "%s", "runtimeArgs": ["--network=host"]}}}\n' \
            "$runsc" >"$settings"
    fi
    setsid nohup dockerd "$@" </dev/null >>"$log" 2>&1 &
fi

waited=0
until answers; do
    waited=$((waited + 1))
    if [ "$waited" -gt 60 ]; then
        tail -n 5 "$log" >&2 2>/dev/null || true
        stop "dockerd did not answer within a minute; the log is $log"
    fi
    sleep 1
done
say "ready"
