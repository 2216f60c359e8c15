"""A log only grows: its chain is checked at every read, and a hard stop costs its last line."""

from __future__ import annotations

import json
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.events import LogRepaired, ModelReplied, Noted, ToolCalled
from harness.messages import Message, Reply, TokenUsage, ToolUse
from harness.store import Transcript, read_events


def note(text: str) -> Noted:
    return Noted(source="test", text=text)


def texts(path: Path) -> list[str]:
    return [line.event.text for line in read_events(path) if isinstance(line.event, Noted)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of five notes."""
    file = tmp_path / "deep" / "events.jsonl"
    log = Transcript(file)
    for number in range(5):
        log.append(note(f"n{number}"))
    log.close()
    return file


Change = Callable[[list[bytes]], list[bytes]]
CHANGES: dict[str, tuple[Change, int]] = {
    "changed": (lambda rows: [*rows[:2], rows[2].replace(b"n2", b"n9"), *rows[3:]], 3),
    "removed from the middle": (lambda rows: [*rows[:2], *rows[3:]], 3),
    "removed from the front": (lambda rows: rows[1:], 1),
    "reordered": (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], 2),
    "doubled": (lambda rows: [*rows[:3], *rows[2:]], 4),
    "not JSON": (lambda rows: [*rows[:4], b"{not json\n"], 5),
    "not UTF-8": (lambda rows: [*rows[:4], b"\xff\xfe\n"], 5),
    "an empty line": (lambda rows: [*rows[:4], b"\n", rows[4]], 5),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_tampered_line_is_found_with_its_number_by_readers_and_by_writers(
    path: Path, change: str
) -> None:
    alter, number = CHANGES[change]
    path.write_bytes(b"".join(alter(path.read_bytes().splitlines(keepends=True))))
    before = path.read_bytes()
    for use in (lambda: list(read_events(path)), lambda: Transcript(path)):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.where == f"{path}:{number}"
        assert caught.value.remedy == "restore the log from a copy"
    assert path.read_bytes() == before


def test_readers_see_what_stands_before_a_broken_line(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"n3", b"n9"))
    lines = read_events(path)
    assert [next(lines).seq for _ in range(3)] == [0, 1, 2]
    with pytest.raises(StoreError):
        next(lines)


def test_a_log_goes_on_where_it_ended(path: Path) -> None:
    log = Transcript(path)
    log.append(note("later"))
    log.close()
    assert texts(path) == ["n0", "n1", "n2", "n3", "n4", "later"]
    assert [line.seq for line in read_events(path)] == list(range(6))


@pytest.mark.parametrize("cut", [1, 20])
def test_a_torn_last_line_is_left_out_by_readers_and_repaired_by_writers(
    path: Path, cut: int
) -> None:
    whole = path.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    path.write_bytes(whole[:-cut])
    assert texts(path) == ["n0", "n1", "n2", "n3"]
    log = Transcript(path)
    log.append(note("after"))
    log.close()
    assert texts(path) == ["n0", "n1", "n2", "n3", "after"]
    repairs = [line.event for line in read_events(path) if isinstance(line.event, LogRepaired)]
    assert repairs == [LogRepaired(dropped_bytes=len(last) - cut)]


def test_an_empty_log_can_be_written_to(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.touch()
    log = Transcript(path)
    log.append(note("first"))
    log.close()
    assert texts(path) == ["first"]


def test_each_line_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = Transcript(path)
    for number in range(3):
        log.append(note(f"n{number}"))
        assert texts(path)[-1] == f"n{number}"
    log.close()


def test_appends_from_several_threads_keep_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = Transcript(path)
    start = threading.Barrier(8)

    def write(name: int) -> None:
        start.wait()
        for number in range(40):
            log.append(note(f"{name}.{number}"))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert sorted(texts(path)) == sorted(f"{n}.{i}" for n in range(8) for i in range(40))


def test_a_full_disk_names_the_file_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.symlink_to("/dev/full")
    log = Transcript(path)
    with pytest.raises(StoreError) as caught:
        log.append(note("x"))
    log.close()
    assert caught.value.where == str(path)
    assert "No space left on device" in caught.value.what
    assert "free disk space" in caught.value.remedy


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """What a disk does that is nearly full: a write takes a part, the next one none."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_takes_half_a_line_leaves_none_of_it_and_the_log_goes_on(path: Path) -> None:
    log = Transcript(path)
    log.append(note("just now"))
    before = path.read_bytes()
    with files_no_longer_than(len(before) + 50), pytest.raises(StoreError):
        log.append(note("x" * 200))
    assert path.read_bytes() == before
    log.append(note("again"))
    log.close()
    assert texts(path)[-2:] == ["just now", "again"]


def test_a_log_that_cannot_be_opened_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        Transcript(tmp_path / "file" / "events.jsonl")
    with pytest.raises(StoreError) as caught:
        list(read_events(tmp_path / "gone.jsonl"))
    assert caught.value.where == str(tmp_path / "gone.jsonl")


def test_a_line_is_plain_json_that_other_programs_can_read(path: Path) -> None:
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [record["text"] for record in records] == ["n0", "n1", "n2", "n3", "n4"]
    assert records[1]["prev"] == records[0]["hash"]


def test_half_characters_anywhere_in_a_tool_call_are_kept(tmp_path):
    nested = {"a\ud800": "v\udcff", "b": {"\udcff": [{"\ud800": 1}]}}
    use = ToolUse(id="t\ud800", name="bash", input=nested)
    file = tmp_path / "events.jsonl"
    log = Transcript(file)
    log.append(ToolCalled(step=1, id=use.id, tool=use.name, input=use.input))
    message = Message(role="assistant", content=[use])
    reply = Reply(message=message, stop_reason="tool_use", usage=TokenUsage(), usd=0.0, model="m")
    log.append(ModelReplied(step=1, reply=reply))
    log.close()
    first, _ = read_events(file)
    assert isinstance(first.event, ToolCalled)
    assert dict(first.event.input)["b"] == {"\\udcff": [{"\\ud800": 1}]}
