"""Pages as text: what they say of a run, what they link, and what they do with bad logs."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from report_pages import (
    HOSTILE,
    acted,
    attack,
    finding,
    grade,
    plan_run,
    spoken,
    tell,
    work,
    write_report,
)

from harness import events
from harness.errors import StoreError
from harness.messages import ToolUse
from harness.report.build import build_report
from harness.report.html.folder import MARK
from harness.report.html.write import write_run_html
from harness.results import Safety
from harness.run import Run
from harness.store import Transcript
from harness.testing.runs import write_attempt


class Page(HTMLParser):
    """The elements and links of a page, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += f"{data} "

    def all(self, name):
        return [attrs for tag, attrs in self.elements if tag == name]

    @property
    def links(self):
        return [str(each["href"]) for each in self.all("a") if "href" in each]


def words(path):
    return re.sub(r"\s+", " ", Page(path).text)


def test_the_overview_names_the_run_and_counts_what_was_scored(filled):
    said = words(write_report(filled))
    assert "14 / 15" not in said
    assert "14 / 16 scored of planned samples" in said
    assert "2 of 16 samples have no score. They count neither as passed nor as failed." in said
    for name in ("alpha", "beta", "lab/large · worker", "lab/small · worker"):
        assert name in said


def test_unscored_samples_are_shown_as_such_and_never_as_zero(filled):
    index = write_report(filled)
    rows = re.findall(r"<tr data-suite.*?</tr>", index.read_text("utf-8"), re.DOTALL)
    assert len(rows) == 16
    (lost,) = [row for row in rows if 'data-status="sandbox_error"' in row]
    (planned,) = [row for row in rows if 'data-status="not run"' in row]
    for row in (lost, planned):
        assert "no score" in row
        assert 'data-value=""' in row
        assert "0.00" not in row.replace("$0.00", "")
    assert "href" in lost
    assert "href" not in planned
    page = index.parent / "pages" / "0004.html"
    assert "sandbox: it broke; mend it" in words(page)


def test_notices_and_an_early_end_stand_at_the_top(filled):
    index = write_report(filled, notices=["replies came from a cache <b>"])
    said = words(index)
    assert said.index("replies came from a cache <b>") < said.index("Scores")
    assert "This run did not end by itself: running or killed" in said
    assert "Notice" not in words(write_report(filled))


def test_every_link_leads_somewhere(filled):
    index = write_report(filled)
    pages = [index, *(index.parent / "pages").glob("*.html")]
    assert len(pages) == 16
    for path in pages:
        ids = {str(attrs.get("id")) for _, attrs in Page(path).elements}
        for link in Page(path).links:
            file, _, anchor = link.partition("#")
            target = (path.parent / unquote(file)).resolve() if file else path
            assert target.is_file(), link
            if anchor and target != path:
                ids_there = {str(attrs.get("id")) for _, attrs in Page(target).elements}
                assert anchor in ids_there, link
            elif anchor:
                assert anchor in ids, link


def test_no_page_asks_for_anything_outside_its_folder(filled):
    index = write_report(filled)
    for path in (index, *(index.parent / "pages").glob("*.html")):
        found = Page(path)
        assert all(
            tag not in {"img", "iframe", "object", "embed", "form action"}
            for tag, _ in found.elements
        )
        assert [each["src"] for each in found.all("script")] in (["report.js"], ["../report.js"])
        assert len(found.all("link")) == 1
        (policy,) = [each["content"] for each in found.all("meta") if each.get("http-equiv")]
        assert str(policy).startswith("default-src 'none'; style-src 'self'; script-src 'self'")
        assert not any("style" in attrs for _, attrs in found.elements), "the policy refuses them"
        assert MARK in path.read_text("utf-8")


def test_a_finding_leads_to_its_step_and_its_evidence(filled):
    index = write_report(filled)
    flagged = Page(index.parent / "pages" / "0005.html")
    (jump,) = [each for each in flagged.all("a") if each.get("class") == "jump"]
    target = str(jump["href"]).partition("#")[2]
    call = [attrs for tag, attrs in flagged.elements if attrs.get("id") == target]
    assert "k-tool_call" in str(call[0]["class"])
    assert "found" in str(call[0]["class"])
    assert any(link.endswith("attempt-1/evidence/sensors/network.jsonl") for link in flagged.links)


def test_a_finding_in_the_transcript_leads_to_the_log(tmp_path):
    run = plan_run(tmp_path, epochs=1)
    found = finding(evidence="events.jsonl:2 (message 1)")
    safety = Safety(verdict="flagged", reason="said", events=[found])
    write_attempt(run, run.samples[0], grade=grade(1), safety=safety)
    page = (write_report(run).parent / "pages" / "0001.html").read_text("utf-8")
    assert re.search(r'attempt-1/events.jsonl">events.jsonl:2 \(message 1\)</a>', page)


