"""Real perf on real programs: known shares, a pod-like group, a mount namespace of its own, early ends, no rights."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gobs_collectors.perf import PerfConfig, PerfProfiler
from gobs_core import (
    NoData,
    Proc,
    Profile,
    ProfileFailed,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    ProfileTarget,
)
from gobs_core.profile import check_profile, stack_of
from gobs_core.testing import check_profiler
from tests.support.programs import searched
from tests.support.waiting import until

pytestmark = pytest.mark.root

SHARES = r"""
#include <stdint.h>
volatile uint64_t x;
__attribute__((noinline)) void seventy(long n) { for (long i = 0; i < n * 7; i++) x += i * i; }
__attribute__((noinline)) void twenty(long n) { for (long i = 0; i < n * 2; i++) x += i * i; }
__attribute__((noinline)) void ten(long n) { for (long i = 0; i < n; i++) x += i * i; }
int main(void) { for (;;) { seventy(20000); twenty(20000); ten(20000); } }
"""
JIT = r"""
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__x86_64__) /* mov ecx, N; loop: dec ecx; jnz loop; ret */
static const unsigned char code[] = {0xb9, 0x00, 0x00, 0x10, 0x00, 0xff, 0xc9, 0x75, 0xfc, 0xc3};
#elif defined(__aarch64__) /* mov w0, N; loop: subs w0, w0, 1; b.ne loop; ret */
static const unsigned int code[] = {0x52a00200, 0x71000400, 0x54ffffe1, 0xd65f03c0};
#endif
int main(void) {
  void *at = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(at, code, sizeof code);
  __builtin___clear_cache(at, (char *)at + sizeof code);
  char name[64];
  snprintf(name, sizeof name, "/tmp/perf-%d.map", getpid());
  FILE *map = fopen(name, "w");
  fprintf(map, "%lx 1000 made; \"while\" running\n", (unsigned long)at);
  fclose(map);
  for (;;) ((void (*)(void))at)();
}
"""
TEMPLATES = r"""
#include <cstdint>
volatile std::uint64_t x;
template <typename T, int N> struct odd { template <typename F> __attribute__((noinline)) void run(F f) {
  for (long i = 0; i < 100000; i++) x += i * f(N); } };
__attribute__((noinline)) int twice(int n) { return n * 2; }
int main() { odd<const char *(*)(int), 3> o; for (;;) o.run(twice); }
"""
DEEP = r"""
volatile unsigned long x;
__attribute__((noinline)) void bottom(void) { for (long i = 0; i < 100000; i++) x += i * i; }
__attribute__((noinline)) void down(int n) { if (n) down(n - 1); else bottom(); x++; }
int main(void) { for (;;) down(300); }
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs built with the system's compiler; the pip-only part of the suite needs none."""
    folder = tmp_path_factory.mktemp("programs")
    for name, source, compiler in (
        ("shares.c", SHARES, "cc"),
        ("templates.cc", TEMPLATES, "c++"),
        ("jit.c", JIT, "cc"),
        ("deep.c", DEEP, "cc"),
    ):
        (folder / name).write_text(source)
        command = [compiler, "-O0", "-static", "-o", Path(name).stem, name]
        subprocess.run(command, cwd=folder, check=True)
    return folder


