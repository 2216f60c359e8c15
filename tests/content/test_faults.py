"""Faulty content is refused with file, line, field, what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.content.folders import load_environment, load_task
from harness.content.roots import Roots
from harness.content.select import select_tasks
from harness.errors import ContentErrors
from harness.testing.content import ENVIRONMENT, TASK, write_environment, write_task

OnlyFault = Callable[[Path], str]
FaultsOf = Callable[[Path], list[str]]


def line_of(text: str, marker: str) -> int:
    """The line of the only occurrence of `marker`."""
    assert text.count(marker) == 1
    return text[: text.index(marker)].count("\n") + 1


def test_a_grader_on_an_unknown_secret_names_those_there_are(
    root: Path, only_fault: OnlyFault
) -> None:
    write_task(root, text=TASK.replace('secret = "flag"', 'secret = "key"'))
    assert "grader.secret \"key\" is not one of ['flag']" in only_fault(root)


def test_an_expectation_on_an_unknown_secret_is_refused(root: Path, only_fault: OnlyFault) -> None:
    file = write_task(root, text=TASK.replace("{secret:flag}", "{secret:falg}")) / "task.toml"
    assert only_fault(root) == (
        f"{file}: milestones read the flag: there is no secret 'falg'; its secrets are flag"
    )


def test_unreadable_toml_is_named_with_its_line(root: Path, only_fault: OnlyFault) -> None:
    text = TASK.replace("steps = 20", "steps = = 20")
    file = write_task(root, text=text) / "task.toml"
    fault = only_fault(root)
    assert fault.startswith(f"{file}:{line_of(text, 'steps = =')}: is not TOML: ")
    assert fault.endswith("; mend that line")


def test_toml_that_ends_too_early_is_named_with_its_last_line(
    root: Path, only_fault: OnlyFault
) -> None:
    file = write_task(root, text='schema = 1\ntitle = "a"\ntools = [') / "task.toml"
    assert only_fault(root).startswith(f"{file}:3: is not TOML: ")


def test_a_file_that_is_not_utf8_is_named(root: Path, only_fault: OnlyFault) -> None:
    file = write_task(root) / "task.toml"
    file.write_bytes(b'title = "caf\xe9"\n')
    assert only_fault(root) == f"{file}: is not UTF-8 text; save it as UTF-8"


def test_a_folder_without_its_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentErrors) as caught:
        load_environment(tmp_path)
    expected = (
        f"{tmp_path / 'environment.toml'}: cannot be read (No such file or directory); add the file"
    )
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("old", "new", "field", "name"),
    [
        ('source = "notes.txt"', 'source = "gone.txt"', "files.source", "gone.txt"),
        ('[grader]\ntype = "flag"\nsecret = "flag"', '[grader]\ntype = "script"', "grader.script", "grade.py"),
        ("[collect]", "[setup]\n[collect]", "setup.script", "setup.sh"),
        ('prompt = "Hint: look at the web service."', 'instruction = "hint.md"', "variants.hint.instruction", "hint.md"),
        ('run = "cat /srv/status"', 'run = "x"\nfiles = { "/p" = "probe.py" }', "collect.commands status files", "probe.py"),
    ],
)  # fmt: skip
def test_a_named_file_that_is_missing_is_refused(
    root: Path, old: str, new: str, field: str, name: str, only_fault: OnlyFault
) -> None:
    folder = write_task(root, text=TASK.replace(old, new))
    wanted = f"{folder / 'task.toml'}: {field}: {folder / name} does not exist; add the file"
    assert only_fault(root) == wanted


def test_a_missing_instruction_is_refused(root: Path, only_fault: OnlyFault) -> None:
    (root / "tasks/demo/first/instruction.md").unlink()
    assert "instruction.md does not exist; add the file" in only_fault(root)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b" \n\n", "is empty; say what the agent shall do"),
        (b"caf\xe9", "is not UTF-8 text; save it as UTF-8"),
    ],
)
@pytest.mark.parametrize("name", ["instruction.md", "hint.md"])
def test_a_prompt_that_says_nothing_or_cannot_be_read_is_refused(
    root: Path, name: str, content: bytes, fault: str, only_fault: OnlyFault
) -> None:
    text = TASK.replace('prompt = "Hint', 'instruction = "hint.md"\nprompt = "Hint')
    folder = write_task(root, text=text, files={"hint.md": "Another prompt."})
    (folder / name).write_bytes(content)
    assert only_fault(root) == f"{folder / name}: {fault}"


def test_an_unknown_environment_suggests_the_near_one(root: Path, only_fault: OnlyFault) -> None:
    file = write_task(root, text=TASK.replace('"range"', '"rang"')) / "task.toml"
    assert only_fault(root) == (
        f"{file}: environment: there is no environment 'rang'; "
        "did you mean 'range'?; or add environments/rang/environment.toml"
    )


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('place = { service = "web"', 'place = { service = "wob"', "secrets.flag.place.service"),
        ('path = "/home/agent/notes.txt"', 'path = "/n"\nservice = "wob"', "files.service"),
        ('service = "web"\n', 'service = "wob"\n', "collect.commands status"),
        ('"/home/agent/report.txt"', '"wob:/report.txt"', "collect.files"),
        ('service_log = "web"', 'service_log = "wob"', "milestones knocked"),
        ("[collect]", '[setup]\nscript = "notes.txt"\nservice = "wob"\n[collect]', "setup.service"),
    ],
)
def test_an_unknown_service_is_refused_wherever_it_is_named(
    root: Path, old: str, new: str, field: str, only_fault: OnlyFault
) -> None:
    assert TASK.count(old) == 1
    file = write_task(root, text=TASK.replace(old, new)) / "task.toml"
    assert only_fault(root) == (
        f"{file}: {field}: the environment range has no service 'wob'; its services are box, web"
    )


def test_a_secret_in_the_environment_of_the_agents_own_service_is_refused(
    root: Path, only_fault: OnlyFault
) -> None:
    new = 'place = { service = "box", env = "FLAG" }\n'
    lines = [new if line.startswith("place") else f"{line}\n" for line in TASK.splitlines()]
    write_task(root, text="".join(lines))
    assert "puts a secret into the environment of the agent's own service" in only_fault(root)


def test_a_milestone_on_evidence_that_nobody_collects_is_refused(
    root: Path, faults_of: FaultsOf
) -> None:
    text = TASK.replace('service_log = "web"', 'file = "/etc/passwd"')
    text = text.replace("transcript = true", 'probe = "uptime"')
    write_task(root, text=text)
    faults = faults_of(root)
    assert any("'/etc/passwd' is not collected; add it to collect.files" in each for each in faults)
    assert any("there is no collected command 'uptime'" in each for each in faults)


def test_a_file_below_a_collected_folder_counts_as_collected(
    root: Path, only_fault: OnlyFault
) -> None:
    text = TASK.replace('service_log = "web"', 'file = "/srv/app/log.txt"')
    write_task(root, text=text.replace("/home/agent/report.txt", "/srv/app"))
    load_task(root / "tasks/demo/first", Roots((root,)))
    write_task(root, text=text.replace("/home/agent/report.txt", "/srv/ap"))
    assert "is not collected" in only_fault(root)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('agent_service = "box"', 'agent_service = "bix"', "agent_service \"bix\" is not one of ['box', 'web']"),
        ('user = "agent"', 'user = "root"', "services.box.user must name a user other than root"),
        ('build = "web"', 'build = "wob"', "holds no Dockerfile; add one, or name another folder"),
        ('build = "web"', 'build = "web"\nimage = "debian"', "needs exactly one of image and build"),
        ('memory = "256m"', "memory = 256", "not a size: 256; write"),
        ('mode = "sealed"', 'mode = "open"', "input should be 'none', 'sealed' or 'allow'"),
        ('mode = "sealed"', 'mode = "allow"', 'mode "allow" needs hosts in allow, such as "mirror.example:443"'),
        ('mode = "sealed"', 'allow = ["mirror.example:443"]', 'allow lists hosts for mode "allow" only; set mode'),
        ("tcp = 8080", 'tcp = 8080, log = "up"', "needs exactly one of http, tcp, command, log"),
        ('user = "web"', 'user = "web"\nsetuid = true', 'in profile "target" only; set profile = "target"'),
        ('mode = "sealed"', 'segments = { a = ["box"] }', "leaves out ['web']; every service needs a segment"),
    ],
)  # fmt: skip
def test_a_faulty_environment_is_refused(
    root: Path, old: str, new: str, fault: str, only_fault: OnlyFault
) -> None:
    assert ENVIRONMENT.count(old) == 1
    write_environment(root, text=ENVIRONMENT.replace(old, new))
    found = only_fault(root)
    assert str(root / "environments/range/environment.toml") in found
    assert fault in found


def test_all_faults_of_several_files_are_told_in_one_go(root: Path) -> None:
    (root / "tasks/demo/suite.toml").write_text("schema = 1\ntitel = 'x'\n")
    write_task(root, text=TASK.replace("notes.txt", "gone.txt", 1).replace('"0400"', "4"))
    write_task(root, "demo/second", TASK.replace("notes.txt", "gone.txt", 1))
    write_environment(root, text=ENVIRONMENT.replace('"256m"', "1").replace("tcp", "tpc"))
    with pytest.raises(ContentErrors) as caught:
        select_tasks(["all"], Roots((root,)))
    told = str(caught.value).splitlines()
    for part in (
        "suite.toml: title: is missing",
        "suite.toml:2: titel: unknown key",
        "first/task.toml:12: secrets.flag.place[0].mode: not a file mode: 4",
        "second/task.toml: files.source:",
        "environment.toml:9: services.box.memory: not a size: 1",
        "environment.toml:14: services.web.ready.tpc: unknown key",
    ):
        assert sum(part in line for line in told) == 1, part


def test_a_bad_limit_of_a_suite_is_told_of_the_suites_file(
    root: Path, only_fault: OnlyFault
) -> None:
    suite = root / "tasks/demo/suite.toml"
    suite.write_text('schema = 1\ntitle = "Demo"\n[limits]\nwall = "soon"\n')
    assert only_fault(root).startswith(f"{suite}:4: limits.wall: not a duration: 'soon'; ")
