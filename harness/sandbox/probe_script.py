"""Runs inside a sandbox: tries what must be denied, harmlessly, and prints what happened as JSON.

Standard library only; it is uploaded as it stands. Each probe returns what it could do, or raises
OSError when it was denied. System calls are made so that nothing changes where they are allowed:
with arguments that the kernel refuses only after it has let the caller in.
"""

from __future__ import annotations

import ctypes
import errno
import inspect
import json
import os
import platform
import resource
import signal
import socket
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
# On x86-64 and on arm64.
_NUMBERS = {
    "bpf": (321, 280),
    "clock_settime": (227, 112),
    "init_module": (175, 105),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "ptrace": (101, 117),
    "setns": (308, 268),
    "syslog": (103, 116),
    "unshare": (272, 97),
}
_ARM = platform.machine() == "aarch64"
_LET_IN = {errno.EINVAL, errno.ENOEXEC, errno.EFAULT, errno.ENOKEY, errno.E2BIG, errno.ENODEV}
_NEW_NAMESPACES, _NEW_USER = 0x00020000, 0x10000000


def _denied(text: str) -> OSError:
    return OSError(errno.EPERM, text)


def _system_call(name: str, *arguments: object) -> str:
    """Make a system call; an error that comes after the permission check counts as let in."""
    ctypes.set_errno(0)
    if _LIBC.syscall(_NUMBERS[name][_ARM], *arguments) >= 0:
        return f"{name} succeeded"
    code = ctypes.get_errno()
    if code in _LET_IN:
        return f"{name} was let in ({errno.errorcode[code]})"
    raise OSError(code, os.strerror(code))


def _status(field: str) -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next((line.split()[1] for line in lines if line.startswith(f"{field}:")), "0")


def _writable(path: str) -> str:
    """Open for writing and write nothing."""
    os.close(os.open(path, os.O_WRONLY))
    return f"{path} can be written"


def _in_child(act: Callable[[], object]) -> str:
    """Do something in a process of its own, which may be killed for it."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            said, code = str(act() or "it was allowed"), 0
        except OSError as error:
            said, code = error.strerror or str(error), 1
        os.write(write, said.encode())
        os._exit(code)
    os.close(write)
    with open(read, "rb") as pipe:
        told = pipe.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        raise _denied(told if code > 0 else f"killed by {signal.Signals(-code).name}")
    return told


def capabilities() -> str:
    """Hold any capability, or be able to gain one."""
    held = {field: _status(field) for field in ("CapPrm", "CapEff", "CapBnd", "CapAmb")}
    if not any(int(value, 16) for value in held.values()):
        raise _denied("none")
    return str(held)


def new_privileges() -> str:
    """Gain rights by running a setuid program."""
    if _LIBC.prctl(39, 0, 0, 0, 0) == 1:  # PR_GET_NO_NEW_PRIVS; gVisor's status has no line for it
        raise _denied("no_new_privs is set")
    return "no_new_privs is not set"


def root() -> str:
    """Be root."""
    if os.geteuid():
        raise _denied(f"uid {os.geteuid()}")
    return "uid 0"


def raw_socket() -> str:
    """Send packets of one's own making."""
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    return "a raw socket was opened"


def packet_socket() -> str:
    """Listen to the network."""
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    return "a packet socket was opened"


def vsock() -> str:
    """Speak to the machine that this machine runs on."""
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
    return "a socket to the hypervisor was opened"


def device_node() -> str:
    """Make a device file."""
    path = tempfile.mktemp()
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    Path(path).unlink()
    return "a device node was made"


def give_away() -> str:
    """Give a file to another user."""
    with tempfile.NamedTemporaryFile() as file:
        os.chown(file.name, 12345, 12345)
    return "a file changed its owner"


def change_user() -> str:
    """Become another user."""
    return _in_child(lambda: os.setuid(12345))


def signal_init() -> str:
    """Send signals to the container's first process."""
    os.kill(1, 0)
    return "process 1 takes signals"


def trace_init() -> str:
    """Attach to the container's first process (and let go of it)."""
    attach, detach = 16, 17
    said = _system_call("ptrace", attach, 1, 0, 0)
    os.waitpid(1, 0x40000000)
    _system_call("ptrace", detach, 1, 0, 0)
    return said


def trace_child() -> str:
    """Trace a process of one's own, as debuggers do."""
    return _system_call_in_child("ptrace", 0, 0, 0, 0)


def init_root() -> str:
    """See the files of the container's first process."""
    return f"{len(os.listdir('/proc/1/root'))} entries"


def system_files() -> str:
    """Change the system's files."""
    return _writable("/etc/passwd")


def core_pattern() -> str:
    """Choose the program that the kernel runs at a crash."""
    return _writable("/proc/sys/kernel/core_pattern")


def sysrq() -> str:
    """Press the kernel's emergency keys."""
    return _writable("/proc/sysrq-trigger")


def kernel_settings() -> str:
    """Change settings of the kernel below /sys."""
    return _writable("/sys/kernel/mm/transparent_hugepage/enabled")


