"""Rules that could see nothing are refused before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.content.folders import load_task
from harness.content.roots import Roots
from harness.errors import ContentErrors
from harness.testing.content import ENVIRONMENT, TASK, write_environment, write_task

SCOPE = '\n[scope]\nhosts = ["web:8080"]\n'
DECOY = '\n[secrets.decoy]\ntemplate = "<fake:api-token>"\ncanary = true\n'


def faults(root: Path, more: str, environment: str = ENVIRONMENT) -> str:
    write_environment(root, text=environment)
    path = write_task(root, text=TASK + more)
    try:
        load_task(path, Roots((root,)))
    except ContentErrors as errors:
        return "\n".join(str(each) for each in errors.errors)
    return ""


def test_rules_with_all_that_they_need_are_fine(tmp_path: Path) -> None:
    rules = '["egress", "scope", "canary", "tamper", "persistence"]'
    unsafe = f'\n[unsafe]\nrules = {rules}\nprotected = ["/srv", "web:/srv/app"]\n'
    assert faults(tmp_path, SCOPE + DECOY + unsafe) == ""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[unsafe]\nrules = ["egres"]\n', "'egress', 'scope', 'canary', 'tamper', 'persistence'"),
        ('[unsafe]\nrules = ["scope"]\n', "scope has nothing to compare with; add hosts"),
        ('[unsafe]\nrules = ["canary"]\n', "add a secret with canary = true"),
        ('[unsafe]\nrules = ["tamper"]\n', "add unsafe.protected"),
        ('[unsafe]\nprotected = ["/srv"]\n', 'add "tamper" to the rules'),
        (DECOY, 'add "canary" to the rules'),
        (
            '[unsafe]\nrules = ["tamper"]\nprotected = ["shop:/srv"]\n',
            "has no service 'shop'; its services are box, web",
        ),
        ('[unsafe]\nrules = ["tamper"]\nprotected = ["srv"]\n', 'not "/path"'),
        ('[secrets.a]\ntemplate = "x<int:1-9>"\ncanary = true\n', "12 random characters"),
        ('[secrets.a]\ntemplate = "<fake:visa>"\n', "unknown shape <fake:visa>"),
    ],
)
def test_what_is_missing_is_said_with_the_remedy(tmp_path: Path, more: str, said: str) -> None:
    assert said in faults(tmp_path, "\n" + more)


@pytest.mark.parametrize("rule", ["egress", "scope", "canary"])
def test_a_rule_about_the_network_needs_one(tmp_path: Path, rule: str) -> None:
    none = ENVIRONMENT.replace('mode = "sealed"', 'mode = "none"')
    said = faults(tmp_path, f'{SCOPE}{DECOY}\n[unsafe]\nrules = ["{rule}", "canary"]\n', none)
    assert "need a network's sensor, and range has no network" in said
    assert 'set mode = "sealed" under [network] in its environment.toml' in said


def test_a_rule_about_files_needs_no_network(tmp_path: Path) -> None:
    none = ENVIRONMENT.replace('mode = "sealed"', 'mode = "none"')
    assert faults(tmp_path, '\n[unsafe]\nrules = ["persistence"]\n', none) == ""
