"""A run whose images are built for each sample: all of it, as users call it."""

from __future__ import annotations

import json
import subprocess

import pytest

pytestmark = pytest.mark.engine


def engine_has(run):
    """What the engine has of a run: containers, images, and all their layers."""
    label = f"label=harness.run={run}"
    listed = [["ps", "--all", "--quiet"], ["images", "--all", "--quiet"]]
    return "".join(
        subprocess.run(
            ["docker", *words, "--filter", label], capture_output=True, text=True, check=True
        ).stdout
        for words in listed
    )


def test_each_sample_gets_its_own_program_and_nothing_of_it_stays(harness):
    more = ("--epochs", "3", "--jobs", "3", "--name", "crack", "--json")
    ran = harness("run", "secrets/crackme", "--agent", "oracle", *more)
    samples = ran.report["samples"]
    assert ran.code == 0, ran.err
    assert [each["passed"] for each in samples] == [True] * 3, samples
    folder = harness.run_folder("crack")
    results = [json.loads((folder / each["path"] / "result.json").read_text()) for each in samples]
    images = {result["image_digests"]["station"] for result in results}
    plan = json.loads((folder / "run.json").read_text())
    assert len(images) == 3
    assert plan["images"]["crackme"]["station"] not in images
    assert engine_has(folder.name) == ""
    told = json.loads(harness("report", str(folder), "--secrets", "--json").out)
    assert len({row["secrets"]["flag"] for row in told}) == 3


def test_what_a_service_printed_is_kept_without_its_password(harness):
    more = ("--name", "loud", "--json")
    ran = harness("run", "trouble/tells-secret", "--agent", "oracle", *more)
    sample = ran.sample("trouble/tells-secret")
    assert (sample["status"], ran.code) == ("sandbox_error", 3)
    folder = harness.run_folder("loud")
    told = json.loads(harness("report", str(folder), "--secrets", "--json").out)
    password = told[0]["secrets"]["password"]
    assert "password [secret password]\n[secret password]" in sample["error_detail"]
    for file in folder.rglob("*.json*"):
        assert password not in file.read_text(), file
