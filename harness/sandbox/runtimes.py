"""OCI runtimes: which the engine offers, and which put a kernel of their own under a container."""

from __future__ import annotations

from pathlib import PurePosixPath

from harness.errors import ContainmentError, SandboxError
from harness.sandbox.engine import Engine
from harness.schema.environment import Service

# By the program that the engine starts: a runtime's name is whatever its owner wrote.
_OWN_KERNEL = {"runsc", "kata-runtime", "kata-qemu", "kata-clh", "kata-fc"}
_OWN_KERNEL_SHIMS = {"io.containerd.runsc.v1", "io.containerd.kata.v2"}


def offered(engine: Engine) -> list[str]:
    """The names of the engine's runtimes."""
    return sorted(engine.info.get("Runtimes") or {})


def chosen(engine: Engine, runtime: str | None) -> str:
    """The runtime that containers get: the wanted one, or the engine's default.

    Raises SandboxError, with what the engine offers, when it does not know the wanted one.
    """
    if runtime is None:
        return str(engine.info.get("DefaultRuntime") or "runc")
    if runtime not in offered(engine):
        raise SandboxError(
            f"runtime {runtime!r}",
            f"the engine does not offer it; it offers {', '.join(offered(engine))}",
            "name one of these, or register it with dockerd (see docs/containment.md)",
        )
    return runtime


def has_own_kernel(engine: Engine, runtime: str) -> bool:
    """Whether a runtime's containers talk to a kernel other than the host's."""
    registered = (engine.info.get("Runtimes") or {}).get(runtime) or {}
    program = PurePosixPath(registered.get("path") or "").name
    shim = registered.get("runtimeType") or runtime
    return program in _OWN_KERNEL or shim in _OWN_KERNEL_SHIMS


def require_runtime(engine: Engine, service: Service, runtime: str | None, where: str) -> str:
    """The runtime of a service. Raises ContainmentError when it is too weak for its profile."""
    name = chosen(engine, runtime)
    if service.profile == "escape" and not has_own_kernel(engine, name):
        raise ContainmentError(
            where,
            f'its profile "escape" needs a kernel of its own, and {name} shares the host\'s',
            "install runsc (gVisor) or Kata and run with --runtime runsc",
        )
    return name
