"""The kernel's counters of a control group, of both versions; every user may read them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class _Place:
    """A counter's file, the word before its value if there are several, and its unit."""

    controller: str
    file: str
    word: str = ""
    unit: float = 1


_FIRST: Mapping[str, _Place] = {
    "refused_forks": _Place("pids", "pids.events", "max"),
    "oom_kills": _Place("memory", "memory.oom_control", "oom_kill"),
    "memory_peak_bytes": _Place("memory", "memory.max_usage_in_bytes"),
    "cpu_seconds": _Place("cpuacct", "cpuacct.usage", unit=1e-9),
    "throttled_seconds": _Place("cpu", "cpu.stat", "throttled_time", 1e-9),
}
_SECOND: Mapping[str, _Place] = {
    "refused_forks": _Place("pids", "pids.events", "max"),
    "oom_kills": _Place("memory", "memory.events", "oom_kill"),
    "memory_peak_bytes": _Place("memory", "memory.peak"),
    "cpu_seconds": _Place("cpu", "cpu.stat", "usage_usec", 1e-6),
    "throttled_seconds": _Place("cpu", "cpu.stat", "throttled_usec", 1e-6),
}


def counters(pid: int) -> dict[str, float]:
    """What the groups of a process of this machine have counted; what cannot be read is left out.

    Sources: the kernel's admin-guide/cgroup-v1 and cgroup-v2.rst.
    """
    found: dict[str, float] = {}
    with suppress(OSError):
        groups = _groups(Path(f"/proc/{pid}/cgroup").read_text())
        for name, old in _FIRST.items():
            place = old if old.controller in groups else _SECOND[name]
            folder = _ROOT / place.controller if old.controller in groups else _ROOT
            group = groups.get(old.controller, groups.get("", "/"))
            with suppress(OSError, ValueError, KeyError):
                text = (folder / group.lstrip("/") / place.file).read_text()
                found[name] = round(_value(text, place.word) * place.unit, 3)
    return found


def _groups(text: str) -> dict[str, str]:
    """Paths by controller, of lines "4:cpu,cpuacct:/path"; "" is version 2."""
    rows = (line.split(":", 2) for line in text.splitlines())
    return {name: path for _, names, path in rows for name in names.split(",")}


def _value(text: str, word: str) -> int:
    if not word:
        return int(text)
    return int(dict(line.split(maxsplit=1) for line in text.splitlines())[word])
