"""Networks come from small subnets of our own range, so that many fit."""

from __future__ import annotations

import ipaddress
import subprocess
from contextlib import ExitStack
from typing import Any

import pytest

from harness.errors import SandboxStartError, UsageError
from harness.sandbox.hostside import host_addresses
from harness.sandbox.lease import lease_labels
from harness.sandbox.network import Segment, open_network


def subnet(engine: Any, network: Segment) -> ipaddress.IPv4Network:
    config = engine.api.inspect_network(network.id)["IPAM"]["Config"]
    return ipaddress.IPv4Network(config[0]["Subnet"])


def test_forty_networks_at_once_are_apart_and_of_our_range(engine: Any, run_label: str) -> None:
    labels = lease_labels(run_label, "sample", "network", 60)
    with ExitStack() as stack:
        found = [
            subnet(engine, stack.enter_context(open_network(engine, f"{run_label}-{n}", labels)))
            for n in range(40)
        ]
        assert len(set(found)) == 40
        ours = ipaddress.IPv4Network("198.18.0.0/15")
        assert all(each.subnet_of(ours) and each.prefixlen == 28 for each in found)


def test_the_host_is_not_on_a_network_and_it_is_gone_after_its_with(
    engine: Any, run_label: str
) -> None:
    labels = lease_labels(run_label, "sample", "network", 60)
    with open_network(engine, f"{run_label}-one", labels) as network:
        said = engine.api.inspect_network(network.id)
        bridge = f"br-{said['Id'][:12]}"
        shown = subprocess.run(
            ["ip", "-4", "addr", "show", bridge], capture_output=True, text=True, check=True
        )
        assert "inet " not in shown.stdout
        assert network.gateway not in host_addresses()
    assert engine.api.networks(ids=[network.id]) == []


def test_another_range_can_be_set(
    engine: Any, run_label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_SUBNETS", "10.213.7.0/28")
    labels = lease_labels(run_label, "sample", "network", 60)
    with open_network(engine, f"{run_label}-a", labels) as network:
        assert str(subnet(engine, network)) == "10.213.7.0/28"
        with (
            pytest.raises(SandboxStartError, match=r"10\.213\.7\.0/28"),
            open_network(engine, f"{run_label}-b", labels),
        ):
            pytest.fail("there was room for two")


@pytest.mark.parametrize("range_", ["nonsense", "10.0.0.0/30", "fd00::/64"])
def test_a_range_that_holds_no_subnet_is_a_usage_error(
    engine: Any, monkeypatch: pytest.MonkeyPatch, range_: str
) -> None:
    monkeypatch.setenv("HARNESS_SUBNETS", range_)
    with pytest.raises(UsageError, match="HARNESS_SUBNETS"), open_network(engine, "x", {}):
        pytest.fail("it opened")
