"""A scripted model: turns in order, slots, and scripts that cannot be used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import ContentError
from harness.messages import Message, ToolAnswer, user_message
from harness.models import check_model, open_model, price_known

if TYPE_CHECKING:
    from pathlib import Path

    from harness.protocols import Model

SCRIPT = r"""
schema = 1
context_tokens = 5000

[[turns]]
text = "I look."
usage = { input = 11, output = 3 }
calls = [
  { name = "bash", input = { command = "cat /flag" } },
  { name = "bash", input = {} },
]

[[turns]]
calls = [{ name = "submit", input = { answer = '{{match:flag: (flag\{[0-9a-f]{4}\})}}', n = 3 } }]

[[turns]]
text = "Last: {{last_output}}; {{match:\\w+}}; {{match:(never)}}"

[[turns]]
text = "No more."
stop_reason = "refusal"
"""


@pytest.fixture
def model(tmp_path: Path) -> Model:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT, encoding="utf-8")
    return open_model(f"scripted/{path}")


def _play(model: Model, *outputs: str) -> Any:
    """The reply after as many turns as there are outputs, each answering all calls alike."""
    history: list[Message] = [user_message("go")]
    for output in outputs:
        reply = model.generate(history)
        uses = reply.message.tool_uses
        answers = [ToolAnswer(tool_use_id=use.id, content=output) for use in uses]
        history += [reply.message, Message(role="user", content=answers)]
    return model.generate(history)


def test_a_turn_has_its_text_calls_usage_and_no_cost(model: Model) -> None:
    reply = _play(model)
    assert reply.message.text == "I look."
    assert [(use.name, dict(use.input)) for use in reply.message.tool_uses] == [
        ("bash", {"command": "cat /flag"}),
        ("bash", {}),
    ]
    assert reply.stop_reason == "tool_use"
    assert (reply.usage.input, reply.usage.output, reply.usd) == (11, 3, 0.0)
    assert model.context_tokens == 5000
    assert reply.model == model.name
    assert price_known(model.name)


def test_a_pattern_gives_its_last_match_in_all_outputs(model: Model) -> None:
    submit = _play(model, "flag: flag{aaaa}\nflag: flag{beef} flag: flag{toolong}")
    assert dict(submit.message.tool_uses[0].input) == {"answer": "flag{beef}", "n": 3}


def test_a_pattern_looks_into_earlier_outputs_too(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    turns = [{"calls": [{"name": "bash"}]}] * 2 + [{"text": "{{match:k=(.)}}"}]
    path.write_text(json.dumps({"schema": 1, "turns": turns}), encoding="utf-8")
    assert _play(open_model(f"scripted/{path}"), "k=7", "nothing").message.text == "7"


def test_slots_without_a_find_say_so(model: Model) -> None:
    assert dict(_play(model, "nothing").message.tool_uses[0].input)["answer"] == "(no match)"
    assert _play(model, "one two", "three").message.text == "Last: three; three; (no match)"


def test_call_ids_differ_in_a_conversation(model: Model) -> None:
    uses = [*_play(model).message.tool_uses, *_play(model, "x").message.tool_uses]
    assert len({use.id for use in uses}) == 3


def test_stop_reasons_follow_the_content_unless_given(model: Model) -> None:
    assert _play(model, "x", "x").stop_reason == "end_turn"
    assert _play(model, "x", "x", "x").stop_reason == "refusal"


def test_past_the_last_turn_the_script_has_ended(model: Model) -> None:
    for outputs in (["x"] * 4, ["x"] * 9):
        reply = _play(model, *outputs)
        assert reply.message.text == "(the script has ended)"
        assert reply.stop_reason == "end_turn"


def test_one_model_serves_samples_at_different_turns(model: Model) -> None:
    early, late = _play(model), _play(model, "flag: flag{0000}")
    assert _play(model) == early
    assert late.message.tool_uses[0].input["answer"] == "flag{0000}"


def test_a_json_script_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text(json.dumps({"schema": 1, "turns": [{"text": "hi"}, {}]}), encoding="utf-8")
    model = open_model(f"scripted/{path}")
    assert _play(model).message.text == "hi"
    assert list(_play(model, "x").message.content) == []
    assert model.context_tokens == 200_000


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("s.toml", "schema = 1\n[[turns", "is not TOML"),
        ("s.json", "{", "is not JSON"),
        ("s.json", "[]", "the whole file"),
        ("s.toml", "turns = []", "schema"),
        ("s.toml", "schema = 2\nturns = []", "schema"),
        ("s.toml", "schema = 1", "turns"),
        ("s.toml", 'schema = 1\n[[turns]]\ntxt = "x"', "turns.0.txt"),
        (
            "s.toml",
            "schema = 1\n[[turns]]\n[[turns]]\ncalls = [{ input = {} }]",
            "turns.1.calls.0.name",
        ),
        ("s.toml", 'schema = 1\n[[turns]]\nstop_reason = "bored"', "turns.0.stop_reason"),
        ("s.toml", 'schema = 1\n[[turns]]\ntext = "{{match:(}}"', "not a regular expression"),
        (
            "s.toml",
            'schema = 1\n[[turns]]\ncalls = [{ name = "a", input = { x = ["{{match:[}}"] } }]',
            "turns.0.calls",
        ),
    ],
)
def test_a_malformed_script_is_refused_by_file_and_field(
    name: str, content: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    for use in (open_model, check_model):
        with pytest.raises(ContentError) as caught:
            use(f"scripted/{path}")
        assert str(path) in str(caught.value)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_script_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="No such file"):
        check_model(f"scripted/{tmp_path}/absent.toml")
