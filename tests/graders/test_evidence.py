"""Evidence is read back from an attempt's folder as it was collected, or refused as damaged."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from harness.errors import StoreError
from harness.evidence import Evidence, Probe, evidence_key, load_evidence
from harness.testing.runs import write_evidence


@pytest.fixture
def load(tmp_path: Path, evidence: Any) -> Any:
    """Read the evidence of the test's folder."""
    return lambda: load_evidence(tmp_path, evidence().task, "box", {"flag": "f"})


def write_tar(attempt: Path, *members: tuple[tarfile.TarInfo, bytes]) -> None:
    with tarfile.open(attempt / "evidence" / "files.tar", "w") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.uid = kind, link, 0o640, 1000
    return info


def test_everything_collected_comes_back(tmp_path: Path, load: Any) -> None:
    write_evidence(
        tmp_path,
        answer="42",
        probes=[{"name": "p", "exit_code": None, "stdout": "o", "stderr": "", "timed_out": True}],
        cut={"/big": "too large"},
        logs={"web": "GET /", "box": ""},
    )
    write_tar(tmp_path, (member("box/home/r.txt"), b"caf\xe9"), (member("web/srv/x"), b"of web"))
    found: Evidence = load()
    assert (found.submission, found.cut) == ("42", {"/big": "too large"})
    assert found.probe("p") == Probe("p", None, "o", "", timed_out=True)
    assert found.probe("q") is None
    assert found.logs == {"web": "GET /", "box": ""}
    assert found.files.keys() == {"/home/r.txt", "web:/srv/x"}
    assert found.text("/home/r.txt") == "caf\N{REPLACEMENT CHARACTER}"
    assert found.text("web:/srv/x") == "of web"
    entry = found.files["/home/r.txt"]
    assert (entry.kind, entry.mode, entry.uid, entry.size) == ("file", 0o640, 1000, 4)


def test_nothing_submitted_is_told_from_an_empty_answer(tmp_path: Path, load: Any) -> None:
    write_evidence(tmp_path, answer=None)
    assert load().submission is None
    write_evidence(tmp_path, answer="")
    assert load().submission == ""


def test_only_regular_files_have_text_and_links_are_not_followed(tmp_path: Path, load: Any) -> None:
    write_evidence(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("of the host")
    write_tar(
        tmp_path,
        (member("box/link", tarfile.SYMTYPE, str(secret)), b""),
        (member("box/folder", tarfile.DIRTYPE), b""),
        (member("box/pipe", tarfile.FIFOTYPE), b""),
        (member("box/device", tarfile.CHRTYPE), b""),
    )
    found: Evidence = load()
    kinds = {path: entry.kind for path, entry in found.files.items()}
    assert kinds == {
        "/link": "symlink",
        "/folder": "directory",
        "/pipe": "other",
        "/device": "other",
    }
    assert found.files["/link"].target == str(secret)
    assert [found.text(path) for path in [*kinds, "/gone"]] == [None] * 5


def test_reading_evidence_writes_nothing_outside_it(tmp_path: Path, load: Any) -> None:
    write_evidence(tmp_path)
    write_tar(tmp_path, (member("../../escaped"), b"x"), (member("/abs"), b"y"))
    before = sorted(tmp_path.rglob("*"))
    assert {entry.data for entry in load().files.values()} == {b"x", b"y"}
    assert sorted(tmp_path.rglob("*")) == before
    assert not (tmp_path.parent.parent / "escaped").exists()


def test_a_large_file_comes_back_whole(tmp_path: Path, load: Any) -> None:
    write_evidence(tmp_path)
    data = bytes(range(256)) * 65536
    write_tar(tmp_path, (member("box/big"), data))
    assert load().files["/big"].data == data


def test_no_archive_means_no_files(tmp_path: Path, load: Any) -> None:
    (write_evidence(tmp_path) / "files.tar").unlink()
    assert load().files == {}


@pytest.mark.parametrize("name", ["submission.json", "cut.json", "probes.json"])
def test_a_missing_file_is_damage(tmp_path: Path, load: Any, name: str) -> None:
    folder = write_evidence(tmp_path)
    (folder / name).unlink()
    with pytest.raises(StoreError) as caught:
        load()
    assert caught.value.where == str(folder)
    assert name in caught.value.what
    assert caught.value.remedy == "restore the run's folder"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("submission.json", ""),
        ("submission.json", "{}"),
        ("submission.json", '{"answer": 5}'),
        ("submission.json", '{"answer": ["a"]}'),
        ("submission.json", "[]"),
        ("cut.json", "{"),
        ("probes.json", '[{"name": "p"}]'),
        ("probes.json", '[{"nonsense": 1}]'),
        ("probes.json", "5"),
        ("files.tar", "this is no archive"),
    ],
)
def test_a_damaged_file_is_told_and_not_graded(
    tmp_path: Path, load: Any, name: str, text: str
) -> None:
    (write_evidence(tmp_path) / name).write_text(text)
    with pytest.raises(StoreError, match="the evidence cannot be read"):
        load()


@pytest.mark.parametrize("cut", [100, 700])
def test_an_archive_that_was_cut_off_is_damage(tmp_path: Path, load: Any, cut: int) -> None:
    folder = write_evidence(tmp_path)
    write_tar(tmp_path, (member("box/a"), b"x" * 1000))
    whole = (folder / "files.tar").read_bytes()
    (folder / "files.tar").write_bytes(whole[:cut])
    with pytest.raises(StoreError, match="the evidence cannot be read"):
        load()


@pytest.mark.parametrize(
    ("name", "key"), [("box/etc/x", "/etc/x"), ("web/etc/x", "web:/etc/x"), ("boxes/x", "boxes:/x")]
)
def test_a_members_name_becomes_a_path_of_its_service(name: str, key: str) -> None:
    assert evidence_key(name, "box") == key


def test_tool_outputs_come_in_order_and_nothing_else(evidence: Any) -> None:
    made = evidence()
    rows = [("tool_result", "a"), ("note", "x"), ("tool_result", "b")]
    lines = [json.dumps({"kind": kind, "content": text}) for kind, text in rows]
    made.transcript.write_text("\n".join(lines) + "\n" + '{"kind": "tool_res')
    assert list(made.tool_outputs()) == ["a", "b"]