@contextmanager
def running(*commands: list[str]) -> Iterator[list[int]]:
    """Start programs; they are killed at the end."""
    started = [subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) for command in commands]
    try:
        time.sleep(0.2)
        yield [process.pid for process in started]
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def children(pid: int) -> list[int]:
    """The processes it has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def record(
    *pids: int,
    seconds: float = 2.0,
    config: PerfConfig | None = None,
    tell: Callable[[ProfileProgress], None] = lambda _: None,
    **more: object,
) -> Profile:
    profiler = PerfProfiler(config or PerfConfig(), Proc())
    profiler.open()
    order = ProfileOrder(
        id="x",
        target=ProfileTarget(kind="process"),
        duration=seconds,
        frequency=499,
        **more,  # type: ignore[arg-type]
    )

    def told(progress: ProfileProgress) -> None:
        if progress.state == "processing":
            stand_still(*pids)
        tell(progress)

    profile = await profiler.record(order, ProfileProcesses(pids, whole=not pids), told)
    check_profile(profile)
    return profile


def stand_still(*pids: int) -> None:
    """Stop what was recorded: it would only take the CPU from those who read what was found."""
    for group in {os.getpgid(pid) for pid in pids if Path(f"/proc/{pid}").exists()} - {os.getpgrp()}:
        os.killpg(group, signal.SIGSTOP)


def innermost(profile: Profile) -> Counter[str]:
    found: Counter[str] = Counter()
    for count in profile.counts:
        names = [frame.name for frame in stack_of(profile, count.stack) if frame.kind != "kernel"]
        found[names[-1] if names else ""] += count.samples
    return found


async def test_known_shares_come_out_within_the_error_of_sampling(programs: Path) -> None:
    with running([str(programs / "shares")]) as [pid]:
        profile = await record(pid, seconds=3.0)
    found = innermost(profile)
    assert profile.samples > 200
    for name, share in (("seventy", 0.7), ("twenty", 0.2), ("ten", 0.1)):
        error = 4 * (share * (1 - share) / profile.samples) ** 0.5
        assert abs(found[name] / profile.samples - share) < error + 0.02, found
    callers = {frame.name for count in profile.counts for frame in stack_of(profile, count.stack)}
    assert "main" in callers
    assert [thread.process for thread in profile.threads] == ["shares"]
    assert profile.event in {"cycles", "cpu-clock"}


async def test_all_processes_of_a_group_and_children_born_meanwhile_are_in_it(programs: Path) -> None:
    shares, go = programs / "shares", programs / "go"
    script = f"{shares} & {shares} & while [ ! -e {go} ]; do sleep 0.1; done; {shares} & wait"

    def begun(progress: ProfileProgress) -> None:
        if progress.state == "recording":
            go.touch()

    with running(["sh", "-c", script]) as [shell]:
        profile = await record(shell, *children(shell), seconds=4.0, tell=begun)
    seen = {thread.pid for thread in profile.threads if thread.process == "shares"}
    assert len(seen) == 3


async def test_names_inside_a_mount_namespace_are_found_and_stay_when_the_program_ends(programs: Path) -> None:
    inside = "mount -t tmpfs none /mnt && cp {0} /mnt/hidden && exec timeout 4 /mnt/hidden"
    command = ["unshare", "-m", "sh", "-c", inside.format(programs / "shares")]
    with running(command) as [pid]:
        await until(lambda: children(pid))
        profile = await record(pid, *children(pid), seconds=60.0)
    assert profile.duration < 55, "recording ends when the processes have ended"
    found = innermost(profile)
    assert found["seventy"] > 0.5 * profile.samples, (found, profile.notes)


async def test_code_made_while_running_has_the_names_of_its_map_inside_mount_and_pid_namespaces(programs: Path) -> None:
    inside = f"mkdir -p /mnt && mount --bind {programs} /mnt && mount -t tmpfs none /tmp && exec /mnt/jit"
    with running(["unshare", "--mount", "--pid", "--fork", "sh", "-c", inside]) as [pid]:
        await asyncio.to_thread(_until, lambda: bool(children(pid)))
        [inner] = children(pid)
        await asyncio.to_thread(_until, lambda: Path(f"/proc/{inner}/comm").read_text() == "jit\n")
        profile = await record(inner, seconds=1.5)
    found = {(frame.name, frame.kind) for frame in profile.frames}
    assert ('made; "while" running', "jit") in found, (found, profile.notes)
    assert f"perf-{inner}.map" not in os.listdir("/tmp"), "the copy of the map is removed"


async def test_symbols_with_blanks_brackets_and_semicolons_stay_whole(programs: Path) -> None:
    with running([str(programs / "templates")]) as [pid]:
        profile = await record(pid, seconds=1.5)
    names = {frame.name for frame in profile.frames}
    assert any("odd<" in name and "(*)(int)" in name for name in names), names


IDLE = {"default_idle", "native_safe_halt", "pv_native_safe_halt", "acpi_idle_do_entry", "mwait_idle", "intel_idle"}
"""Functions of the kernel in which a CPU waits for something to do."""


async def test_the_whole_node_is_recorded_with_everybody_on_it(programs: Path) -> None:
    def told(progress: ProfileProgress) -> None:
        if progress.state == "processing":
            stand_still(shares, python)

    with running([str(programs / "shares")], [sys.executable, "-c", "while True: sum(range(9999))"]) as [
        shares,
        python,
    ]:
        profile = await record(seconds=1.5, tell=told)
    assert python in {thread.pid for thread in profile.threads}
    assert innermost(profile)["seventy"] > 0
    assert profile.event != "cpu-clock" or not innermost(profile).keys() & IDLE


async def test_no_process_of_that_number_is_told_in_words() -> None:
    with pytest.raises(ProfileFailed, match="the processes are gone"):
        await record(2**22 - 1)


async def test_a_process_that_sleeps_has_an_empty_profile_that_says_so() -> None:
    with running(["sleep", "60"]) as [pid]:
        profile = await record(pid, seconds=1.0)
    assert profile.samples == 0
    assert any("did not run on a CPU" in note for note in profile.notes)


async def test_cancelling_ends_perf_and_removes_its_files(programs: Path, tmp_path: Path) -> None:
    with running([str(programs / "shares")]) as [pid]:
        task = asyncio.create_task(record(pid, seconds=30.0, config=PerfConfig(folder=str(tmp_path))))
        await asyncio.to_thread(_until, lambda: bool(list(tmp_path.glob("*/data"))))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert os.listdir(tmp_path) == []
    assert not _perfs(str(tmp_path))


def _until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_perf_dies_with_the_agent(programs: Path, tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from tests.collectors.perf.test_perf import record, PerfConfig;"
        "asyncio.run(record(int(sys.argv[1]), seconds=60.0, config=PerfConfig(folder=sys.argv[2])))"
    )
    with running([str(programs / "shares")]) as [pid]:
        agent = subprocess.Popen([sys.executable, "-c", code, str(pid), str(tmp_path)])
        _until(lambda: bool(_perfs(str(tmp_path))))
        agent.kill()
        agent.wait()
        _until(lambda: not _perfs(str(tmp_path)))
    assert len(os.listdir(tmp_path)) == 1, "nobody was there to remove it"
    PerfProfiler(PerfConfig(folder=str(tmp_path)), Proc()).open()
    assert os.listdir(tmp_path) == [], "the next agent does"


async def test_two_recordings_run_beside_each_other(programs: Path) -> None:
    with running([str(programs / "shares")], [str(programs / "templates")]) as [one, other]:
        first, second = await asyncio.gather(record(one), record(other))
    assert {thread.process for thread in first.threads} == {"shares"}
    assert {thread.process for thread in second.threads} == {"templates"}


def _perfs(folder: str) -> list[str]:
    """The pids of perfs that write into a folder."""
    found = []
    for pid in Path("/proc").iterdir():
        if pid.name.isdigit():
            try:
                command = (pid / "cmdline").read_bytes()
                state = (pid / "stat").read_bytes().rpartition(b")")[2].split()[0]
            except OSError:
                continue
            if b"perf\0record" in command and folder.encode() in command and state != b"Z":
                found.append(pid.name)
    return found


async def test_a_recording_that_grows_too_large_ends_and_says_so(programs: Path) -> None:
    with running([str(programs / "shares")]) as [pid]:
        profile = await record(pid, seconds=60.0, config=PerfConfig(most_bytes=1 << 20), call_graph="dwarf")
    assert profile.duration < 55
    assert any("largest size" in note for note in profile.notes)


def test_stacks_deeper_than_the_kernel_walks_are_told(programs: Path) -> None:
    with running([str(programs / "deep")]) as [pid]:
        profile = asyncio.run(record(pid, seconds=1.0))
    depth = int(Path("/proc/sys/kernel/perf_event_max_stack").read_text())
    assert max(len(list(stack_of(profile, count.stack))) for count in profile.counts) <= depth
    assert any(f"stacks of {depth} functions" in note for note in profile.notes), profile.notes


async def test_perf_has_limits_yields_to_others_and_goes_first(programs: Path, tmp_path: Path) -> None:
    with running([str(programs / "shares")]) as [pid]:
        task = asyncio.create_task(record(pid, seconds=30.0, config=PerfConfig(folder=str(tmp_path))))
        await asyncio.to_thread(_until, lambda: bool(_perfs(str(tmp_path))))
        [perf] = _perfs(str(tmp_path))
        folder = Path("/proc", perf)
        await asyncio.to_thread(_until, lambda: (folder / "oom_score_adj").read_text() == "1000\n")
        limits = (folder / "limits").read_text()
        nice = (folder / "stat").read_text().rpartition(")")[2].split()[16]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    for name in ("Max address space", "Max file size", "Max cpu time", "Max core file size"):
        line = next(line for line in limits.splitlines() if line.startswith(name))
        assert "unlimited" not in line, line
    assert int(nice) > 0


def test_the_capabilities_of_the_chart_are_enough_for_names_in_a_mount_namespace(programs: Path) -> None:
    inside = f"mount -t tmpfs none /mnt && cp {programs / 'shares'} /mnt/hidden && exec /mnt/hidden"
    code = "import sys; from tests.collectors.perf.test_perf import shares_of; shares_of(int(sys.argv[1]))"
    few = "-all,+perfmon,+sys_ptrace,+dac_read_search,+syslog"
    with running(["unshare", "-m", "sh", "-c", inside]) as [pid]:
        _until(lambda: Path(f"/proc/{pid}/comm").read_text() == "hidden\n")
        done = searched(subprocess.run(
            ["setpriv", "--bounding-set", few, sys.executable, "-c", code, str(pid)],
            capture_output=True, text=True, timeout=60, check=False,
        ))  # fmt: skip
    assert done.stdout.strip() == "seventy", (done.stdout, done.stderr)


def shares_of(pid: int) -> None:
    """Print the function most samples are in; run by the test above with fewer capabilities."""
    profile = asyncio.run(record(pid))
    print(innermost(profile).most_common(1)[0][0])


async def test_dwarf_is_allowed_only_for_a_while() -> None:
    with pytest.raises(ProfileFailed, match="with the call graph dwarf 60 s"):
        await record(os.getpid(), seconds=61.0, call_graph="dwarf")


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk that holds next to nothing."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


async def test_a_full_disk_is_told_in_words(full: Path, programs: Path) -> None:
    with running([str(programs / "shares")]) as [pid], pytest.raises(ProfileFailed, match="disk"):
        await record(pid, seconds=3.0, config=PerfConfig(folder=str(full)), call_graph="dwarf")


def test_a_missing_or_strange_perf_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoData, match=r"cannot be started|not installed"):
        PerfProfiler(PerfConfig(perf=str(tmp_path / "none")), Proc()).open()
    for said, reason in (("nonsense", "does not say which version"), ("perf version 4.19.1", "too old")):
        fake = tmp_path / "perf"
        fake.write_text(f"#!/bin/sh\necho '{said}'\n")
        fake.chmod(0o755)
        with pytest.raises(NoData, match=reason):
            PerfProfiler(PerfConfig(perf=str(fake)), Proc()).open()


FAKE = """#!{python}
import os, re, signal, sys
command, *arguments = sys.argv[1:]
if command == "--version":
    print("perf version 6.1.0")
