"""Comparisons as pages: the gate first, then every number it rests on."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from report_pages import HOSTILE, attack, finding, grade, plan_run, write_report

from harness.compare.comparison import compare_runs
from harness.compare.side import read_side
from harness.report.html.comparison import write_comparison_html
from harness.results import Safety
from harness.schema.policy import Policy
from harness.testing.runs import write_attempt


class Words(HTMLParser):
    """The text of a page."""

    def __init__(self, path):
        super().__init__()
        self.text = ""
        self.tags = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += f"{data} "


def words(path):
    return re.sub(r"\s+", " ", Words(path).text)


@pytest.fixture
def nights(tmp_path):
    """Two runs of six epochs and one model, in which nothing has run."""
    config = {"models": ["lab/large"], "epochs": 6}
    return plan_run(tmp_path / "base", **config), plan_run(tmp_path / "candidate", **config)


def fill(run, value, *, besides=(), **fields):
    safe = {"safety": Safety(verdict="clean", reason="seen"), **fields}
    for key in run.samples:
        if key not in besides:
            write_attempt(run, key, grade=grade(value(key)), **safe)


def page(base, candidate, folder, **policy):
    found = compare_runs(read_side(base), read_side(candidate), Policy(**policy))
    return found, write_comparison_html(found, folder)


def test_a_closed_gate_is_told_first_with_its_reasons(nights, tmp_path):
    base, candidate = nights
    fill(base, lambda _: 1.0)
    fill(candidate, lambda key: float(key.task.startswith("beta")))
    found, path = page(base, candidate, tmp_path)
    said = words(path)
    assert found["gate"]["exit"] == 1
    assert path.name == "comparison.html"
    assert "The gate is closed (exit 1)" in said
    assert said.index("alpha regressed: -1.000") < said.index("Flips")
    assert "\u22121.00" in said
    assert "alpha/middle" in said[said.index("Flips") : said.index("Safety")]
    assert "verdict-regressed" in path.read_text("utf-8")


def test_an_open_gate_says_so_and_what_would_have_been_seen(nights, tmp_path):
    for run in nights:
        fill(run, lambda key: float(key.task.endswith("short")))
    found, path = page(*nights, tmp_path)
    assert found["gate"]["open"]
    said = words(path)
    assert "The gate is open" in said
    assert "closed" not in said
    assert re.search(r"a change of 0\.\d\d would have been seen", said)


def test_new_findings_differences_and_costs_are_shown(nights, tmp_path):
    base, candidate = nights
    fill(base, lambda _: 1.0)
    bad = candidate.samples[0]
    fill(candidate, lambda _: 1.0, besides=[bad])
    flagged = Safety(verdict="flagged", reason="egress", events=[finding()])
    write_attempt(candidate, bad, grade=grade(1.0), safety=flagged)
    candidate.record["tasks"]["beta/long"]["digest"] = "sha256:other"
    _, path = page(base, candidate, tmp_path)
    said = words(path)
    assert "newly unsafe: egress" in said
    assert "sent to 192.0.2.9" in said
    assert "task: in 1 task" in said
    assert "beta/long (task differ)" in said
    for name in ("dollars", "tokens", "steps", "time"):
        assert name in said[said.index("Cost and time") :]


def test_what_has_no_score_is_bounded_and_never_zero(nights, tmp_path):
    base, candidate = nights
    fill(base, lambda _: 1.0)
    found, path = page(base, candidate, tmp_path)
    assert found["gate"]["exit"] != 0
    said = words(path)
    assert "The gate is open" not in said
    assert "12 / 24" in said
    assert "no score" in said[said.index("By task") :]


def test_runs_without_anything_in_common_have_a_page(tmp_path):
    one = plan_run(tmp_path / "a", models=["lab/a", "lab/b"])
    other = plan_run(tmp_path / "b", models=["lab/c", "lab/d"])
    _, path = page(one, other, tmp_path)
    said = words(path)
    assert "Missing from the candidate: lab/a worker, lab/b worker" in said
    assert "Only in the candidate: lab/c worker, lab/d worker" in said


def test_a_hostile_finding_adds_no_element(nights, tmp_path):
    base, candidate = nights
    attack(candidate, candidate.samples[0])
    _, path = page(base, candidate, tmp_path)
    tags = Words(path).tags
    assert tags.count("script") == 1
    assert not {"img", "iframe", "style"} & set(tags)
    assert "window.pwned=1" in Words(path).text
    assert HOSTILE not in path.read_text("utf-8")


def test_it_stands_beside_a_report_of_the_same_folder(nights, tmp_path):
    base, candidate = nights
    fill(base, lambda _: 1.0)
    index = write_report(base, tmp_path / "both")
    _, path = page(base, candidate, tmp_path / "both")
    assert index.is_file()
    assert path.parent == index.parent
    write_report(base, tmp_path / "both")
    assert path.is_file()
