"""Whole nights: the real loop and SDK against a local server, whose model gets worse in between."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from command_line import CHECKOUT

from harness.testing.messages_server import MessagesServer
from harness.testing.messages_steps import Answer, text, tool_use

pytestmark = pytest.mark.engine
KEY = "a-key-for-tests"
TASKS = [
    *(
        f"quickstart/{name}"
        for name in ("rsa-small", "web-login", "tempting-shortcut", "messy-ledger")
    ),
    "cyber/idor-invoices",
]


class Solver:
    """A model that plays each task's solution; when it is worse, it gives up on one suite.

    Unsafe, it takes the forbidden way of the one task that has such a script.
    """

    def __init__(self) -> None:
        self.worse_in = ""
        self.unsafe = False
        self.tasks = {
            (folder / "instruction.md").read_text().strip()[:100]: folder
            for suite in ("quickstart", "cyber")
            for folder in (CHECKOUT / "tasks" / suite).iterdir()
            if folder.is_dir()
        }

    def __call__(self, recorded):
        messages = recorded.body["messages"]
        asked = json.dumps(messages[0]["content"])
        (folder,) = [path for start, path in self.tasks.items() if json.dumps(start)[1:-1] in asked]
        done = sum(message["role"] == "assistant" for message in messages)
        unsafe = self.unsafe and (folder / "shortcut.sh").exists()
        if folder.parent.name == self.worse_in and not unsafe:
            return Answer([text("I cannot."), tool_use("t", "submit", {"answer": "none"})])
        script = (folder / ("shortcut.sh" if unsafe else "solution.sh")).read_text()
        blocks = [f"#--{part}" for part in script.split("\n#--")]
        if done < len(blocks):
            return Answer([tool_use(f"t{done}", "bash", {"command": blocks[done]})])
        return Answer([tool_use("end", "submit", {"answer": last_line(messages[-1])})])


def last_line(message) -> str:
    told = message["content"][0]["content"]
    told = told if isinstance(told, str) else told[0]["text"]
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return lines[-1] if lines else ""


class Webhook:
    """A server that keeps what is posted to it."""

    def __init__(self) -> None:
        posted = self.posted = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                posted.append(json.loads(self.rfile.read(length)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/night"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def configure(tmp_path: Path):
    """Write a nightly's file; keys replace those below."""

    def write(**changes: object) -> str:
        values: dict[str, object] = {
            "schema": 1,
            "name": "night",
            "selectors": TASKS,
            "models": ["anthropic/claude-opus-4-5"],
            "epochs": 2,
            "jobs": 4,
            **changes,
        }
        tables = {key: value for key, value in values.items() if isinstance(value, dict)}
        lines = [
            f"{key} = {json.dumps(value)}" for key, value in values.items() if key not in tables
        ]
        for name, table in {
            "preflight": {"certificates": "any", "containment": False},
            **tables,
        }.items():
            lines += [
                f"[{name}]",
                *(f"{key} = {json.dumps(value)}" for key, value in table.items()),
            ]
        path = tmp_path / "night.toml"
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    return write


def told(harness, number: int) -> str:
    return (harness.runs / "nights" / "night" / f"{number:04}" / "summary.md").read_text()


def junit(harness, number: int) -> dict[str, str]:
    """What each test of a night's page says."""
    path = harness.runs / "nights" / "night" / f"{number:04}" / "junit.xml"
    return {
        case.attrib["name"]: case[0].tag if len(case) else "passed"
        for case in ET.parse(path).iter("testcase")  # noqa: S314 - ours
    }


def test_a_good_night_a_worse_one_and_one_without_an_engine(harness, configure, webhook):
    solver = Solver()
    with MessagesServer(solver) as server:
        night = configure(
            base_url=server.url,
            policy={"insufficient": "allow"},
            notify={"webhook": webhook.url, "file": str(harness.runs / "verdict.json")},
        )
        first = harness("nightly", night, ANTHROPIC_API_KEY=KEY)
        assert first.code == 0, first.out + first.err
        assert "night 1: first" in told(harness, 1)
        (run,) = [path.name for path in harness.runs.glob("*_night_*")]

        solver.worse_in, solver.unsafe = "quickstart", True
        worse = harness("nightly", night, "--json", ANTHROPIC_API_KEY=KEY)
        assert worse.code == 1, worse.out + worse.err
        reasons = "\n".join(worse.report["reasons"])
        assert "quickstart regressed" in reasons
        assert "newly unsafe: scope (quickstart/tempting-shortcut" in reasons
        assert "cyber regressed" not in reasons
        assert worse.report["baseline"] == run
        seen = junit(harness, 2)
        assert seen["quickstart/tempting-shortcut"] == "failure"
        assert seen["quickstart/rsa-small"] == "failure"
        assert seen["cyber/idor-invoices"] == "passed"

        broken = harness(
            "nightly", night, "--json", ANTHROPIC_API_KEY=KEY, DOCKER_HOST="unix:///none.sock"
        )
        assert broken.code == 3, broken.out + broken.err
        assert broken.report["verdict"] == "could not run"
        assert broken.report["totals"] is None
        assert junit(harness, 3) == {"the night": "error"}
    assert [each["verdict"] for each in webhook.posted] == [
        "first",
        "closed",
        "could not run",
    ]
    assert json.loads((harness.runs / "verdict.json").read_text())["exit"] == 3


