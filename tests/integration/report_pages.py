"""Runs on disk as HTML reports meet them: with every fate of a sample, and one made to break pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from harness import events
from harness.content.roots import Roots
from harness.messages import Message, Reply, Text, Thinking, TokenUsage, ToolUse
from harness.report.build import build_report
from harness.report.html.write import write_run_html
from harness.results import Failure, Grade, Safety, SafetyEvent, SampleKey, Status, Usage
from harness.run import Run
from harness.store import AttemptPaths, Transcript
from harness.testing.content import TASK, write_environment, write_task
from harness.testing.runs import write_attempt, write_run

HOSTILE = (
    "</pre></details></script><script>window.pwned=1;document.title='pwned'</script>"
    "<img src=x onerror='window.pwned=1'><svg onload=window.pwned=1>"
    '"><a href="javascript:window.pwned=1">a link</a><style>*{display:none}</style>'
    "<iframe src=http://127.0.0.1:9/></iframe><!-- {{ 7*7 }} {% raw %} "
    "\x1b]8;;javascript:window.pwned=1\x1b\\osc link\x1b]8;;\x1b\\\x1b]0;pwned\x07"
    "\x1b[31mred\x1b[0m \x1b[8mhidden\x1b[0m \x00\x08\x9b31m\udcff\u202etxt.exe"
)
# A mapping with a lone surrogate for a key cannot be logged.
_KEY = HOSTILE.replace("\udcff", "")
AGENT = '''class Agent:
    """Asks a model."""

    name = "{name}"
    wants_model = True
    wants_script = False

    def run(self, session):
        session.submit("done")
'''
TASKS = {"alpha/short": 4, "alpha/middle": 30, "beta/long": 240, "beta/untimed": None}


def finding(step: int | None = 3, call: str | None = "call-3", **fields: Any) -> SafetyEvent:
    """A finding at a step."""
    return SafetyEvent(
        **{
            "rule": "egress", "version": 1, "category": "network", "stage": "attempted",
            "enforcement": "blocked", "severity": 2, "confidence": "deterministic", "step": step,
            "tool_call": call, "what": "sent to 192.0.2.9", "evidence": "sensors/network.jsonl:2 and 1 more",
            **fields,
        }
    )  # fmt: skip


def grade(value: float, **fields: Any) -> Grade:
    """A grade that passes at 1."""
    return Grade(value=value, passed=value == 1, reason=f"{value:g} of all checks", **fields)


def tell(attempt: AttemptPaths, told: Sequence[BaseModel]) -> None:
    """Put a transcript of these events in the place of an attempt's."""
    attempt.events.unlink()
    log = Transcript(attempt.events)
    for each in told:
        log.append(each)
    log.close()


def spoken(step: int, text: str, *blocks: Any) -> events.ModelReplied:
    """What a model said."""
    reply = Reply(
        message=Message(role="assistant", content=[Text(text=text), *blocks]),
        stop_reason="tool_use",
        usage=TokenUsage(input=900, output=80),
        usd=0.004,
        model="a-model-20260101",
        seconds=2.5,
    )
    return events.ModelReplied(step=step, reply=reply)


def acted(step: int, command: str, output: str, **fields: Any) -> list[BaseModel]:
    """A call of bash and its result."""
    call = f"call-{step}"
    answer = {"content": output, "is_error": False, "seconds": 0.4, "exit_code": 0, **fields}
    return [
        events.ToolCalled(step=step, id=call, tool="bash", input={"command": command}),
        events.ToolReturned(step=step, id=call, **answer),
    ]


def work(steps: int, output: str = "\x1b[32mok\x1b[0m done\n") -> list[BaseModel]:
    """A transcript of that many steps."""
    told: list[BaseModel] = [events.Noted(source="instruction", text="Take the flag.")]
    for step in range(1, steps + 1):
        use = ToolUse(id=f"call-{step}", name="bash", input={"command": f"look {step}"})
        told.append(
            spoken(step, f"I look at place {step}.", Thinking(thinking="hm", signature="s"), use)
        )
        told += acted(step, f"look {step}", output)
    return [*told, events.Stopped(how="submitted", detail="flag{x}")]


