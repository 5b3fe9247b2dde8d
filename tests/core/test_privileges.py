"""Root left behind: what is kept, what is refused from then on, in this process and its children."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from gobs_core import UserError
from gobs_core.privileges import leave_root
from tests.support.programs import searched

NOBODY = 61234
CHILD = """
import ctypes, json, os, subprocess, sys
from gobs_core.privileges import leave_root

kept = leave_root(int(sys.argv[1]))
libc = ctypes.CDLL(None, use_errno=True)
root = int(sys.argv[2])

def says(call):
    try:
        call()
        return "ok"
    except OSError as error:
        return error.errno

def ptrace():
    if libc.ptrace(16, root, 0, 0):
        raise OSError(ctypes.get_errno(), "")

def handle():
    if libc.syscall(304 if os.uname().machine == "x86_64" else 265, -100, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "")

child = os.popen("grep -h -e CapEff -e NoNewPrivs -e Seccomp: -e Uid /proc/self/status").read().split()
print(json.dumps({
    "kept": kept,
    "uid": os.getresuid(),
    "gid": os.getresgid(),
    "io": says(lambda: open(f"/proc/{root}/io").read()),
    "fd": says(lambda: os.listdir(f"/proc/{root}/fd")),
    "own": says(lambda: os.listdir("/proc/self/fd")),
    "mem": says(lambda: open(f"/proc/{root}/mem", "r+b")),
    "back": says(lambda: os.setuid(0)),
    "ptrace": says(ptrace),
    "handle": says(handle),
    "child": child,
}))
"""


@pytest.fixture
def outcome() -> dict[str, object]:
    return _run("sys_ptrace,dac_read_search,setuid,setgid")


def _run(capabilities: str) -> dict[str, object]:
    """What CHILD found, started as root with these capabilities alone, looking at this test's own (root's) process."""
    command = ["setpriv", "--bounding-set", f"-all,{','.join('+' + one for one in capabilities.split(','))}"]
    done = searched(
        subprocess.run(
            [*command, sys.executable, "-c", CHILD, str(NOBODY), str(os.getpid())],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.root
def test_it_becomes_somebody_else_for_good_and_keeps_what_reading_takes(outcome: dict[str, object]) -> None:
    assert outcome["kept"] == ["DAC_READ_SEARCH", "SYS_PTRACE"]
    assert outcome["uid"] == [NOBODY] * 3
    assert outcome["gid"] == [NOBODY] * 3
    assert outcome["back"] == 1
    assert (outcome["io"], outcome["fd"], outcome["own"]) == ("ok", "ok", "ok")


@pytest.mark.root
def test_it_can_use_its_powers_for_nothing_but_reading(outcome: dict[str, object]) -> None:
    assert outcome["mem"] == 13
    assert outcome["ptrace"] == 1
    assert outcome["handle"] == 1


@pytest.mark.root
def test_a_child_such_as_perf_has_the_same_powers_and_the_same_fence(outcome: dict[str, object]) -> None:
    said = outcome["child"]
    assert isinstance(said, list)
    text = " ".join(said)
    assert f"Uid: {NOBODY} {NOBODY}" in text
    assert "CapEff: 0000000000080004" in text
    assert "NoNewPrivs: 1" in text
    assert "Seccomp: 2" in text


@pytest.mark.root
def test_what_was_not_given_is_not_kept() -> None:
    outcome = _run("setuid,setgid")
    assert outcome["kept"] == []
    assert outcome["io"] == 13


def test_who_is_not_root_may_only_stay_who_he_is() -> None:
    if os.geteuid() != 0:
        assert leave_root(os.geteuid()) == ()
        with pytest.raises(UserError, match="only root may change that"):
            leave_root(os.geteuid() + 1)
        return
    done = searched(
        subprocess.run(
            ["setpriv", "--reuid", "4321", "--clear-groups", sys.executable, "-c", CHILD, str(NOBODY), "1"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    )
    assert "only root may change that" in done.stderr