def test_the_safety_matrix_counts_findings_by_stage_and_names_their_samples(filled):
    index = write_report(filled)
    page = index.read_text("utf-8")
    matrix = page[
        page.index('class="matrix"') : page.index("</table>", page.index('class="matrix"'))
    ]
    rows = re.findall(r'scope="row">(\w+)</th>(.*?)</tr>', matrix, re.DOTALL)
    counts = {name: re.findall(r">(\d+)<", cells) for name, cells in rows}
    assert counts == {"escape": ["0", "0", "0", "1"], "network": ["0", "0", "1", "0"]}
    assert "pages/0005.html#findings" in page


def test_outside_the_runs_folder_evidence_is_named_and_not_linked(filled, tmp_path):
    index = write_report(filled, tmp_path / "elsewhere")
    flagged = Page(index.parent / "pages" / "0005.html")
    assert not [link for link in flagged.links if "samples" in link and "index.html" not in link]
    assert "sensors/network.jsonl:2 and 1 more" in flagged.text


def test_a_long_transcript_is_paged_and_findings_lead_across_pages(tmp_path):
    run = plan_run(tmp_path, epochs=1)
    attempt = write_attempt(run, run.samples[0], grade=grade(1))
    tell(attempt, work(300))
    late = finding(290, "call-290")
    result = attempt.read_result()
    assert result
    flagged = result.safety.model_copy(update={"verdict": "flagged", "events": [late]})
    attempt.write_result(result.model_copy(update={"safety": flagged}))
    pages = write_report(run).parent / "pages"
    names = sorted(path.name for path in pages.iterdir())
    assert names == ["0001-p2.html", "0001-p3.html", "0001-p4.html", "0001.html"]
    (jump,) = [
        each["href"] for each in Page(pages / "0001.html").all("a") if each.get("class") == "jump"
    ]
    file, _, anchor = str(jump).partition("#")
    assert file == "0001-p3.html"
    assert anchor in {attrs.get("id") for _, attrs in Page(pages / file).elements}
    assert "look 290" in Page(pages / file).text
    shown = sum(
        len(re.findall(r'class="entry k-tool_call', (pages / name).read_text())) for name in names
    )
    assert shown == 300


def test_a_long_output_is_cut_on_the_page_and_whole_beside_it(tmp_path):
    run = plan_run(tmp_path, epochs=1)
    attempt = write_attempt(run, run.samples[0], grade=grade(1))
    text = "".join(f"line {number}\n" for number in range(40_000))
    tell(attempt, acted(1, "cat all", text))
    pages = write_report(run).parent / "pages"
    page = pages / "0001.html"
    assert page.stat().st_size < 100_000
    (rest,) = [link for link in Page(page).links if link.endswith(".txt")]
    assert (pages / rest).read_text("utf-8-sig") == text
    assert "line 39999" in Page(page).text
    assert "line 20000\n" not in Page(page).text


def test_a_whole_output_is_linked_when_it_is_the_attempts(tmp_path):
    run = plan_run(tmp_path, epochs=1)
    attempt = write_attempt(run, run.samples[0], grade=grade(1))
    attempt.outputs.mkdir()
    (attempt.outputs / "out-1.txt").write_text("all of it")
    tell(
        attempt,
        [*acted(1, "a", "cut", whole="outputs/out-1.txt"), *acted(2, "b", "cut", whole="../../x")],
    )
    page = Page(write_report(run).parent / "pages" / "0001.html")
    assert any(link.endswith("attempt-1/outputs/out-1.txt") for link in page.links)
    assert not any("../x" in link for link in page.links)
    assert "../../x" in page.text


def test_a_hostile_transcript_adds_no_element(tmp_path):
    calm, hostile = plan_run(tmp_path / "calm", epochs=1), plan_run(tmp_path / "hostile", epochs=1)
    attack(hostile, hostile.samples[0])
    write_attempt(calm, calm.samples[0], grade=grade(0.5))
    known = {"script", "style", "iframe", "img", "svg"}
    index = write_report(hostile, notices=[HOSTILE])
    for path in (index, index.parent / "pages" / "0001.html"):
        page = Page(path)
        assert len(page.all("script")) == 1
        assert not [tag for tag, _ in page.elements if tag in known - {"script", "svg"}]
        assert not [
            attrs for _, attrs in page.elements if any(name.startswith("on") for name in attrs)
        ]
        assert not [link for link in page.links if "javascript" in link]
        raw = path.read_bytes()
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", raw)
        raw.decode("utf-8")
        assert "window.pwned=1" in page.text, "shown, not dropped"
        assert "{{ 7*7 }}" in page.text
        assert "\u202e" not in page.text
    assert "seed.key" not in " ".join(page.links)


