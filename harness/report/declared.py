"""What a task's environment opens on purpose, so that whoever reads a score sees it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.schema.environment import Environment


def declared(environment: Environment) -> list[str]:
    """The extras of each service ("service: what"), and where the network leads out."""
    return list(_extras(environment))


def _extras(environment: Environment) -> Iterator[str]:
    for name, service in environment.services.items():
        if service.profile != "strict":
            yield f"{name}: profile {service.profile}"
        if service.setuid:
            yield f"{name}: setuid programs"
        if service.capabilities:
            yield f"{name}: capabilities {', '.join(service.capabilities)}"
    if environment.network_mode == "allow":
        yield f"network: leads to {', '.join(environment.network.allow)}"