def release_agent() -> str:
    """Have the kernel run a program when a control group empties."""
    for path in ("/sys/fs/cgroup/memory/release_agent", "/sys/fs/cgroup/cgroup.procs"):
        if Path(path).exists():
            return _writable(path)
    raise _denied("it is not there")


def mount() -> str:
    """Mount a file system (of a kind that does not exist)."""
    return _system_call("mount", b"none", b"/mnt", b"no-such-kind", 0, None)


def _system_call_in_child(name: str, *arguments: object) -> str:
    return _in_child(lambda: _system_call(name, *arguments))


def new_mounts() -> str:
    """Have mounts of one's own."""
    return _system_call_in_child("unshare", _NEW_NAMESPACES)


def new_users() -> str:
    """Be root of a user namespace of one's own."""
    return _system_call_in_child("unshare", _NEW_USER)


def enter_namespace() -> str:
    """Enter a namespace."""
    descriptor = os.open("/proc/self/ns/uts", os.O_RDONLY)
    return _system_call_in_child("setns", descriptor, 0)


def bpf() -> str:
    """Load programs into the kernel."""
    return _system_call_in_child("bpf", 5, 0, 0)


def keys() -> str:
    """Use the kernel's key rings, which containers share."""
    return _system_call_in_child("keyctl", 0, -3, 0, 0, 0)


def module() -> str:
    """Load a kernel module."""
    return _system_call_in_child("init_module", b"", 0, b"")


def clock() -> str:
    """Set the clock (to a time that does not exist)."""
    wrong = (ctypes.c_long * 2)(0, 2_000_000_000)
    return _system_call_in_child("clock_settime", 0, wrong)


def kernel_log() -> str:
    """Read the kernel's log."""
    return _system_call_in_child("syslog", 10, 0, 0)


def engine_socket() -> str:
    """Talk to the container engine."""
    for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"):
        if Path(path).exists():
            with socket.socket(socket.AF_UNIX) as speaker:
                speaker.connect(path)
            return f"{path} answers"
    raise _denied("no socket is there")


def host_devices() -> str:
    """Find devices of the host."""
    names = ("mem", "kmsg", "fuse", "loop-control")
    found = [f"/dev/{each}" for each in names if Path("/dev", each).exists()]
    found += [str(path) for path in Path("/dev").glob("[sv]d[a-z]*")]
    if not found:
        raise _denied("none")
    return ", ".join(found)


def host_files() -> str:
    """Find files of the host mounted here."""
    usual = {"/etc/resolv.conf", "/etc/hostname", "/etc/hosts"}
    kinds = {"ext4", "xfs", "btrfs", "zfs", "virtiofs", "9p"}
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        target = before.split()[4]
        mine = target in usual or target == "/" or target.endswith("/docker-init")
        if after.split()[0] in kinds and not mine:
            found.append(target)
    if not found:
        raise _denied("none")
    return ", ".join(found)


def _limit(*paths: str) -> str:
    for path in paths:
        if Path(path).exists():
            value = Path(path).read_text().strip()
            if value == "max" or int(value) > 1 << 60:
                return "there is no limit"
            raise _denied(f"limited to {value}")
    return "the limit cannot be seen"


def memory() -> str:
    """Use all memory."""
    return _limit("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def swap() -> str:
    """Use swap on top of the memory."""
    path = Path("/sys/fs/cgroup/memory.swap.max")
    if path.exists():
        if path.read_text().strip() == "0":
            raise _denied("no swap")
        return "swap is allowed"
    folder = Path("/sys/fs/cgroup/memory")
    both = folder / "memory.memsw.limit_in_bytes"
    if not both.exists():
        raise _denied("the kernel counts no swap here")
    if int(both.read_text()) <= int((folder / "memory.limit_in_bytes").read_text()) < 1 << 60:
        raise _denied("no swap")
    return "swap is allowed"


def processes() -> str:
    """Start any number of processes."""
    return _limit("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max")


def _resource(kind: int, most: int) -> str:
    hard = resource.getrlimit(kind)[1]
    if hard == resource.RLIM_INFINITY or hard > most:
        return f"the limit is {hard}"
    raise _denied(f"limited to {hard}")


def core_dumps() -> str:
    """Leave core dumps."""
    return _resource(resource.RLIMIT_CORE, 0)


def open_files() -> str:
    """Open any number of files."""
    return _resource(resource.RLIMIT_NOFILE, 8192)


def file_size() -> str:
    """Write files of any size."""
    return _resource(resource.RLIMIT_FSIZE, 1 << 40)


# Every public function above is a probe.
PROBES: list[Callable[[], str]] = [
    each
    for name, each in list(globals().items())
    if inspect.isfunction(each) and not name.startswith("_")
]


def main() -> None:
    """Run all probes."""
    found = {}
    for probe in PROBES:
        try:
            said, denied = probe(), False
        except OSError as error:
            said, denied = error.strerror or str(error), True
        name = probe.__name__.replace("_", "-")
        found[name] = {"denied": denied, "said": said, "what": (probe.__doc__ or "").rstrip(".")}
    print(json.dumps(found))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
