"""What perf can do on this machine: whether it is there, what it counts, and what stands in its way."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import NamedTuple

from gobs_core import NoData

NAME = "perf"
CLOCK = "cpu-clock"
"""The event that is time, of every CPU: also of one that has nothing to do."""

OLDEST = (5, 10)
"""Of perf: since then it can be told when to begin."""
PATIENCE = 20.0
"""Seconds the probe may take."""
_VERSION = re.compile(r"perf version (\d+)\.(\d+)")
_PLACES = ("/usr/bin", "/usr/local/bin", "/usr/sbin")


class Ability(NamedTuple):
    """What was found."""

    perf: str
    """Where the program is."""
    version: tuple[int, int]
    event: str
    """`cycles` where the processor's counters can be used, else `cpu-clock`."""


def probe(perf: str = "") -> Ability:
    """Find out by trying; raises NoData, with what would help, where perf cannot record. Takes about a second."""
    path = perf or shutil.which("perf", path=os.pathsep.join((*_PLACES, os.environ.get("PATH", "")))) or ""
    if not path or not os.access(path, os.X_OK):
        raise NoData("the program perf is not installed here; on Debian: apt-get install linux-perf")
    said = _said([path, "--version"])
    version = _VERSION.search(said)
    if version is None:
        raise NoData(f"{path} does not say which version of perf it is; it says {said[:100]!r}")
    found = (int(version[1]), int(version[2]))
    if found < OLDEST:
        raise NoData(f"perf {found[0]}.{found[1]} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed")
    for event in ("cycles", CLOCK):
        refusal = _refusal(path, event)
        if not refusal:
            return Ability(path, found, event)
    raise NoData(refusal)


def _refusal(path: str, event: str) -> str:
    """Why an event cannot be counted; empty where it can."""
    done = _run([path, "stat", "-x", ",", "-e", event, "--", "true"])
    text = done.stdout + done.stderr
    counted = [line for line in text.splitlines() if f",{event}" in line.replace(f"{event}:u", event)]
    if done.returncode == 0 and counted and "<not" not in counted[0]:
        return ""
    if "<not supported>" in text or "not supported" in text:
        return f"this machine's kernel cannot count {event}"
    return why(text) or f"perf cannot count {event} here: {' '.join(text.split())[:200]}"


def why(text: str) -> str:
    """What perf's words mean for whoever runs the agent; empty where they are not known here."""
    lowered = text.lower()
    if "paranoid" in lowered or "permission denied" in lowered or "operation not permitted" in lowered:
        return (
            "the kernel does not let the agent use perf: it needs the capability PERFMON (before Linux 5.8 SYS_ADMIN), "
            "in the chart agent.profile=profiling; where the container runtime's seccomp profile forbids "
            "perf_event_open, also agent.seccompProfile=Unconfined"
        )
    if "no such process" in lowered or "couldn't create thread/cpu maps" in lowered:
        return "the processes are gone, or are not in the agent's pid namespace: recording needs hostPID"
    if "too many open files" in lowered:
        return "perf needs a file for each thread and CPU, and there are too many: raise the limit of open files"
    if "no space left" in lowered:
        return "the disk that recordings are written to is full"
    if "mlock" in lowered or "cannot allocate memory" in lowered:
        return "perf may not lock enough memory: raise kernel.perf_event_mlock_kb, or give it the capability IPC_LOCK"
    return ""


def _said(command: list[str]) -> str:
    done = _run(command)
    return (done.stdout or done.stderr).strip()


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/nonexistent"},
        )
    except OSError as error:
        raise NoData(f"{command[0]} cannot be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise NoData(f"{command[0]} did not answer within {PATIENCE:g} s") from None