elif command == "stat":
    print("1,,cycles,1,100.00,,")
elif command == "record":
    told, hear = map(int, re.search(r"fd:(\\d+),(\\d+)", " ".join(arguments)).groups())
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    os.read(told, 16)
    open(arguments[arguments.index("-o") + 1], "wb").write(b"data")
    os.write(hear, b"ack")
    signal.pause()
else:
    sys.stdout.buffer.write({said!r})
    sys.exit({code})
"""
SAMPLE = b"  7/7  1.0:  1 cycles:\n\t  1 work (/bin/app)\n\n"


def fake_perf(folder: Path, said: bytes, code: int = 0) -> PerfConfig:
    """A perf whose recordings are read to it as `said`."""
    path = folder / "perf"
    path.write_text(FAKE.format(python=sys.executable, said=said, code=code))
    path.chmod(0o755)
    return PerfConfig(perf=str(path))


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        (bytes(range(256)) * 4000, 0, "nothing that perf 6.1 printed was understood"),
        (b"sample 1 of 2\n\nsample 2 of 2\n\n", 0, "in 2 lines"),
        (b"", 1, "perf failed: it does not say why"),
        (SAMPLE.replace(b"7/7", b"x/x"), 0, "is .*/perf the kernel's own perf"),
    ],
)
async def test_output_that_is_none_of_perfs_fails_the_recording_in_words(
    tmp_path: Path, said: bytes, code: int, reason: str
) -> None:
    with pytest.raises(ProfileFailed, match=reason):
        await record(os.getpid(), seconds=0.2, config=fake_perf(tmp_path, said, code))
    again = await record(os.getpid(), seconds=0.2, config=fake_perf(tmp_path, SAMPLE))
    assert again.samples == 1, "the next one is made"


@pytest.mark.parametrize("code", [0, 1])
async def test_output_that_is_cut_off_is_told_as_far_as_it_goes(tmp_path: Path, code: int) -> None:
    profile = await record(os.getpid(), seconds=0.2, config=fake_perf(tmp_path, SAMPLE * 3 + SAMPLE[:15], code))
    assert (profile.samples, innermost(profile)) == (3, {"work": 3})


def trampoline() -> str | None:
    """A Python here that names its functions to perf."""
    names = {sys.executable, *(f"python3.{minor}" for minor in range(12, 16))}
    names |= {str(path) for path in Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python3")}
    for name in sorted(names, reverse=True):
        able = [name, "-X", "perf", "-c", "import sys; sys.exit(not sys.is_stack_trampoline_active())"]
        with suppress(OSError):
            if searched(subprocess.run(able, capture_output=True, text=True, check=False)).returncode == 0:
                return name
    return None


async def test_python_that_names_its_functions_to_perf_is_told_by_them() -> None:
    python = trampoline()
    if python is None:
        pytest.skip("no Python here has perf's trampoline; tests/examples/test_pyspy.py records Python by py-spy")
    code = "def leaf(n):\n    return sum(i * i for i in range(n))\nwhile True: leaf(1000)"
    with running([python, "-X", "perf", "-c", code]) as [pid]:
        names = Path(f"/tmp/perf-{pid}.map")
        await asyncio.to_thread(_until, names.exists)
        try:
            profile = await record(pid, seconds=1.0, call_graph="dwarf")
        finally:
            await asyncio.to_thread(names.unlink)
    named = [
        count.samples
        for count in profile.counts
        if any(frame.kind == "python" and "leaf" in frame.name for frame in stack_of(profile, count.stack))
    ]
    assert sum(named) > profile.samples / 2, (python, innermost(profile))


def test_without_the_capability_it_is_said_which_one_is_missing() -> None:
    code = "from tests.collectors.perf.test_perf import refusal; refusal()"
    done = searched(subprocess.run(
        ["setpriv", "--bounding-set", "-perfmon,-sys_admin", sys.executable, "-c", code],
        capture_output=True, text=True, timeout=60, check=False,
    ))  # fmt: skip
    assert "PERFMON" in done.stdout, done.stderr
    assert "agent.profile=profiling" in done.stdout


def refusal() -> None:
    """Print why perf cannot record here; run by the test above with fewer capabilities."""
    profiler = PerfProfiler(PerfConfig(), Proc())

    async def work() -> None:
        def ignore(_: ProfileProgress) -> None: ...

        order = ProfileOrder(id="x", target=ProfileTarget(kind="node"), duration=1.0)
        await profiler.record(order, ProfileProcesses((), whole=True), ignore)

    try:
        profiler.open()
        asyncio.run(work())
    except (NoData, ProfileFailed) as reason:
        print(reason)


def test_it_keeps_the_contract() -> None:
    check_profiler(PerfProfiler)
