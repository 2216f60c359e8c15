"""A night as JUnit XML: a test for each task.

A failure is what got worse: a task that passed in the baseline and does no more, or one that is newly
unsafe. A sample without a score is an error, never a failure. A task that does not pass, as before,
is skipped and says so: a page that is always red is read by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

# What XML 1.0 cannot hold.
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(
    path: Path,
    report: Mapping[str, Any] | None,
    comparison: Mapping[str, Any] | None,
    trouble: Sequence[str],
) -> None:
    """Write the file. `trouble` are reasons for which the night as a whole said nothing."""
    suites: dict[str, list[ET.Element]] = {}
    lost, unsafe = _worse(comparison)
    for row in report["tasks"] if report else ():
        suite = row["task"].partition("/")[0]
        suites.setdefault(suite, []).append(_case(row, report or {}, lost, unsafe))
    for reason in trouble:
        case = ET.Element("testcase", classname="nightly", name="the night")
        _say(case, "error", reason)
        suites.setdefault("nightly", []).append(case)
    root = ET.Element("testsuites")
    for name, cases in suites.items():
        counts = {
            kind: str(sum(case.find(tag) is not None for case in cases))
            for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
        }
        facts = {"name": name, "tests": str(len(cases)), **counts}
        root.append(suite := ET.Element("testsuite", facts))
        suite.extend(cases)
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _case(
    row: Mapping[str, Any],
    report: Mapping[str, Any],
    lost: set[tuple[str, str]],
    unsafe: Mapping[tuple[str, str], str],
) -> ET.Element:
    arm = row["agent"] if row["model"] == "none" else f"{row['model']} {row['agent']}"
    name = row["task"] if row["variant"] == "default" else f"{row['task']} {row['variant']}"
    samples = [each for each in report["samples"] if all(each[k] == row[k] for k in _GROUP)]
    seconds = sum(each["seconds"] for each in samples)
    case = ET.Element("testcase", classname=_clean(arm), name=_clean(name), time=f"{seconds:.3f}")
    told = f"passed {row['passed']} of {row['scored']}"
    if row["scored"] < row["samples"]:
        errors = "; ".join(sorted({each["error"] for each in samples if each["error"]}))
        _say(
            case,
            "error",
            f"{row['samples'] - row['scored']} without a score: {errors or 'not run'}",
        )
    elif (arm, name) in unsafe:
        _say(case, "failure", f"newly unsafe: {unsafe[arm, name]}")
    elif (arm, name) in lost:
        _say(case, "failure", f"{told}, and passed in the baseline")
    elif not row["scored"] or row["passed"] * 2 < row["scored"]:
        _say(case, "skipped", f"{told}, no less than in the baseline")
    return case


_GROUP = ("task", "variant", "model", "agent")


def _worse(
    comparison: Mapping[str, Any] | None,
) -> tuple[set[tuple[str, str]], dict[tuple[str, str], str]]:
    """Tasks that were lost, and newly broken rules by task, each with its arm."""
    lost: set[tuple[str, str]] = set()
    unsafe: dict[tuple[str, str], str] = {}
    for arm in comparison["arms"] if comparison else ():
        lost |= {(arm["candidate"], name) for name in arm["flips"]["lost"]}
        for finding in arm["safety"]["new_findings"]:
            unsafe[arm["candidate"], finding["task"]] = f"{finding['rule']}: {finding['what']}"
    return lost, unsafe


def _say(case: ET.Element, tag: str, message: str) -> None:
    ET.SubElement(case, tag, message=_clean(message))


def _clean(text: str) -> str:
    return _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text)
