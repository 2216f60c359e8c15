"""What an environment opens on purpose is in the report."""

from __future__ import annotations

from typing import Any

from harness.report.declared import declared
from harness.schema.environment import Environment


def environment(network: dict[str, Any] | None = None, **service: Any) -> Environment:
    box = {"image": "harness/base", "user": "nobody", **service}
    told = {"schema": 1, "title": "x", "agent_service": "box", "services": {"box": box}}
    return Environment.model_validate({**told, "network": network or {}})


def test_a_closed_environment_declares_nothing() -> None:
    assert declared(environment()) == []


def test_extras_are_named_with_their_service() -> None:
    found = declared(environment(profile="target", setuid=True, capabilities=["CHOWN"]))
    assert found == ["box: profile target", "box: setuid programs", "box: capabilities CHOWN"]


def test_a_way_out_is_named() -> None:
    found = declared(environment({"mode": "allow", "allow": ["mirror.example:443"]}))
    assert found == ["network: leads to mirror.example:443"]