def test_a_broken_log_is_told_and_shown_up_to_there(filled):
    attempt = next(filled.store.root.glob("samples/alpha/short/**/events.jsonl"))
    lines = attempt.read_text().splitlines(keepends=True)
    attempt.write_text("".join([*lines[:4], *lines[5:]]))
    index = write_report(filled)
    assert "A transcript cannot be read whole" in words(index)
    assert "hash chain is broken" in words(index)
    (page,) = {link for link in Page(index).links if "pages" in link and "#" not in link} & {
        f"pages/{path.name}"
        for path in (index.parent / "pages").iterdir()
        if "hash chain is broken" in words(path)
    }
    assert "I look at place 1." in words(index.parent / page)


def test_the_runs_own_trouble_is_shown_in_the_transcript(tmp_path):
    run = plan_run(tmp_path, epochs=1)
    attempt = write_attempt(run, run.samples[0])
    told = [
        events.Interrupted(),
        events.LogRepaired(dropped_bytes=7),
        events.Phase(name="open", seconds=1),
    ]
    tell(attempt, told)
    said = words(write_report(run).parent / "pages" / "0001.html")
    assert "the process that worked on this died here" in said
    assert "a torn last line of 7 bytes was cut off here" in said


def test_what_a_model_asked_for_and_nobody_did_is_shown(tmp_path):
    run = plan_run(tmp_path, epochs=1)
    attempt = write_attempt(run, run.samples[0])
    done = ToolUse(id="call-1", name="bash", input={"command": "look"})
    never = ToolUse(id="call-2", name="bash", input={"command": "rm -rf /"})
    stop = events.Stopped(how="limit", detail="steps")
    tell(attempt, [spoken(1, "both", done, never), *acted(1, "look", "seen"), stop])
    said = words(write_report(run).parent / "pages" / "0001.html")
    assert said.count("asked for before, and never called: bash") == 1
    assert "rm -rf /" in said[said.index("never called") :]


def test_earlier_attempts_are_named(tmp_path):
    run = plan_run(tmp_path, epochs=1)
    write_attempt(run, run.samples[0], status="model_error")
    write_attempt(run, run.samples[0], grade=grade(1))
    page = Page(write_report(run).parent / "pages" / "0001.html")
    assert "Attempt 1:" in page.text
    assert any(link.endswith("attempt-1/events.jsonl") for link in page.links)


def test_a_run_in_which_nothing_ran_has_a_report(tmp_path):
    run = plan_run(tmp_path, epochs=1)
    said = words(write_report(run))
    assert "0 / 8 scored of planned samples" in said
    assert "8 of 8 samples have no score" in said
    assert "no score" in said


def test_the_time_horizon_is_stated_with_its_interval(filled):
    said = words(write_report(filled))
    part = said[
        said.index("Difficulty and time horizon") : said.index(
            "Safety", said.index("Difficulty and")
        )
    ]
    assert "3 estimated; tasks without such a time, or without a score: 1" in part
    assert re.search(r"lab/large · worker [\d.]+ (min|h) [\d.]+ min … [\d.]+ (min|h)", part)


def test_history_is_drawn_run_after_run(filled, tmp_path):
    earlier = plan_run(tmp_path / "earlier")
    write_attempt(earlier, earlier.samples[0], grade=grade(1))
    before = build_report(earlier)
    before["run"]["started"] = "2026-01-05T00:00:00.000Z"
    without = words(write_report(filled))
    assert "run after run" not in without
    index = write_run_html(filled, build_report(filled), tmp_path / "r", [before])
    said = words(index)
    assert said.index("run after run") < said.index("01-05")
    assert f"{earlier.store.id}: alpha, lab/large · worker 1/1" in said


def test_an_earlier_report_is_replaced_and_nothing_else_in_its_folder(tmp_path):
    run = plan_run(tmp_path, epochs=1)
    attempt = write_attempt(run, run.samples[0], grade=grade(1))
    tell(attempt, work(300))
    index = write_report(run)
    note = index.parent / "pages" / "my-note.txt"
    note.write_text("kept")
    assert (index.parent / "pages" / "0001-p4.html").exists()
    tell(attempt, work(2))
    write_report(run)
    assert sorted(path.name for path in note.parent.iterdir()) == ["0001.html", "my-note.txt"]


def test_another_page_of_that_name_is_never_overwritten(filled, tmp_path):
    (tmp_path / "index.html").write_text("<title>mine</title>")
    with pytest.raises(StoreError, match="is no report of the harness; name another folder"):
        write_report(filled, tmp_path)
    assert (tmp_path / "index.html").read_text() == "<title>mine</title>"


def test_a_folder_that_cannot_be_written_is_an_error_that_says_so(filled, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        write_report(filled, tmp_path / "file" / "report")


def test_a_run_killed_in_mid_line_has_a_report(filled: Run) -> None:
    attempt = next(filled.store.root.glob("samples/alpha/short/**/events.jsonl"))
    attempt.write_bytes(attempt.read_bytes() + b'{"torn')
    assert "cannot be read whole" not in words(write_report(filled))
    Transcript(attempt).close()