def plan_run(folder: Path, **config: Any) -> Run:
    """Four tasks of two suites, two models, one agent."""
    root = folder / "root"
    write_environment(root)
    write_environment(root, "other")
    for task, minutes in TASKS.items():
        timed = (
            f"human_minutes = {minutes}\nhuman_minutes_source = 'estimated'\n" if minutes else ""
        )
        text = TASK.replace('"range"', '"other"') if task.startswith("beta") else TASK
        write_task(root, task, text + timed)
    agent = root / "agents" / "worker.py"
    agent.parent.mkdir(parents=True, exist_ok=True)
    agent.write_text(AGENT.format(name="worker"))
    config = {"models": ["lab/large", "lab/small"], "agents": ["worker"], "epochs": 2, **config}
    return write_run(folder / "runs", Roots((root,)), **config)


def fill(run: Run, *, skip: int = 1) -> None:
    """Give most samples a result: large passes the shorter tasks, one sample of small is flagged."""
    for number, key in enumerate(run.samples[: len(run.samples) - skip]):
        minutes = TASKS[key.task] or 60
        passes = (key.model.endswith("large") and minutes < 100) or minutes < 10
        usage = Usage(
            steps=5, input_tokens=900 * number, output_tokens=90, usd=0.02 * number + 0.01
        )
        if number == 3:
            error = Failure(blame="sandbox", message="sandbox: it broke; mend it", detail="more")
            write_attempt(run, key, status=Status.SANDBOX_ERROR, error=error, usage=usage)
            continue
        fields: dict[str, Any] = {"safety": Safety(verdict="clean", reason="all rules saw all")}
        if number == 4:
            found = [
                finding(),
                finding(None, None, stage="achieved", category="escape", rule="escape"),
            ]
            fields["safety"] = Safety(verdict="flagged", reason="egress", events=found)
        got = grade(float(passes), milestones={"knocked": 1.0, "read the flag": float(passes)})
        attempt = write_attempt(run, key, grade=got, usage=usage, answer="flag{x}", **fields)
        tell(attempt, work(5))
        sensors = attempt.evidence / "sensors"
        sensors.mkdir()
        (sensors / "network.jsonl").write_text('{"seq": 1}\n{"seq": 2}\n')


def write_report(run: Run, folder: Path | None = None, **notes: Any) -> Path:
    """The pages of a run, below it when no folder is given; `notes` join the report's "run"."""
    report = build_report(run)
    report["run"] |= notes
    return write_run_html(run, report, folder or run.store.root / "report-html")


def attack(run: Run, key: SampleKey) -> AttemptPaths:
    """An attempt whose every text tries to run in a page."""
    found = finding(what=HOSTILE, rule=HOSTILE, category=HOSTILE, evidence=HOSTILE, call=HOSTILE)
    attempt = write_attempt(
        run,
        key,
        grade=Grade(value=0.5, passed=False, reason=HOSTILE, milestones={_KEY: 0.5},
                    evidence={_KEY: HOSTILE}),
        safety=Safety(verdict="flagged", reason=HOSTILE, events=[found]),
        usage=Usage(steps=3, models=[HOSTILE]),
        image_digests={_KEY: HOSTILE},
        posture={_KEY: {_KEY: [HOSTILE]}},
        limit=HOSTILE,
    )  # fmt: skip
    use = ToolUse(id=HOSTILE, name=HOSTILE, input={_KEY: {"deep": HOSTILE}})
    tell(
        attempt,
        [
            events.Noted(source=HOSTILE, text=HOSTILE),
            events.Said(digest=HOSTILE, message=Message(role="user", content=[Text(text=HOSTILE)])),
            spoken(3, HOSTILE, Thinking(thinking=HOSTILE, signature=""), use),
            events.ToolCalled(step=3, id=HOSTILE, tool=HOSTILE, input={_KEY: HOSTILE, "b": [HOSTILE]}),
            events.ToolReturned(
                step=3, id=HOSTILE, content=HOSTILE * 200, is_error=True, seconds=1,
                whole="../../../../../../../seed.key",
            ),
            events.Failed(blame=HOSTILE, message=HOSTILE, detail=HOSTILE),
            events.SandboxOpened(services={_KEY: {_KEY: HOSTILE}}),
            events.Stopped(how="submitted", detail=HOSTILE),
        ],
    )  # fmt: skip
    return attempt
