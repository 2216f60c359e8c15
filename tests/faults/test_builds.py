"""An image whose build fails or hangs is told before anything starts, and leaves nothing."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from engine_proxy import EngineProxy

from harness.errors import ImageBuildError
from harness.sandbox import building as build_module
from harness.sandbox.images import Images

pytestmark = pytest.mark.engine
HANGS = Path(__file__).parent / "content/environments/hangs/station"


def building():
    """The containers in which a build step of ours runs now."""
    listed = ["docker", "ps", "--no-trunc", "--format", "{{.ID}} {{.Command}}"]
    lines = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if "before it hangs" in line]


def wait_for_build():
    deadline = time.monotonic() + 60
    while not building():
        assert time.monotonic() < deadline, "the build did not begin"
        time.sleep(0.1)


def require_ended():
    """The engine ends a step soon after whoever asked for it has gone."""
    deadline = time.monotonic() + 30
    while building():
        assert time.monotonic() < deadline, "the build goes on"
        time.sleep(0.2)


def test_a_build_that_fails_shows_its_step_and_last_words_before_anything_starts(harness):
    ran = harness("run", "faults/breaks", "--agent", "oracle")
    assert ran.code == 3
    assert "the build failed at 'Step 2/" in ran.err
    assert "    the last words" in ran.err
    assert not harness.runs.exists()


def test_a_build_that_is_silent_for_too_long_is_given_up_with_its_step(
    docker_images: Images, monkeypatch: Any
):
    monkeypatch.setattr(build_module, "BUILD_SECONDS", 3)
    with pytest.raises(ImageBuildError) as caught:
        docker_images.build(HANGS, "harness/env-hangs-station")
    assert "Step 2/" in caught.value.what
    assert "nothing for 3 s" in caught.value.what
    assert caught.value.detail.splitlines()[-1] == "before it hangs"
    require_ended()


def test_an_engine_that_goes_away_in_mid_build_is_one_line(harness, tmp_path):
    with EngineProxy(tmp_path / "engine.sock") as proxy:
        host = f"unix://{proxy.path}"
        process = harness.start("run", "faults/hangs", "--agent", "oracle", DOCKER_HOST=host)
        wait_for_build()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "the engine does not answer" in err.splitlines()[-1], err
    assert "Traceback" not in err
    require_ended()


def test_a_build_that_hangs_can_be_interrupted(harness):
    process = harness.start("run", "faults/hangs", "--agent", "oracle")
    wait_for_build()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    require_ended()
    assert not harness.runs.exists()
