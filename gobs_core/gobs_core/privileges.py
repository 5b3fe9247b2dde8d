"""Leaving root behind: another uid, only those of root's powers that reading needs, and no way to use them on others.

A container that is not root is given no capability by Kubernetes. So the agent's starts as root with a few of them,
and comes here before it has read a byte. See capabilities(7), prctl(2), seccomp(2).
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from gobs_core.errors import UserError

KEPT = {
    "DAC_READ_SEARCH": 2,
    "IPC_LOCK": 14,
    "SYS_PTRACE": 19,
    "SYSLOG": 34,
    "PERFMON": 38,
}
"""Capabilities kept where they were given, and their numbers: what reading other users' processes and perf need."""

_KEEPCAPS, _SET_DUMPABLE, _NO_NEW_PRIVS, _SECCOMP, _AMBIENT = 8, 4, 38, 22, 47
_AMBIENT_RAISE, _FILTER = 2, 2
_CAPABILITIES_V3 = 0x20080522
_ALLOW, _EPERM = 0x7FFF0000, 0x00050001
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06


class _Machine(NamedTuple):
    audit: int
    """Its AUDIT_ARCH."""
    forbidden: tuple[int, ...]
    """System calls that read or change another process or the kernel in ways the agent never needs."""


# ptrace, process_vm_readv, process_vm_writev, pidfd_getfd, open_by_handle_at, bpf, userfaultfd, kexec_load,
# kexec_file_load, init_module, finit_module, delete_module, mount, umount2, pivot_root, unshare, add_key, request_key,
# keyctl, reboot, swapon, swapoff
_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        (101, 310, 311, 438, 304, 321, 323, 246, 320, 175, 313, 176, 165, 166, 155, 272, 248, 249, 250, 169, 167, 168),
    ),
    "aarch64": _Machine(
        0xC00000B7,
        (117, 270, 271, 438, 265, 280, 282, 104, 294, 105, 273, 106, 40, 39, 41, 97, 217, 218, 219, 142, 224, 225),
    ),
}


def leave_root(uid: int) -> tuple[str, ...]:
    """Become `uid`, for good; returns the names of the capabilities kept. Nothing to do where it is `uid` already.

    To be called by the only thread there is. Raises UserError where this is neither root nor `uid`, or where a
    capability is missing that moving takes.
    """
    if os.geteuid() == uid:
        return ()
    if os.geteuid() != 0:
        raise UserError(f"agent.run_as is {uid}, but this process runs as {os.geteuid()} and only root may change that")
    if threading.active_count() != 1:
        raise UserError("agent.run_as takes effect only before any thread has started")
    kept = [name for name, number in KEPT.items() if _permitted() >> number & 1]
    libc = ctypes.CDLL(None, use_errno=True)
    _prctl(libc, _KEEPCAPS, 1)
    try:
        os.setgroups([uid])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except PermissionError:
        raise UserError(
            f"agent.run_as is {uid}, and moving there takes the capabilities SETUID and SETGID, which are missing"
        ) from None
    _set_capabilities(libc, [KEPT[name] for name in kept])
    for name in kept:
        _prctl(libc, _AMBIENT, _AMBIENT_RAISE, KEPT[name])
    _prctl(libc, _SET_DUMPABLE, 1)
    _forbid(libc)
    return tuple(kept)


def _permitted() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0


def _set_capabilities(libc: ctypes.CDLL, numbers: Iterable[int]) -> None:
    mask = sum(1 << number for number in numbers)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    header = struct.pack("=Ii", _CAPABILITIES_V3, 0)
    if libc.capset(header, struct.pack("=6I", low, low, low, high, high, high)):
        raise _failed("capset")


def _forbid(libc: ctypes.CDLL) -> None:
    """Let the kernel refuse, from now on and in every child, what no reader needs, where its numbers are known here."""
    _prctl(libc, _NO_NEW_PRIVS, 1)
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return
    program = _program(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    _prctl(libc, _SECCOMP, _FILTER, ctypes.create_string_buffer(head, len(head)))


def _program(machine: _Machine) -> bytes:
    """The filter as BPF: another architecture's calls and the forbidden ones fail with EPERM, all others pass."""
    calls = machine.forbidden
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 0, len(calls) + 2, machine.audit), (_LOAD, 0, 0, 0)]
    steps += [(_EQUAL, len(calls) - place, 0, call) for place, call in enumerate(calls)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _EPERM)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _prctl(libc: ctypes.CDLL, option: int, *arguments: object) -> None:
    padded = [*arguments, 0, 0, 0, 0][:4]
    if libc.prctl(option, *[ctypes.c_ulong(one) if isinstance(one, int) else one for one in padded]):
        raise _failed(f"prctl({option})")


def _failed(what: str) -> UserError:
    return UserError(f"agent.run_as cannot take effect: {what}: {os.strerror(ctypes.get_errno())}")
