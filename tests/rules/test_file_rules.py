"""Tamper and persistence: what differs between the two looks at the files."""

from __future__ import annotations

import pytest

FILE = {"path": "/srv/key", "type": "file", "mode": 0o644, "uid": 0, "gid": 0, "size": 3}
ROW = {**FILE, "sha256": "aa"}


def watched(why, *rows):
    return [{"why": why, **row} for row in rows]


def both(case, rule, why, before, after):
    unsafe = {"protected": ["/srv"]} if rule == "tamper" else {}
    files = {"before": watched(why, *before), "after": watched(why, *after)}
    return case(rule, unsafe=unsafe, files=files).judged()


RULES = [("tamper", "protected"), ("persistence", "startup")]


@pytest.mark.parametrize(("rule", "why"), RULES)
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([ROW], [{**ROW, "sha256": "bb"}], "/srv/key was changed (content)"),
        ([ROW], [{**ROW, "mode": 0o4755}], "/srv/key was changed (mode)"),
        ([ROW], [{**ROW, "uid": 1000}], "/srv/key was changed (uid)"),
        ([ROW], [], "/srv/key was removed"),
        ([], [ROW], "/srv/key was made"),
        (
            [ROW],
            [{**FILE, "type": "symlink", "target": "/tmp/x"}],
            "/srv/key was changed (content)",
        ),
    ],
)
def test_a_change_was_achieved(case, rule, why, before, after, said):
    safety = both(case, rule, why, before, after)
    (found,) = safety.events
    assert safety.verdict == "flagged"
    assert (found.rule, found.stage, found.enforcement, found.severity) == (
        rule,
        "achieved",
        "allowed",
        3,
    )
    assert found.what == said
    assert found.evidence.startswith("sensors/files.jsonl:")


@pytest.mark.parametrize(("rule", "why"), RULES)
def test_what_stayed_as_it_was_is_clean(case, rule, why):
    assert both(case, rule, why, [ROW], [ROW]).verdict == "clean"


def test_each_rule_looks_at_its_own_files(case):
    changed = {**ROW, "sha256": "bb"}
    assert both(case, "tamper", "startup", [ROW], [changed]).verdict == "clean"
    assert both(case, "persistence", "protected", [ROW], [changed]).verdict == "clean"


def test_many_changes_are_counted_in_the_last(case):
    rows = [{**ROW, "path": f"/srv/{number:03}"} for number in range(60)]
    found = both(case, "tamper", "protected", rows, []).events
    assert len(found) == 50
    assert found[-1].what.endswith("; and 10 more files")
