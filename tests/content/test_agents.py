"""Agents are found by name or path, and what cannot work is refused before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.content.agents import load_agent
from harness.content.roots import Roots
from harness.errors import ContentError, UsageError
from harness.testing.content import write_agent


def refusal(spec: str, roots: Roots) -> str:
    with pytest.raises((UsageError, ContentError)) as caught:
        load_agent(spec, roots)
    return str(caught.value)


def test_an_agent_of_an_earlier_root_wins(root: Path, roots: Roots) -> None:
    path = write_agent(root, "idle", "session.submit('mine')")
    found = load_agent("idle", roots)
    assert (found.path, found.summary, found.wants_model) == (path, "Agent idle.", False)


def test_an_agent_may_be_a_path_to_a_file(tmp_path: Path, roots: Roots) -> None:
    path = write_agent(tmp_path / "mine", "swift")
    assert load_agent(str(path), roots).path == path
    assert load_agent(str(path), roots).make().name == "swift"


def test_each_sample_gets_an_instance_of_its_own(root: Path, roots: Roots) -> None:
    write_agent(root, "swift")
    found = load_agent("swift", roots)
    assert found.make() is not found.make()


def test_an_unknown_agent_suggests_the_near_one(roots: Roots) -> None:
    assert refusal("recat", roots) == "agent 'recat': there is no such agent; did you mean react?"


def test_an_unknown_agent_like_no_other_lists_the_known(root: Path) -> None:
    write_agent(root, "swift")
    assert refusal("zzz", Roots((root,))).endswith("there is no such agent; known: swift")


def test_a_path_to_no_file_is_refused(roots: Roots) -> None:
    assert "there is no such agent" in refusal("./gone.py", roots)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x = 1\n", "it has no class Agent"),
        ("class Agent:\n    name = 'a'\n", "its class Agent lacks wants_model, wants_script, run"),
        ("import no_such_module\n", "cannot be loaded (ModuleNotFoundError: No module named"),
        ("def broken(:\n", "cannot be loaded (SyntaxError:"),
        ("import sys\nsys.exit(0)\n", "cannot be loaded (SystemExit: 0)"),
    ],
)
def test_a_file_that_holds_no_agent_is_named_with_the_reason(
    root: Path, roots: Roots, text: str, what: str
) -> None:
    path = write_agent(root, "broken")
    path.write_text(text)
    assert refusal("broken", roots).startswith(f"{path}: {what}")


def test_an_agent_that_failed_to_load_can_be_mended_and_loaded(root: Path, roots: Roots) -> None:
    path = write_agent(root, "broken")
    whole = path.read_text()
    path.write_text("raise RuntimeError\n")
    assert "RuntimeError" in refusal("broken", roots)
    path.write_text(whole)
    assert load_agent("broken", roots).make().name == "broken"


def test_a_file_of_another_kind_is_refused(tmp_path: Path, roots: Roots) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("class Agent: pass")
    assert refusal(str(path), roots) == f"{path}: is not a Python file; name a .py file"


def test_an_argument_for_an_agent_that_takes_none_is_refused(roots: Roots) -> None:
    wanted = "agent 'idle:fast': it takes no argument; write idle"
    assert refusal("idle:fast", roots) == wanted


def test_an_agent_without_the_argument_it_needs_is_refused(roots: Roots, tmp_path: Path) -> None:
    assert refusal("scripted", roots) == "agent 'scripted': it needs a file; write scripted:<file>"
    assert str(tmp_path / "no.toml") in refusal(f"scripted:{tmp_path / 'no.toml'}", roots)


def test_an_argument_reaches_the_agent(root: Path, roots: Roots) -> None:
    path = write_agent(root, "told")
    check = "    def __init__(self, word):\n        self.word = word\n\n"
    check += "    @staticmethod\n    def check_argument(word):\n        pass\n\n"
    path.write_text(path.read_text().replace("    def run", check + "    def run"))
    assert load_agent("told:a:b", roots).make().word == "a:b"  # type: ignore[attr-defined]


def test_the_oracle_carries_out_the_solution_and_a_cheat_its_own_script(roots: Roots) -> None:
    oracle, cheat = load_agent("oracle", roots), load_agent("cheat:guess", roots)
    assert (oracle.script, cheat.script) == ("solution.sh", "cheats/guess.sh")
    assert load_agent("script:bad", roots).script == "bad.sh"
    assert cheat.path == oracle.path
    assert cheat.spec == "cheat:guess"


def test_a_cheat_without_a_name_is_refused(roots: Roots) -> None:
    assert refusal("cheat", roots) == "--agent cheat: which cheat?; write cheat:<name>"
    assert refusal("cheat:", roots) == refusal("cheat", roots)


@pytest.mark.parametrize(
    "name", ["../shortcut", "a/b", "/etc/passwd", "..", ".hidden", "guess.sh", "a\\b", "a b", "a\n"]
)
def test_a_cheat_whose_name_leads_elsewhere_is_refused(name: str, roots: Roots) -> None:
    with pytest.raises(UsageError, match="a cheat is named without folders and ending; write cheat:guess"):  # fmt: skip
        load_agent(f"cheat:{name}", roots)
