"""A plan is checked whole before anything starts, and its copy loads as the same run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.content.folders import folder_digest, load_task
from harness.content.plan import Plan, copy_content, describe_plan, make_plan, sample_limits
from harness.content.roots import Roots
from harness.errors import ContentError, StoreError, UsageError
from harness.messages import Settings
from harness.schema.config import LimitOverrides, RunConfig
from harness.schema.model import PinnedModel
from harness.testing.content import TASK, write_agent, write_task
from harness.testing.runs import write_run

CHECKOUT = Path(__file__).resolve().parents[2]


def plan_of(roots: Roots, *, prices: bool = True, **config: Any) -> Plan:
    config = {"selectors": ["all"], "agents": ["idle"], **config}
    return make_plan(RunConfig(**config), roots, lambda _name: None, lambda _name: prices)


@pytest.fixture
def roots(root: Path) -> Roots:
    """Two tasks, only one of them with a variant, and this checkout's agents with two more."""
    shutil.copytree(CHECKOUT / "agents", root / "agents")
    without = TASK[: TASK.index("[variants")] + TASK[TASK.index("[metadata]") :]
    write_task(root, "demo/second", without)
    write_agent(root, "swift")
    write_agent(root, "asker").write_text(
        (root / "agents/swift.py").read_text().replace("wants_model = False", "wants_model = True")
    )
    return Roots((root,))


def test_samples_are_every_combination_by_epoch(roots: Roots) -> None:
    plan = plan_of(
        roots,
        agents=["idle", "asker"],
        models=["scripted/a", "scripted/b"],
        epochs=2,
        selectors=["demo/first"],
    )
    told = [(key.epoch, key.agent, key.model) for key in plan.samples]
    assert told == [
        (epoch, agent, model)
        for epoch in (1, 2)
        for agent, model in (("idle", "none"), ("asker", "scripted/a"), ("asker", "scripted/b"))
    ]


def test_what_is_named_twice_is_planned_once(roots: Roots) -> None:
    plan = plan_of(roots, agents=["idle", "idle"], selectors=["demo/first", "demo"])
    assert [key.task for key in plan.samples] == ["demo/first", "demo/second"]


def test_variants_are_those_that_each_task_has(roots: Roots) -> None:
    named = plan_of(roots, variants=["default", "hint"])
    every = plan_of(roots, variants=["all"])
    assert named.samples == every.samples
    assert [(key.task, key.variant) for key in every.samples] == [
        ("demo/first", "default"),
        ("demo/first", "hint"),
        ("demo/second", "default"),
    ]


@pytest.mark.parametrize(
    ("name", "advice"), [("hnit", "did you mean hint?"), ("zzz", "known: all, default, hint")]
)
def test_a_variant_that_no_task_has_is_refused_even_beside_a_known_one(
    roots: Roots, name: str, advice: str
) -> None:
    with pytest.raises(UsageError) as caught:
        plan_of(roots, variants=["default", name])
    assert str(caught.value) == f"--variant {name}: no selected task has it; {advice}"


def test_an_agent_that_asks_a_model_is_refused_without_one(roots: Roots) -> None:
    with pytest.raises(UsageError, match="agent 'asker': it needs a model; add --model"):
        plan_of(roots, agents=["idle", "asker"])


def test_a_model_is_checked_only_for_an_agent_that_asks_it(roots: Roots) -> None:
    asked: list[str] = []
    for agent in ("idle", "asker"):
        config = RunConfig(selectors=["all"], agents=[agent], models=["scripted/a"])
        make_plan(config, roots, asked.append, lambda _name: True)
    assert asked == ["scripted/a"]


def test_two_agents_of_the_same_name_are_refused(roots: Roots, tmp_path: Path) -> None:
    other = write_agent(tmp_path / "other", "swift")
    with pytest.raises(UsageError, match="has the same name; rename one"):
        plan_of(roots, agents=["swift", str(other)])


@pytest.mark.parametrize("agent", ["oracle", "cheat:guess"])
def test_a_script_that_a_task_lacks_is_refused_by_name(roots: Roots, agent: str) -> None:
    name = "solution.sh" if agent == "oracle" else "cheats/guess.sh"
    file = roots.paths[0] / "tasks/demo/second" / name
    file.unlink()
    with pytest.raises(UsageError) as caught:
        plan_of(roots, agents=[agent])
    told = str(caught.value)
    assert told.startswith(f"agent '{agent}' on demo/second: {file} does not exist; add it")
    assert ("cheat:guess" if agent == "oracle" else "no cheats") in told.split("(it has ")[1]


def test_a_script_that_is_not_text_is_refused(roots: Roots) -> None:
    file = roots.paths[0] / "tasks/demo/second/solution.sh"
    file.write_bytes(b"echo caf\xe9")
    with pytest.raises(ContentError, match="is not UTF-8 text; save it as UTF-8"):
        plan_of(roots, agents=["oracle"])


@pytest.mark.parametrize(
    "limited", [{"limits": {"usd": 1.0}}, {"budget": {"usd": 5.0}}, {"of_task": True}]
)
def test_a_dollar_limit_with_an_unknown_price_is_refused(
    roots: Roots, limited: dict[str, Any]
) -> None:
    if limited.pop("of_task", False):
        text = TASK.replace("steps = 20", "steps = 20\nusd = 2.0")
        write_task(roots.paths[0], text=text)
    config = {"agents": ["asker"], "models": ["anthropic/new"], **limited}
    plan_of(roots, **config, prices=True)
    with pytest.raises(UsageError, match="model 'anthropic/new': its price is unknown"):
        plan_of(roots, **config, prices=False)


