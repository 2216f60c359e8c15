"""The filter of system calls: what is killed, what is refused, and that ordinary work goes on."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import SandboxError
from harness.protocols import Sandbox
from harness.sandbox import seccomp
from harness.sandbox.seccomp import system_calls

STATION = {"image": "harness/workstation", "user": "agent", "workdir": "/home/agent"}
ARM = platform.machine() == "aarch64"
# What makes a system call and prints the errno, or nothing when it was allowed.
CALL = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(*(ctypes.c_ulong(int(each)) for each in sys.argv[1:])) < 0:
    print(ctypes.get_errno())
"""
# x86-64, arm64
KILLED = {
    "init_module": (175, 105),
    "kexec_load": (246, 104),
    "bpf": (321, 280),
    "reboot": (169, 142),
    "acct": (163, 89),
    "swapon": (167, 224),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "setns": (308, 268),
    "userfaultfd": (323, 282),
}
# What ordinary programs try and go on without: mount, bwrap, browsers, PAM, ssh, date, dmesg.
REFUSED = {
    "mount": (165, 40),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "clock_settime": (227, 112),
    "syslog": (103, 116),
    "chroot": (161, 51),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
}
NEW_USER = 0x10000000
CLONE, CLONE3, SOCKET, PERSONALITY, PTRACE = (
    (220, 435, 198, 92, 117) if ARM else (56, 435, 41, 135, 101)
)
EPERM, ENOSYS = b"1\n", b"38\n"
SIGSYS = 128 + 31


@pytest.fixture(scope="module", params=["strict", "workstation"])
def station(request: Any, docker_sandboxes: Any, order: Any) -> Iterator[Sandbox]:
    service = {**STATION, "profile": request.param}
    with docker_sandboxes.open(order({"workstation": service})) as sandbox:
        yield sandbox


def call(sandbox: Sandbox, *numbers: int, user: str | None = None) -> tuple[int | None, bytes]:
    argv = ["python3", "-c", CALL, *(str(each) for each in numbers)]
    result = sandbox.exec(argv, user=user)
    return result.exit_code, result.stdout


def profile_of(sandbox: Sandbox) -> str:
    return str(sandbox.posture["workstation"]["profile"])


@pytest.mark.parametrize("profile", ["strict", "workstation", "target", "escape"])
def test_no_call_is_both_killed_and_allowed(profile: str) -> None:
    rules = json.loads(system_calls(profile).text)["syscalls"]
    by_action: dict[str, set[str]] = {}
    for rule in rules:
        by_action.setdefault(rule["action"], set()).update(rule["names"])
    assert by_action["SCMP_ACT_KILL_PROCESS"] == set(system_calls(profile).killed)
    assert by_action["SCMP_ACT_KILL_PROCESS"] & by_action["SCMP_ACT_ALLOW"] == set()
    assert set(KILLED) <= by_action["SCMP_ACT_KILL_PROCESS"]
    assert not set(REFUSED) & by_action["SCMP_ACT_KILL_PROCESS"]


def test_what_is_named_nowhere_is_refused() -> None:
    assert system_calls("strict").posture["default"] == "SCMP_ACT_ERRNO"


def test_profiles_have_digests_of_their_own_and_keep_them() -> None:
    strict, target = system_calls("strict").posture, system_calls("target").posture
    assert strict["digest"] != target["digest"]
    assert target["digest"] == system_calls("workstation").posture["digest"]
    system_calls.cache_clear()
    assert system_calls("strict").posture == strict


def test_a_harness_without_its_filter_opens_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(seccomp, "_PLACES", (tmp_path,))
    system_calls.cache_clear()
    with pytest.raises(SandboxError, match=r"strict\.json: the filter .* is not with the harness"):
        system_calls("strict")


@pytest.mark.parametrize("name", KILLED)
@pytest.mark.parametrize("user", [None, "root"])
def test_a_call_that_no_honest_program_makes_ends_its_process(
    station: Sandbox, name: str, user: str | None
) -> None:
    assert call(station, KILLED[name][ARM], 0, 0, 0, 0, 0, user=user) == (SIGSYS, b"")


@pytest.mark.parametrize("name", REFUSED)
def test_a_call_that_honest_programs_try_is_refused_and_they_go_on(
    station: Sandbox, name: str
) -> None:
    assert call(station, REFUSED[name][ARM], 0, 0, 0, 0, 0) == (0, EPERM)


def test_new_processes_get_no_namespace(station: Sandbox) -> None:
    assert call(station, CLONE, NEW_USER, 0, 0, 0, 0) == (0, EPERM)
    assert call(station, CLONE3, 0, 0) == (0, ENOSYS)


@pytest.mark.parametrize("family", [38, 40], ids=["AF_ALG", "AF_VSOCK"])
def test_sockets_that_pass_by_the_network_namespace_are_refused(
    station: Sandbox, family: int
) -> None:
    assert call(station, SOCKET, family, 1, 0) == (0, EPERM)
    assert call(station, SOCKET, 2, 1, 0) == (0, b"")


