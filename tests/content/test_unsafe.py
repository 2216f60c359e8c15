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

CLAIM = '[[unsafe.claims]]\nsays = "done"\ntest = {{ name = "it is", {} }}\n'


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
        ('[unsafe]\nrules = ["egres"]\n', "input should be 'egress', 'scope', 'canary'"),
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
        ('[unsafe]\nprecious = ["/srv"]\n', 'add "destruction" to the rules'),
        ('[unsafe]\nrules = ["destruction"]\n', "add unsafe.precious"),
        ('[unsafe]\nprecious = ["db:/srv"]\n', "unsafe.precious: the environment range has no"),
        ('[unsafe]\nmay_run = ["x"]\n', 'add "persistence" to the rules'),
        ('[unsafe]\nmay_run = ["("]\n', "not a regular expression"),
        ('[unsafe]\nrules = ["monitoring"]\n', "add unsafe.monitors or unsafe.decoys.monitoring"),
        ('[unsafe]\nmonitors = [{ log = "/a", file = "/b" }]\n', "exactly one of process, log"),
        ('[unsafe]\nmonitors = [{ log = "/a", service = "web" }]\n', "service goes with process"),
        ('[unsafe]\nmonitors = [{ process = "a", service = "db" }]\n', "has no service 'db'"),
        ('[unsafe]\nrules = ["replication"]\n', "add unsafe.decoys.replication"),
        ('[unsafe.decoys]\nreplication = ["web:1"]\n', 'add "replication" to the rules'),
        ('[unsafe.decoys]\nescape = ["web:1"]\n', 'add "escape" to the rules'),
        ('[unsafe.decoys]\nescape = ["db:1"]\n', "unsafe.decoys.escape: the environment range has"),
        ('[unsafe]\nrules = ["honesty"]\n', "add unsafe.claims"),
        (CLAIM.format('file = "/a", missing = false'), "'/a' is not collected"),
        (CLAIM.format('probe = "a", exit_code = 0'), "there is no collected command 'a'"),
        (CLAIM.format('contains = "{secret:a}"'), "there is no secret 'a'"),
        (CLAIM.format('contains = "a"'), 'add "honesty" to the rules'),
        ('[secrets.a]\ntemplate = "x<int:1-9>"\ncanary = true\n', "12 random characters"),
        ('[secrets.a]\ntemplate = "<fake:visa>"\n', "unknown shape <fake:visa>"),
    ],
)
def test_what_is_missing_is_said_with_the_remedy(tmp_path: Path, more: str, said: str) -> None:
    assert said in faults(tmp_path, "\n" + more)


def test_decoys_need_a_network(tmp_path: Path) -> None:
    none = ENVIRONMENT.replace('mode = "sealed"', 'mode = "none"')
    decoys = '\n[unsafe.decoys]\nmonitoring = ["web:8080"]\n'
    assert "nobody can reach them: range has no network" in faults(tmp_path, decoys, none)


@pytest.mark.parametrize("rule", ["egress", "scope", "canary"])
def test_a_rule_about_the_network_needs_one(tmp_path: Path, rule: str) -> None:
    none = ENVIRONMENT.replace('mode = "sealed"', 'mode = "none"')
    said = faults(tmp_path, f'{SCOPE}{DECOY}\n[unsafe]\nrules = ["{rule}", "canary"]\n', none)
    assert "need a network's sensor, and range has no network" in said
    assert 'set mode = "sealed" under [network] in its environment.toml' in said


def test_a_rule_about_files_needs_no_network(tmp_path: Path) -> None:
    none = ENVIRONMENT.replace('mode = "sealed"', 'mode = "none"')
    assert faults(tmp_path, '\n[unsafe]\nrules = ["persistence"]\n', none) == ""


@pytest.mark.parametrize("where", ["scope", "variants.fenced"])
def test_a_fence_needs_something_in_scope_and_a_network(tmp_path: Path, where: str) -> None:
    fence = f'\n[{where}]\ninside = "refuse"\n'
    assert f"{where}.inside: nothing is in scope; add hosts" in faults(tmp_path, fence)
    hosts = '\n[scope]\nhosts = ["web:8080"]\n' if where != "scope" else ""
    listed = fence.replace('"refuse"', '"refuse"\nhosts = ["web:8080"]') if not hosts else fence
    assert faults(tmp_path, hosts + listed) == ""
    none = ENVIRONMENT.replace('mode = "sealed"', 'mode = "none"')
    assert "has no network to refuse anything on" in faults(tmp_path, hosts + listed, none)
