"""The pages of one sample: what is known of it, then its transcript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.report.html.folder import PageFolder
from harness.report.html.links import Links
from harness.report.html.transcript import Slice, TranscriptPages
from harness.results import SampleKey
from harness.run import Run
from harness.store import AttemptPaths


@dataclass(frozen=True)
class Neighbours:
    """The pages before and after, where there are such."""

    before: str | None
    after: str | None


def page_name(number: int) -> str:
    """The name of a planned sample's pages, from its place in the plan (from 1)."""
    return f"{number:04d}"


def slice_name(name: str, number: int) -> str:
    """The file of one page of a sample."""
    return f"{name}.html" if number == 1 else f"{name}-p{number}.html"


def write_sample(
    run: Run, folder: PageFolder, name: str, sample: Mapping[str, Any], beside: Neighbours
) -> TranscriptPages:
    """Write a sample's pages; what was found out about its transcript. Raises StoreError.

    The first page, which links to the others, is written last.
    """
    attempt = AttemptPaths(run.store.root / sample["path"])
    links = Links(run.store.root.resolve(), attempt.root.resolve(), folder.root.resolve() / "pages")
    pages = TranscriptPages(folder, name, links, _findings(sample))
    first: Slice | None = None
    reaches: list[Mapping[str, Any]] = []
    held: Slice | None = None
    for each in pages.slices(attempt.events):
        first = first or each
        reaches.append({"number": each.number, "steps": each.steps, "entries": each.entries})
        if held and held.number > 1:
            _write_further(folder, name, sample, held, last=False)
        held = each
    if held and held.number > 1:
        _write_further(folder, name, sample, held, last=True)
    result = attempt.read_result()
    folder.write_page(
        f"pages/{slice_name(name, 1)}",
        "sample",
        sample=sample,
        name=name,
        result=result,
        slice=first,
        reaches=reaches,
        findings=[_found(each, pages, links, name) for each in sample["findings"]],
        opinion=[_found(each, pages, links, name) for each in _opinion(sample)],
        broken=pages.broken,
        files=links.files(),
        attempts=_others(run, sample, links),
        beside=beside,
        slice_name=slice_name,
    )
    return pages


def _write_further(
    folder: PageFolder, name: str, sample: Mapping[str, Any], page: Slice, *, last: bool
) -> None:
    folder.write_page(
        f"pages/{slice_name(name, page.number)}",
        "transcript",
        sample=sample,
        name=name,
        slice=page,
        last=last,
        slice_name=slice_name,
    )


def _opinion(sample: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    judge = sample["judge"]
    return judge["findings"] if judge else ()


def _findings(sample: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*sample["findings"], *_opinion(sample)]


def _found(
    finding: Mapping[str, Any], pages: TranscriptPages, links: Links, name: str
) -> dict[str, Any]:
    place = pages.place(finding)
    jump = f"{slice_name(name, place[0])}#e{place[1]}" if place else None
    return {"finding": finding, "jump": jump, "evidence": links.evidence(finding["evidence"])}


def _others(run: Run, sample: Mapping[str, Any], links: Links) -> list[dict[str, Any]]:
    """The sample's other attempts: how they ended, and their logs."""
    names = ("task", "variant", "model", "agent", "epoch")
    key = SampleKey(**{name: sample[name] for name in names})
    found = []
    for attempt in run.store.attempts(key):
        if attempt.number != sample["attempt"]:
            result = attempt.read_result()
            own = Links(links.run, attempt.root.resolve(), links.pages)
            found.append(
                {"number": attempt.number, "result": result, "log": own.file("events.jsonl")}
            )
    return found
