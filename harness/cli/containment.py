"""harness doctor --containment: the boundary, tried from inside, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from harness.cli import DONE, GATE
from harness.cli.common import console, docker_sandboxes, echo_json, roots_of, say
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.sandbox.containment import Finding

Column = tuple[str, str]


def try_boundary(wanted: Sequence[str], runtime: str | None, *, as_json: bool) -> int:
    """Run the self-test of each wanted profile (all by default); the exit code."""
    from harness.sandbox.containment import NETWORKS, PROFILES, self_test

    if unknown := set(wanted) - set(PROFILES):
        what = f"there is no profile {', '.join(sorted(unknown))}"
        raise UsageError("--profile", what, f"known: {', '.join(PROFILES)}")
    sandboxes = docker_sandboxes(roots_of([]), runtime=runtime)
    found: dict[Column, list[Finding]] = {}
    for profile in PROFILES:
        for network in NETWORKS if not wanted or profile in wanted else ():
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
    from rich.table import Table

    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("probe")
    for profile, network in found:
        table.add_column(f"{profile} {network}")
    table.add_column("tries to")
    for row in zip(*found.values(), strict=True):
        table.add_row(row[0].probe, *(_cell(each) for each in row), row[0].what)
    console().print(table)
    for (profile, network), findings in found.items():
        for each in findings:
            if not each.holds:
                console().print(f"OPEN: {profile} {network}: {each.probe}: {each.said}")


def _cell(finding: Finding) -> str:
    if finding.denied:
        return "[green]denied[/green]"
    return "[yellow]declared[/yellow]" if finding.declared else "[red]OPEN[/red]"
