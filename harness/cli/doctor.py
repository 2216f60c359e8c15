"""harness doctor: is this machine ready, and what is missing."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from typing import Any

import typer

from harness.cli import DONE, GATE
from harness.cli.common import (
    JsonOption,
    echo_json,
    image_store,
    roots_of,
    runs_folder,
    usual_jobs,
)
from harness.errors import EngineUnavailable, HarnessError, UsageError

_KEYS = (
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "GOOGLE_APPLICATION_CREDENTIALS",
)
_STARTERS = ("harness/base", "harness/workstation")

Finding = tuple[str, str, str, str]


def doctor(
    containment: bool = typer.Option(
        False, "--containment", help="Try the sandboxes' boundary from inside instead."
    ),
    profile: list[str] = typer.Option(
        [], "--profile", help="Only these profiles: strict, workstation, target."
    ),
    runtime: str = typer.Option(None, help="Try the boundary in this OCI runtime."),
    json: bool = JsonOption,
) -> None:
    """Check this machine: engine, disk, images, keys. Exits with 1 when something is missing.

    With --containment about 35 harmless attempts are made inside a sandbox of each profile and
    network; exits with 1 when one of them is not denied.
    """
    if containment or profile or runtime:
        from harness.cli.containment import try_boundary

        raise typer.Exit(try_boundary(profile, runtime, as_json=json))
    checks: list[Callable[[], Iterator[Finding]]] = [
        _python,
        _engine,
        _runtimes,
        _room,
        _images,
        _sensors,
        _keys,
    ]
    found = [finding for check in checks for finding in check()]
    if json:
        rows: list[dict[str, Any]] = [
            dict(zip(("what", "state", "value", "remedy"), each, strict=True)) for each in found
        ]
        echo_json(rows)
    else:
        for what, state, value, remedy in found:
            mark = {"ok": "ok     ", "bad": "MISSING", "note": "note   "}[state]
            typer.echo(f"{mark} {what:17} {value}" + (f"; {remedy}" if remedy else ""))
    raise typer.Exit(GATE if any(state == "bad" for _, state, _, _ in found) else DONE)


def _python() -> Iterator[Finding]:
    yield "python", "ok", f"{platform.python_version()} ({sys.executable})", ""
    yield "system", "ok", f"{platform.platform()}, {os.cpu_count()} cores", ""


def _engine() -> Iterator[Finding]:
    from harness.sandbox.engine import connect

    try:
        posture = connect().posture
    except HarnessError as error:
        yield "engine", "bad", error.what, error.remedy
        return
    yield "engine", "ok", f"{posture['engine']} (API {posture['api']}), {posture['system']}", ""
    yield "storage", "ok", f"{posture['storage_driver']}, cgroup v{posture['cgroup']}", ""
    yield (
        "seccomp",
        *_held("seccomp" in str(posture["security"]), "the engine can filter system calls"),
    )
    yield "disk limits", *_held(posture["storage_quota"], "of containers, by project quota")
    yield "user mapping", *_held(posture["user_namespaces"], "container root is not host root")


def _held(holds: bool, what: str) -> tuple[str, str, str]:
    if holds:
        return "ok", f"yes: {what}", ""
    return "note", f"no: {what}", "runs record it in their posture"


def _runtimes() -> Iterator[Finding]:
    """The engine's runtimes; those with a kernel of their own are tried out."""
    from harness.sandbox.runtime_probe import try_runtime
    from harness.sandbox.runtimes import chosen, has_own_kernel, offered

    try:
        store = image_store(roots_of([]), lambda _text: None)
        names, default = offered(store.engine), chosen(store.engine, None)
        yield "runtimes", "ok", f"{', '.join(names)} (default {default})", ""
        strong = [name for name in names if has_own_kernel(store.engine, name)]
        base = store.own.get(_STARTERS[0])
        image = store.existing(base, _STARTERS[0]) if base else None
        if not strong:
            yield "own kernel", "note", "no runtime has one", "the profile escape needs runsc"
        for name in strong if image else ():
            for each in try_runtime(store.engine, name, str(image)):
                remedy = "" if each.works else "see docs/containment.md, Runtimes"
                yield name, "ok" if each.works else "note", f"{each.what}: {each.said}", remedy
    except HarnessError as error:
        yield "runtimes", "note", error.what, error.remedy


def _room() -> Iterator[Finding]:
    """What `harness run` looks at first, for a sample per core on a network of its own."""
    from harness.sandbox.engine import connect
    from harness.sandbox.preflight import Demand, look_at_engine, look_here
    from harness.schema.environment import Service

    memory = Service(image="any").memory
    wanted = Demand(jobs=usual_jobs(), memory_bytes=memory, segments=1)
    found = [*look_here(runs_folder(None), wanted)]
    try:
        found += look_at_engine(connect(), wanted)
    except UsageError as error:
        yield error.where, "bad", error.what, error.remedy
    except EngineUnavailable:
        pass  # told by the check of the engine
    for each in found:
        yield each.what, each.state, each.value, each.remedy


def _images() -> Iterator[Finding]:
    try:
        store = image_store(roots_of([]), lambda _text: None)
        for name in _STARTERS:
            image = store.existing(store.own[name], name) if name in store.own else None
            if image:
                yield name, "ok", image[7:19], ""
            else:
                yield name, "bad", "not built", "run `harness images build`"
    except HarnessError as error:
        yield "images", "bad", error.what, error.remedy


def _sensors() -> Iterator[Finding]:
    """Those that not every machine can have, each tried with its nonce."""
    from harness.cli.sensors import sensor_lacks
    from harness.rules.verdict import RULES
    from harness.sandbox.engine import connect

    try:
        lacks = sensor_lacks(connect(), None)
    except HarnessError:
        return  # told by the checks of the engine and its runtimes
    for sensor, what in lacks.items():
        if what:
            blind = [rule.id for rule in RULES.values() if sensor in rule.needs]
            remedy = f"rule {', '.join(blind)} needs it" if blind else "its rules see less"
            yield f"sensor {sensor}", "note", f"no: it needs {what}", remedy
        else:
            yield f"sensor {sensor}", "ok", "yes: its nonce came back", ""


def _keys() -> Iterator[Finding]:
    for name in _KEYS:
        there = bool(os.environ.get(name))
        state = ("ok", "present", "") if there else ("note", "absent", "needed for its models only")
        yield name, *state
