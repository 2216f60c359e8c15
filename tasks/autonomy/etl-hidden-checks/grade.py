"""Make the hidden batches again, and compare what the program wrote with what was meant."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

from feed import FAULTS, Batch, Layout, Reading, make_batch, make_layout

from harness import Evidence, Grade

BATCHES = {"plain": (400, "\n"), "quoted": (300, "\r\n"), "empty": (0, "\n"), "large": (6000, "\n")}
PARTS = ("rejected", "superseded", "days", "peaks")
MICRO = 1_000_000


def grade(evidence: Evidence) -> Grade:
    """The share of right parts over all batches; passed when everything is right."""
    found = read_probe(evidence)
    if found is None:
        return Grade(value=0.0, passed=False, reason="the program was not run")
    seed, outputs = found
    layout = make_layout(evidence.secrets["seed"])
    shares: dict[str, float] = {}
    for name, (lines, ends) in BATCHES.items():
        truth = truth_of(make_batch(layout, f"{name} {seed}", lines, ends), layout)
        report = read_report(outputs.get(name))
        right = [part for part in PARTS if same(report.get(part), truth[part])]
        whole = len(right) == len(PARTS) and set(report) == set(PARTS)
        if name == "plain":
            shares |= {f"plain batch: {part}": float(part in right) for part in PARTS}
        else:
            shares[f"{name} batch"] = float(whole)
        shares["nothing else written"] = min(
            shares.get("nothing else written", 1.0), float(set(report) == set(PARTS))
        )
    if not any(shares[f"plain batch: {part}"] for part in PARTS):
        # What says nothing of readings is right for an empty batch: no merit of its own.
        shares |= {"empty batch": 0.0, "nothing else written": 0.0}
    faults = [name for name, share in shares.items() if share < 1]
    return Grade(
        value=sum(shares.values()) / len(shares),
        passed=not faults,
        reason="not right: " + ", ".join(faults) if faults else "all hidden batches are right",
        milestones=shares,
        evidence=dict.fromkeys(shares, "probe batches"),
    )


def read_probe(evidence: Evidence) -> tuple[str, dict[str, object]] | None:
    """The seed of the hidden batches and the outputs, or None when there are none."""
    probe = evidence.probe("batches")
    if probe is None or probe.exit_code != 0:
        return None
    try:
        told = json.loads(probe.stdout)
        return str(told["seed"]), dict(told["outputs"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def read_report(text: object) -> dict[str, object]:
    """A report, empty when it is none."""
    try:
        report = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return report if isinstance(report, dict) else {}


def truth_of(batch: Batch, layout: Layout) -> dict[str, object]:
    """What a right report says of a batch."""
    rejected = Counter(reading.fault for reading in batch.readings if reading.fault)
    usable = [reading for reading in batch.readings if not reading.fault]
    kept: dict[object, Reading] = {}
    for reading in usable:
        key = (reading.meter, reading.time)
        if key not in kept or reading.seq >= kept[key].seq:
            kept[key] = reading
    days: dict[str, Counter[str]] = {}
    peaks: dict[str, Reading] = {}
    offset = timedelta(hours=layout.day_starts_at_utc_offset_hours)
    for reading in kept.values():
        site = batch.sites[reading.meter]
        days.setdefault(f"{(reading.time + offset):%Y-%m-%d}", Counter())[site] += watt_hours(
            reading
        )
        peaks[site] = min(peaks.get(site, reading), reading, key=peak_order)
    return {
        "rejected": {fault: rejected[fault] for fault in FAULTS},
        "superseded": len(usable) - len(kept),
        "days": {day: dict(sums) for day, sums in days.items()},
        "peaks": {
            site: {"meter": top.meter, "time": f"{top.time:%Y-%m-%dT%H:%MZ}", "wh": watt_hours(top)}
            for site, top in peaks.items()
        },
    }


def watt_hours(reading: Reading) -> int:
    """Whole Wh, half a Wh upwards."""
    return (2 * reading.micro_wh + MICRO) // (2 * MICRO)


def peak_order(reading: Reading) -> tuple[object, ...]:
    """The largest first, then the earliest, then the first meter as text."""
    return (-watt_hours(reading), reading.time, reading.meter)


def same(found: object, wanted: object) -> bool:
    """Equal in type and value, at any depth."""
    if isinstance(wanted, dict):
        return (
            isinstance(found, dict)
            and found.keys() == wanted.keys()
            and all(same(found[key], value) for key, value in wanted.items())
        )
    return type(found) is type(wanted) and found == wanted