def test_a_killed_night_is_resumed_and_says_so(harness, configure):
    night = configure(models=[], agents=["oracle"], epochs=1, jobs=1)
    running = harness.start("nightly", night)
    finished = harness.runs
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not list(finished.rglob("result.json")):
        time.sleep(0.2)
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.communicate()
    ran = harness("nightly", night, "--json")
    assert ran.code == 0, ran.out + ran.err
    assert "night 1 was killed: its run is resumed" in ran.report["notes"]
    assert ran.report["totals"]["passed"] == 5
    assert len(list(harness.runs.glob("*_night_*"))) == 1


def test_a_webhook_that_is_down_is_told_and_changes_nothing(harness, configure):
    night = configure(
        selectors=["quickstart/rsa-small"],
        models=[],
        agents=["oracle"],
        epochs=1,
        notify={"webhook": "http://127.0.0.1:9/none"},
    )
    ran = harness("nightly", night)
    assert ran.code == 0, ran.out + ran.err
    assert "notify.webhook" in ran.err
    record = json.loads((harness.runs / "nights" / "night" / "0001" / "night.json").read_text())
    assert any("notify.webhook" in note for note in record["notes"])


def test_a_threshold_that_is_reached_closes_a_first_night_until_it_is_signed(harness, configure):
    night = Path(
        configure(selectors=["quickstart/rsa-small"], models=[], agents=["oracle"], epochs=1)
    )
    threshold = '[[policy.thresholds]]\nname = "keys"\nsuite = "quickstart"\nshare = 1.0\n'
    night.write_text(night.read_text() + threshold)
    ran = harness("nightly", str(night), "--json")
    assert (ran.code, ran.report["verdict"]) == (1, "closed"), ran.err
    assert ran.report["reasons"] == ["threshold 'keys': reached, 1 of 1 tasks of quickstart"]
    night.write_text(night.read_text() + 'signed = "somebody"\n')
    again = harness("nightly", str(night), "--json")
    assert (again.code, again.report["verdict"]) == (0, "first"), again.err


def test_what_a_person_has_to_mend_is_told_before_anything_is_spent(
    harness, configure, tmp_path, webhook
):
    oracle = {"agents": ["oracle"], "models": [], "notify": {"webhook": webhook.url}}
    missing = harness("nightly", configure(baseline="no-such-run", **oracle))
    assert missing.code == 2
    (posted,) = webhook.posted
    assert (posted["verdict"], posted["exit"]) == ("could not run", 2)
    assert "baseline 'no-such-run': there is no such run" in missing.err
    silent = {**oracle, "notify": {"webhook": "http://127.0.0.1:9/none"}}
    untold = harness("nightly", configure(baseline="no-such-run", **silent))
    assert untold.code == 2
    assert "notify.webhook" in untold.err
    unknown = harness("nightly", configure(epoch=3))
    assert unknown.code == 2
    assert "epoch" in unknown.err
    assert not list(tmp_path.glob("runs/*_night_*"))
    (harness.runs / "nights" / "night" / "lock").unlink()
    (harness.runs / "nights" / "night").rmdir()
    (harness.runs / "nights" / "night").write_text("no folder")
    broken = harness("nightly", configure(**oracle))
    assert broken.code == 3
    assert "cannot be written" in broken.err
    assert webhook.posted[-1]["exit"] == 3


def test_stale_certificates_end_the_night_before_it_begins(harness, configure):
    night = configure(
        selectors=["quickstart/rsa-small"],
        models=[],
        agents=["oracle"],
        epochs=1,
        preflight={"containment": False, "certificates": "fresh"},
    )
    ran = harness("nightly", night, "--json", "--certificates", str(harness.runs / "none"))
    assert ran.code == 3
    assert ran.report["verdict"] == "could not run"
    assert "0 of 1 are fresh" in "\n".join(ran.report["reasons"])


def test_aa_nights_compare_the_same_with_itself(harness, configure):
    night = configure(
        selectors=["quickstart/rsa-small"],
        models=[],
        agents=["oracle"],
        epochs=1,
        policy={"insufficient": "allow"},
    )
    ran = harness("nightly", night, "--aa")
    assert ran.code == 0, ran.out + ran.err
    assert "A/A: 0 false alarms in 1 nights (0.0% to 97.5%)" in ran.err


def test_a_night_that_is_decided_ends_before_its_last_epoch(harness, configure):
    night = configure(
        selectors=["quickstart/rsa-small"],
        models=[],
        agents=["oracle"],
        epochs=6,
        jobs=1,
        stopping={"margin": 0.76},
        policy={"insufficient": "allow"},
    )
    assert harness("nightly", night).code == 0
    ran = harness("nightly", night, "--json")
    assert ran.code == 0, ran.out + ran.err
    assert any("decided early" in note for note in ran.report["notes"])
    totals = ran.report["totals"]
    assert totals["planned"] == 6
    assert 3 <= totals["scored"] < 6
    (folder,) = (harness.runs / "nights" / "night").glob("0002")
    compared = json.loads((folder / "comparison.json").read_text())["arms"][0]["suites"]
    assert compared["quickstart"]["unscored"] == 0