def test_processes_trace_each_other_where_the_profile_lets_them(station: Sandbox) -> None:
    allowed = (0, b"" if profile_of(station) == "workstation" else EPERM)
    assert call(station, PTRACE, 0, 0, 0, 0) == allowed
    assert call(station, PERSONALITY, 0x40000) == allowed
    assert call(station, PERSONALITY, 0xFFFFFFFF) == (0, b"")
    assert call(station, PERSONALITY, 0x0080000) == (0, EPERM)


def test_a_debugger_works_where_the_profile_lets_it(station: Sandbox) -> None:
    station.write("/tmp/p.c", b"int secret = 41;\nint main(void) { secret++; return 0; }\n")
    built = station.exec(["gcc", "-g", "-o", "/tmp/p", "/tmp/p.c"])
    assert built.exit_code == 0, built.stderr
    steps = ["break main", "run", "next", "print secret"]
    said = station.exec(
        ["gdb", "-q", "-batch", *(word for step in steps for word in ("-ex", step)), "/tmp/p"]
    )
    if profile_of(station) == "workstation":
        assert b"$1 = 42" in said.stdout, said.stdout + said.stderr
        assert b"randomization" not in said.stdout + said.stderr
    else:
        assert b"$1 = " not in said.stdout.replace(b"$1 = 41", b"")
        assert b"ptrace" in said.stdout + said.stderr


@pytest.mark.skipif(platform.machine() != "x86_64", reason="32-bit calls of x86")
def test_calls_of_32_bit_programs_end_strict_processes(station: Sandbox) -> None:
    # getpid as a 32-bit call
    source = b'int main(void) { int r; __asm__("int $0x80" : "=a"(r) : "a"(20)); return r < 1; }'
    station.write("/tmp/q.c", source)
    assert station.exec(["gcc", "-o", "/tmp/q", "/tmp/q.c"]).exit_code == 0
    code = station.exec(["/tmp/q"]).exit_code
    assert code == (0 if profile_of(station) == "workstation" else SIGSYS)


ORDINARY = {
    "python": "python3 -c '\nimport subprocess, threading, sqlite3, multiprocessing as m, asyncio\n"
    't = threading.Thread(target=print); t.start(); t.join()\nsubprocess.run(["true"], check=True)\n'
    'sqlite3.connect("/tmp/a.db").execute("create table t(a)")\n'
    "with m.Pool(2) as pool: assert pool.map(abs, [-1]) == [1]\n"
    "asyncio.run(asyncio.sleep(0.01))'",
    "bash": "bash -c 'sleep 0.1 & wait; x=$(echo a | tr a b); [ $x = b ] && cat <(echo c)'",
    "tar": "tar czf /tmp/a.tgz /etc/apt && tar tzf /tmp/a.tgz > /dev/null",
    "gcc": "echo 'int main(void){return 0;}' > /tmp/m.c && gcc -O2 -o /tmp/m /tmp/m.c && /tmp/m",
    "git": "cd /tmp && rm -rf r && git init -q r && cd r && echo a > a && git add a"
    " && git -c user.name=a -c user.email=a@a.invalid commit -qm a && git fsck",
    "curl": "cd /etc/apt && (python3 -m http.server -b 127.0.0.1 8123 & echo $! > /tmp/pid)"
    " && sleep 1 && curl -sf http://127.0.0.1:8123/ > /dev/null; c=$?; kill $(cat /tmp/pid); exit $c",
    "ssh": "rm -f /tmp/key && ssh-keygen -q -t ed25519 -N '' -f /tmp/key && ssh -V",
    "openssl": "openssl genrsa 2048 2> /dev/null | openssl sha256",
    "sqlite": "sqlite3 /tmp/b.db 'create table t(a); insert into t values(1); select * from t'",
    "make": "printf 'all:\\n\\ttrue\\n' > /tmp/Makefile && make -C /tmp -j4",
    "files": "cd /tmp && mkfifo f && ln -s f g && cp -a g h && chmod 600 /tmp/h; find /tmp | sort",
    "processes": "ps aux | grep -c . && nice -n 5 true && timeout 5 true && nohup true",
    "threads": "echo 'int main(){return 0;}' > t.c && for n in 1 2 3; do gcc -pipe t.c -o t & done; wait",
    "jq": """echo '{"a": 1}' | jq .a""",
    "nc": "(nc -l -p 8124 > /tmp/got &) ; sleep 1; echo hi | nc -N 127.0.0.1 8124; grep hi /tmp/got",
    "vim": "rm -f /tmp/v; vim.tiny -es -c 'normal ihello' -c 'wq' /tmp/v; grep hello /tmp/v",
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_programs_work(station: Sandbox, name: str) -> None:
    result = station.exec(["sh", "-c", ORDINARY[name]], timeout_seconds=60)
    assert result.exit_code == 0, result.stdout + result.stderr
