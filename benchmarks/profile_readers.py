"""Reads what `perf script` prints, as the agent does or line by line as stackcollapse does, in a process of its own."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import msgspec

from gobs_collectors.perf.child import script_command
from gobs_collectors.perf.script import FIELDS, Script
from gobs_core import Profile, ProfileThread, Stacks

CHUNK = 1 << 20


def ours(source: IO[bytes]) -> dict[str, float]:
    """From what perf prints to the bytes that are sent, kept and stored."""
    script = Script(Stacks())
    while part := source.read(CHUNK):
        script.feed(part)
    script.finish()
    stacks = script.stacks
    threads = stacks.threads()
    profile = Profile(
        profiler="perf",
        event="cpu-clock",
        frequency=99,
        started=0.0,
        duration=600.0,
        frames=stacks.frames,
        parents=stacks.parents,
        functions=stacks.functions,
        threads=[ProfileThread(pid, tid) for pid, tid in threads],
        counts=stacks.counts(threads),
        samples=stacks.samples,
    )
    kept = zlib.compress(msgspec.json.encode(profile), 6)
    return {"samples": stacks.samples, "stacks": len(profile.counts), "bytes": len(kept)}


def stackcollapse(source: IO[bytes]) -> dict[str, float]:
    """The usual way: every line taken apart, every stack joined to one text, counted in a dictionary."""
    found: Counter[str] = Counter()
    names: list[str] = []
    who = ""
    for raw in source:
        line = raw.decode("utf-8", "replace").rstrip("\n")
        if not line:
            if who and names:
                found[";".join([who, *reversed(names)])] += 1
            names, who = [], ""
        elif line[0] in "\t ":
            if line[0] == "\t":
                _, _, text = line.strip().partition(" ")
                name, _, module = text.rpartition(" (")
                names.append(f"[{module.rstrip(')').rpartition('/')[2]}]" if name == "[unknown]" else name)
            else:
                who = line.split()[0]
    text = "".join(f"{stack} {count}\n" for stack, count in sorted(found.items()))
    return {"samples": sum(found.values()), "stacks": len(found), "bytes": len(text)}


READERS = {"ours": ours, "stackcollapse": stackcollapse}


def measured(reader: str, perf: str, data: Path) -> dict[str, Any]:
    """Run one of them over a recording, perf's own printing included, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.profile_readers", reader, perf, str(data)]
    done = subprocess.run(command, capture_output=True, check=True)
    found: dict[str, Any] = msgspec.json.decode(done.stdout)
    return found


def main(arguments: Iterable[str]) -> None:
    """Print what one reader found and took: seconds of the clock, seconds of CPU of its own, and memory."""
    reader, perf, data = arguments
    imports, loaded = resource.getrusage(resource.RUSAGE_SELF), _highest()
    began = time.monotonic()
    with subprocess.Popen(script_command(perf, Path(data), FIELDS, None), stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        found = READERS[reader](child.stdout)
    took, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - imports.ru_utime - imports.ru_stime
    memory = {"memory": _highest(), "imports": loaded}
    sys.stdout.buffer.write(msgspec.json.encode({**found, "seconds": took, "cpu": cpu, **memory}))


def _highest() -> float:
    """The most memory this process has had, in MiB; getrusage would tell of its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1:])
