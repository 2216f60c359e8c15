"""What no content may ask of a container, and why: our own files and foreign ones alike.

Options are those of docker-compose; those of the docker command and of the SDK are the same with
other spellings. A value that is not known to be harmless is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

GRANTABLE: Mapping[str, str] = {
    "CHOWN": "give files away",
    "DAC_OVERRIDE": "pass over file permissions",
    "FOWNER": "act as the owner of files",
    "KILL": "signal other users' processes",
    "NET_BIND_SERVICE": "listen on low ports",
    "SETGID": "change group",
    "SETUID": "change user",
    "SYS_CHROOT": "change the root folder",
}
"""Capabilities that act on the container's own files, users and processes, with what they do."""

_WHY_NOT = {
    "ALL": "it includes those that open the host",
    "AUDIT_WRITE": "it writes into the host's audit log, where attempts to escape are recorded",
    "BPF": "it loads programs into the host's kernel",
    "CHECKPOINT_RESTORE": "it reaches into the kernel's state of other processes",
    "DAC_READ_SEARCH": "it opens the host's files by their handles",
    "MKNOD": "it makes files of the host's devices",
    "NET_ADMIN": "it undoes what seals the sandbox's network",
    "NET_RAW": "it forges packets on the sandbox's network",
    "PERFMON": "it observes the host's kernel",
    "SYSLOG": "it reads the host's kernel log",
    "SYS_ADMIN": "it mounts and enters namespaces: nearly root on the host",
    "SYS_BOOT": "it restarts the host",
    "SYS_MODULE": "it loads modules into the host's kernel",
    "SYS_PTRACE": "it reads and changes processes beyond the agent's own",
    "SYS_RAWIO": "it reaches the host's memory and ports",
    "SYS_TIME": "it sets the host's clock",
}


def refused_capability(name: str) -> str | None:
    """Why a capability is not granted; None for one that is."""
    plain = name.upper().removeprefix("CAP_")
    if plain in GRANTABLE:
        return None
    return _WHY_NOT.get(plain, "it is not known to stay inside the container")


def forbidden(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The options among a service's that are always refused, each with its reason."""
    found = []
    for key, value in options.items():
        plain = key.lower().replace("-", "_")
        judge = _JUDGES.get(plain) or _JUDGES.get(plain.removesuffix("_mode"))
        reason = judge(value) if judge else None
        if reason:
            found.append((key, reason))
    return found


_Judge = Callable[[Any], str | None]


def _given(reason: str) -> _Judge:
    """Refused with any value that asks for something."""
    return lambda value: reason if _asks(value) else None


def _asks(value: Any) -> bool:
    off = {"", "0", "false", "no", "off", "none"}
    return bool(value) if not isinstance(value, str) else value.strip().lower() not in off


def _shared(what: str) -> _Judge:
    """A namespace: refused unless it is the container's own, or one of the same sandbox."""
    own = {"", "bridge", "default", "none", "private", "shareable"}
    reason = f"the host's {what} would be shared with the sandbox; each service has its own"

    def judge(value: Any) -> str | None:
        if value is None or isinstance(value, list | dict):
            return None
        text = str(value).strip().lower()
        return None if text in own or text.startswith("service:") else reason

    return judge


_HOST_FILES = "a folder of the host would be mounted; bring files by [[files]] or the Dockerfile"
_SOCKET = "the engine's socket gives its holder the host; no service gets it, read-only or not"


def _volumes(value: Any) -> str | None:
    sources = [_source(each) for each in _rows(value)]
    if any(re.search(r"\b(docker|containerd|podman|crio)\.sock", each) for each in sources):
        return _SOCKET
    named = re.compile(r"|[A-Za-z0-9][A-Za-z0-9_.-]*")
    return None if all(named.fullmatch(each) for each in sources) else _HOST_FILES


def _source(volume: Any) -> str:
    """What a volume is made of: a path of the host, a name, or nothing."""
    if isinstance(volume, Mapping):
        row = {str(key).lower(): each for key, each in volume.items()}
        source = str(row.get("source") or row.get("src") or row.get("device") or "")
        kind = row.get("type", "volume")
        return source if kind in {"volume", "tmpfs"} else f"/{source}"
    source, colon, rest = str(volume).partition(":")
    drive = len(source) == 1 and rest[:1] in {"/", "\\"} and ":" in rest[1:]
    if drive and rest.rpartition(":")[2].startswith("/"):
        return f"{source}:/"
    return source if colon else ""


def _bind_by_driver(value: Any) -> str | None:
    return _HOST_FILES if isinstance(value, Mapping) and value.get("device") else None


def _capabilities(value: Any) -> str | None:
    for name in _rows(value):
        reason = refused_capability(str(name))
        if reason:
            return f"{name}: {reason}; declare others as capabilities in profile target"
    return None


def _security(value: Any) -> str | None:
    harmless = {"no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"}
    for each in _rows(value):
        if str(each).strip().lower() not in harmless:
            return f"{each} would replace what confines every service"
    return None


def _hosts(value: Any) -> str | None:
    pairs = [f"{name}:{address}" for name, address in value.items()] if _is_map(value) else []
    told = " ".join(str(each).lower() for each in pairs or _rows(value))
    if "host-gateway" in told or "host.docker.internal" in told:
        return "a name of the host would lead out of the sandbox; services reach each other by name"
    return None


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _rows(value: Any) -> Iterable[Any]:
    """A list as it is, one thing as a list of it; of a bare mapping its sources."""
    if value is None:
        return []
    if isinstance(value, str) or (_is_map(value) and {"type", "source", "device"} & set(value)):
        return [value]
    if _is_map(value):
        return [f"{name}:" for name in value]
    return value if isinstance(value, Iterable) else [value]


_DEVICES = "a device of the host would be opened to the sandbox"
_PORTS = "published ports would open the sandbox to the host's network; services reach each other by name"
_CGROUPS = "it would leave the limits that hold a sandbox"

_JUDGES: Mapping[str, _Judge] = {
    "privileged": _given("it switches every protection off"),
    "network": _shared("network"),
    "net": _shared("network"),
    "pid": _shared("processes"),
    "ipc": _shared("shared memory"),
    "uts": _shared("names"),
    "userns": _shared("users"),
    "cgroup": _shared("control groups"),
    "cgroupns": _shared("control groups"),
    "cgroup_parent": _given(_CGROUPS),
    "oom_kill_disable": _given(_CGROUPS),
    "volumes": _volumes,
    "volume": _volumes,
    "binds": _volumes,
    "mounts": _volumes,
    "driver_opts": _bind_by_driver,
    "volumes_from": _given("another container's folders would be mounted"),
    "devices": _given(_DEVICES),
    "device": _given(_DEVICES),
    "device_cgroup_rules": _given(_DEVICES),
    "device_requests": _given(_DEVICES),
    "gpus": _given(_DEVICES),
    "security_opt": _security,
    "cap_add": _capabilities,
    "ports": _given(_PORTS),
    "publish": _given(_PORTS),
    "publish_all_ports": _given(_PORTS),
    "extra_hosts": _hosts,
    "add_host": _hosts,
    "runtime": _given("the runtime is chosen by who runs: harness run --runtime NAME"),
}
