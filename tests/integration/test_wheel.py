"""The wheel, in an environment of its own, beside a package that owns the name `agents`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine
CHECKOUT = Path(__file__).resolve().parents[2]


def call(*command, **options):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-500:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, CHECKOUT)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_has_one_top_level_name(wheel):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"harness"}


def test_installed_it_lists_and_runs_the_suite_and_leaves_agents_alone(wheel, tmp_path):
    home = tmp_path / "venv"
    call(sys.executable, "-m", "venv", home)
    pip = (home / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    call(*pip, "-r", CHECKOUT / "requirements.lock", "--no-deps", "--require-hashes")
    call(*pip, wheel, "openai-agents")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    env = {key: value for key, value in os.environ.items() if not key.startswith("HARNESS_")}
    harness = home / "bin/harness"
    listed = json.loads(call(harness, "list", "tasks", "--json", cwd=elsewhere, env=env))
    assert len([task for task in listed if task["id"].startswith("quickstart/")]) == 6
    ran = call(harness, "run", "quickstart", "--agent", "oracle", "--json", cwd=elsewhere, env=env)
    assert json.loads(ran)["totals"]["passed"] == 6
    asked = "import agents; print(agents.__file__, hasattr(agents, 'Runner'))"
    where = call(home / "bin/python", "-c", asked, cwd=elsewhere, env=env)
    assert "site-packages/agents/" in where
    assert where.strip().endswith("True")
