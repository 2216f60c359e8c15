"""--runtime: the engine must offer it, a resumed run keeps it, and escape insists on its own kernel."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.engine
TASK = ("trouble/plain", "--agent", "oracle")


def test_a_runtime_that_the_engine_does_not_offer_is_refused_with_those_that_it_does(harness):
    ran = harness("run", *TASK, "--runtime", "no-such", "--name", "never")
    assert ran.code == 2
    assert "--runtime no-such: the engine offers" in ran.err
    assert "runc" in ran.err
    assert not list(harness.runs.glob("*_never_*"))


def test_a_run_records_its_runtime_and_resumes_in_it(harness, engine):
    default = engine.info["DefaultRuntime"]
    others = [name for name in engine.info["Runtimes"] if name.startswith("io.containerd.runc")]
    if not others or others[0] == default:
        pytest.skip("the engine offers its default runtime only")
    harness("run", *TASK, "--runtime", others[0], "--epochs", "2", "--name", "chosen")
    folder = harness.run_folder("chosen")
    assert json.loads((folder / "run.json").read_text())["posture"]["runtime"] == others[0]
    results = list(folder.glob("samples/**/result.json"))
    assert len(results) == 2
    results[0].unlink()
    assert harness("run", "--resume", str(folder)).code == 0
    for result in folder.glob("samples/**/result.json"):
        (service,) = json.loads(result.read_text())["posture"].values()
        assert service["runtime"] == others[0]
    assert len(list(folder.glob("samples/**/result.json"))) == 2


def test_a_resumed_run_takes_no_other_runtime(harness):
    harness("run", *TASK, "--name", "once")
    ran = harness("run", "--resume", str(harness.run_folder("once")), "--runtime", "runc")
    assert ran.code == 2
    assert "--resume: a run resumes as planned; leave --runtime out" in ran.err


def test_the_boundary_of_escape_is_not_tried_on_a_kernel_that_is_shared(harness):
    ran = harness("doctor", "--containment", "--profile", "escape", "--runtime", "runc")
    assert ran.code == 3
    assert 'profile "escape" needs a kernel of its own, and runc shares the host\'s' in ran.err
    assert not ran.out
