"""Stored replies: the same request is asked once, and what is stored is marked as such."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import ModelError, UsageError
from harness.messages import Settings, ToolSpec, user_message
from harness.models.cache import CachedModel, GenerationCache, check_cache_folder
from harness.models.target import Target
from harness.testing.messages_steps import Answer, Fault, text, tool_use

if TYPE_CHECKING:
    from pathlib import Path

GO = [user_message("go")]
BASH = ToolSpec(name="bash", description="Run.", input_schema={"type": "object"})
PLAIN = {"provider": "anthropic", "id": "claude-opus-4-5"}


class Folder:
    """A cache in a folder, and what it complained of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []

    def model(self, asked: Any, *, epoch: int = 1, **target: Any) -> CachedModel:
        """A model as one attempt at a sample sees it."""
        where = Target(**{"name": "n", **PLAIN, **target})
        return CachedModel(asked, GenerationCache(self.folder, self.said.append), where, epoch)

    @property
    def files(self) -> list[Path]:
        """What is stored."""
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
def cache(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "cache")


def numbered(count: int) -> list[Answer]:
    return [Answer([text(f"answer {n}")]) for n in range(count)]


def test_a_hit_is_the_reply_marked_and_free(connect: Any, cache: Folder) -> None:
    answer = Answer([text("x \ud800"), tool_use("a", "bash", {"command": "\ud800"})])
    with connect([Fault(529, "overloaded_error"), answer]) as (asked, server):
        first = cache.model(asked).generate(GO, system="s", tools=[BASH])
        again = cache.model(asked).generate(GO, system="s", tools=[BASH])
    assert len(server.requests) == 2
    assert not first.cached
    assert first.usd
    assert first.waited_seconds > 0
    free = {"cached": True, "usd": 0.0, "seconds": 0.0, "waited_seconds": 0.0, "retries": ()}
    assert again == first.model_copy(update=free)
    assert cache.said == []


@pytest.mark.parametrize(
    ("target", "call"),
    [
        ({"provider": "openai"}, {}),
        ({"id": "claude-other"}, {}),
        ({"base_url": "http://127.0.0.1:1"}, {}),
        ({"settings": Settings(temperature=0.5)}, {}),
        ({"epoch": 2}, {}),
        ({}, {"system": "other"}),
        ({}, {"tools": [BASH]}),
        ({}, {"settings": Settings(max_tokens=7)}),
        ({}, {"messages": [user_message("stop")]}),
    ],
)
def test_whatever_differs_is_another_request(
    target: dict[str, Any], call: dict[str, Any], connect: Any, cache: Folder
) -> None:
    with connect(numbered(2)) as (asked, _):
        cache.model(asked).generate(GO)
        other = cache.model(asked, **target).generate(**{"messages": GO, **call})
    assert (other.message.text, other.cached) == ("answer 1", False)


def test_an_address_of_the_environment_counts(
    connect: Any, cache: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(numbered(2)) as (asked, _):
        cache.model(asked).generate(GO)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
        assert not cache.model(asked).generate(GO).cached


def test_settings_given_and_settings_of_the_model_are_the_same(connect: Any, cache: Folder) -> None:
    chosen = Settings(max_tokens=7)
    with connect(numbered(1)) as (asked, _):
        cache.model(asked, settings=chosen).generate(GO)
        assert cache.model(asked).generate(GO, settings=chosen).cached


def test_asking_twice_in_one_sample_is_answered_twice(connect: Any, cache: Folder) -> None:
    with connect(numbered(2)) as (asked, _):
        for cached in (False, True):
            model = cache.model(asked)
            replies = [model.generate(GO) for _ in range(2)]
            assert [reply.message.text for reply in replies] == ["answer 0", "answer 1"]
            assert [reply.cached for reply in replies] == [cached, cached]


def test_an_error_is_not_stored(connect: Any, cache: Folder) -> None:
    steps = [Fault(400, "invalid_request_error"), *numbered(1)]
    with connect(steps) as (asked, _):
        with pytest.raises(ModelError):
            cache.model(asked).generate(GO)
        assert cache.model(asked).generate(GO).message.text == "answer 0"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"schema_version": 2}', b"\xff\x00"])
def test_a_damaged_file_is_passed_over_said_and_mended(
    damage: bytes, connect: Any, cache: Folder
) -> None:
    with connect(numbered(2)) as (asked, _):
        cache.model(asked).generate(GO)
        (file,) = cache.files
        file.write_bytes(damage)
        assert cache.model(asked).generate(GO).message.text == "answer 1"
        assert cache.model(asked).generate(GO).cached
    (line,) = cache.said
    assert str(file) in line
    assert "the model is asked instead" in line
    assert "\n" not in line


def test_a_reply_in_a_wrong_place_is_not_believed(connect: Any, cache: Folder) -> None:
    with connect(numbered(3)) as (asked, _):
        cache.model(asked).generate(GO)
        (first,) = cache.files
        cache.model(asked).generate([user_message("other")])
        (second,) = set(cache.files) - {first}
        second.write_bytes(first.read_bytes())
        reply = cache.model(asked).generate([user_message("other")])
    assert reply.message.text == "answer 2"
    assert "another request" in cache.said[0]


def test_a_folder_that_cannot_be_written_is_said_once(connect: Any, cache: Folder) -> None:
    cache.folder.write_text("a file stands here")
    with connect(numbered(3)) as (asked, _):
        model = cache.model(asked)
        texts = [model.generate([user_message(f"{n}")]).message.text for n in range(3)]
    assert texts == ["answer 0", "answer 1", "answer 2"]
    assert len([line for line in cache.said if "replies are not stored" in line]) == 1


def test_threads_share_a_folder(connect: Any, cache: Folder) -> None:
    with connect([Answer([text("same")])] * 16) as (asked, _), ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: cache.model(asked).generate(GO), range(16)))
        assert cache.model(asked).generate(GO).cached
    assert {reply.message.text for reply in replies} == {"same"}
    assert len(cache.files) == 1
    assert cache.said == []


def test_a_folder_that_is_a_file_is_refused_before_a_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="--cache-generations"):
        check_cache_folder(tmp_path / "file")
    check_cache_folder(tmp_path / "new" / "folder")
