"""harness doctor --containment: the boundary, tried from inside, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from harness.cli import DONE, GATE
from harness.cli.common import console, docker_sandboxes, echo_json, roots_of, say
from harness.errors import UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from harness.sandbox.containment import Finding

Column = tuple[str, str]


def try_boundary(wanted: Sequence[str], runtime: str | None, *, as_json: bool) -> int:
    """Run the self-test of each wanted profile (all that the engine has by default); the exit code."""
    from harness.sandbox.containment import ESCAPE, NETWORKS, PROFILES, self_test

    known = (*PROFILES, ESCAPE)
    if unknown := set(wanted) - set(known):
        what = f"there is no profile {', '.join(sorted(unknown))}"
        raise UsageError("--profile", what, f"known: {', '.join(known)}")
    sandboxes = docker_sandboxes(roots_of([]), runtime=runtime)
    found: dict[Column, list[Finding]] = {}
    for profile in known:
        for network in NETWORKS if profile in (wanted or PROFILES) else ():
            say(f"  trying profile {profile}, network {network}")
            found[profile, network] = self_test(sandboxes, profile, network)
    if as_json:
        echo_json(
            [
                {"profile": profile, "network": network, **asdict(each), "holds": each.holds}
                for (profile, network), findings in found.items()
                for each in findings
            ]
        )
    else:
        _print(found)
    holds = all(each.holds for findings in found.values() for each in findings)
    return DONE if holds else GATE


def _print(found: dict[Column, list[Finding]]) -> None:
    """A row for each probe, a column for each profile: all its networks together."""
    from rich.table import Table

    profiles = list(dict.fromkeys(profile for profile, _ in found))
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("probe", no_wrap=True)
    for profile in profiles:
        table.add_column(profile)
    table.add_column("tries to")
    for row in zip(*found.values(), strict=True):
        by_profile = {
            profile: {
                network: each
                for (owner, network), each in zip(found, row, strict=True)
                if owner == profile
            }
            for profile in profiles
        }
        table.add_row(row[0].probe, *(_cell(by_profile[each]) for each in profiles), row[0].what)
    console().print(table)
    console().print(f"networks: {', '.join(dict.fromkeys(network for _, network in found))}")
    for (profile, network), findings in found.items():
        for each in findings:
            if not each.holds:
                console().print(f"OPEN: {profile} {network}: {each.probe}: {each.said}")


def _cell(by_network: dict[str, Finding]) -> Text:
    from rich.text import Text

    open_ = [network for network, each in by_network.items() if not each.holds]
    if open_:
        return Text(f"OPEN ({', '.join(open_)})", style="red")
    if all(each.denied for each in by_network.values()):
        return Text("denied", style="green")
    return Text("declared", style="yellow")