def test_an_unknown_price_is_no_matter_without_a_dollar_limit(roots: Roots) -> None:
    plan = plan_of(roots, agents=["asker"], models=["anthropic/new"], prices=False)
    assert len(plan.samples) == 2


def test_limits_of_the_command_line_replace_those_of_the_task_and_leave_the_rest(
    roots: Roots,
) -> None:
    task = plan_of(roots).tasks[0]
    limits = sample_limits(task, LimitOverrides(steps=3, command=7.0))
    own = task.task.limits
    assert (limits.steps, limits.command) == (3, 7.0)
    assert (limits.wall, limits.tokens, limits.usd) == (own.wall, own.tokens, own.usd)


def test_limits_of_the_suite_stand_where_the_task_says_nothing(roots: Roots) -> None:
    suite = roots.paths[0] / "tasks/demo/suite.toml"
    suite.write_text('schema = 1\ntitle = "x"\n[limits]\nsteps = 7\nusd = 1.0\ncommand = "9s"\n')
    limits = load_task(suite.parent / "first", roots).task.limits
    assert (limits.steps, limits.wall, limits.usd, limits.command) == (20, 300.0, 1.0, 9.0)


def test_a_copy_of_the_content_loads_as_the_same_run(roots: Roots, tmp_path: Path) -> None:
    agent = write_agent(tmp_path / "mine", "nimble")
    suite = roots.paths[0] / "tasks/demo/suite.toml"
    suite.write_text('schema = 1\ntitle = "Demo"\n[limits]\nusd = 1.0\n')
    plan = plan_of(roots, agents=["idle", "oracle", str(agent)])
    run = write_run(tmp_path / "runs", roots, agents=["idle", "oracle", str(agent)])
    assert run.samples == plan.samples
    assert run.config.model_dump(mode="json") == plan.config.model_dump(mode="json")
    for task in plan.tasks:
        copied = run.tasks[task.id]
        assert (copied.task, copied.suite) == (task.task, task.suite)
        assert copied.environment.environment == task.environment.environment
        assert folder_digest(copied.path) == folder_digest(task.path)
        assert copied.path.is_relative_to(run.store.root)
    for each in plan.agents:
        copied_agent = run.agents[each.spec]
        assert (copied_agent.digest, copied_agent.script) == (each.digest, each.script)
        assert copied_agent.path.is_relative_to(run.store.root)


def test_a_run_keeps_its_content_when_the_original_changes(roots: Roots, tmp_path: Path) -> None:
    run = write_run(tmp_path / "runs", roots)
    write_task(roots.paths[0], files={"instruction.md": "Something else."})
    assert run.tasks["demo/first"].instruction("default").startswith("Take the flag")


def test_a_dangling_link_in_a_task_does_not_stop_the_copy(roots: Roots, tmp_path: Path) -> None:
    (roots.paths[0] / "tasks/demo/first/broken").symlink_to(tmp_path / "gone")
    copy_content(plan_of(roots), roots, tmp_path / "copy")
    assert (tmp_path / "copy/tasks/demo/first/task.toml").is_file()


def test_a_copy_that_cannot_be_written_names_the_file(roots: Roots, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cannot be copied from"):
        copy_content(plan_of(roots), roots, tmp_path / "copy")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ("tasks/demo/first/instruction.md", "digest"),
        ("tasks/demo/first/cheats/guess.sh", "digest"),
        ("environments/range/web/Dockerfile", "environment_digest"),
    ],
)
def test_a_digest_changes_with_any_file_and_only_then(
    roots: Roots, changed: str, field: str
) -> None:
    before = describe_plan(plan_of(roots))
    assert describe_plan(plan_of(roots)) == before
    file = roots.paths[0] / changed
    file.write_text(file.read_text() + "\n")
    after = describe_plan(plan_of(roots))
    fields = {"digest", "environment_digest"}
    for name in fields:
        same = after["tasks"]["demo/first"][name] == before["tasks"]["demo/first"][name]
        assert same == (name != field)


def test_a_digest_tells_a_renamed_file_and_not_a_cache(root: Path) -> None:
    folder = root / "tasks/demo/first"
    before = folder_digest(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "grade.pyc").write_bytes(b"x")
    assert folder_digest(folder) == before
    (folder / "notes.txt").rename(folder / "other.txt")
    assert folder_digest(folder) != before


PINNED = PinnedModel(name="night", provider="openai", id="x", settings=Settings(max_tokens=5))


@pytest.mark.parametrize(
    "given", [{"settings": Settings(temperature=0.5)}, {"base_url": "http://127.0.0.1:1"}]
)
def test_settings_that_no_model_would_get_are_refused(given: dict[str, Any], roots: Roots) -> None:
    files = {"agents": ["asker"], "pinned": {"night": PINNED}}
    with pytest.raises(UsageError, match="model file"):
        plan_of(roots, models=["night"], **files, **given)
    plan = plan_of(roots, models=["night", "openai/y"], **files, **given)
    assert {key.model for key in plan.samples} == {"night", "openai/y"}
    assert plan.config.settings_of("night") == PINNED.settings
    assert plan.config.settings_of("openai/y") == plan.config.settings


def test_a_run_is_loaded_without_the_model_file_that_it_was_planned_with(
    roots: Roots, tmp_path: Path
) -> None:
    run = write_run(
        tmp_path / "runs", roots, agents=["asker"], models=["night"], pinned={"night": PINNED}
    )
    assert run.config.pinned == {"night": PINNED}
    assert {key.model for key in run.samples} == {"night"}
