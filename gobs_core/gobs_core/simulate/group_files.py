"""How the control group of a simulated pod or container looks, as a 5.15 kernel writes version 2."""

from __future__ import annotations

from gobs_core.simulate.container import Container, Usage
from gobs_core.simulate.hardware import Pressure
from gobs_core.simulate.pod import Pod

DISK = "259:0"
_TICK = 10_000
"""Microseconds in a clock tick."""
_PERIOD = 100_000


def of_container(one: Container) -> dict[str, bytes]:
    """Return the files of a container's group by name."""
    usage, bounds = one.usage(), one.bounds
    threads = sum(len(process.threads) for process in one.processes)
    quota = "max" if bounds.cpu_limit is None else f"{round(bounds.cpu_limit * _PERIOD)}"
    files = {
        "cpu.stat": f"{_times(usage)}nr_periods {one.periods}\nnr_throttled {one.throttled}\n"
        f"throttled_usec {one.throttled_time}\n",
        "cpu.max": f"{quota} {_PERIOD}\n",
        "memory.max": f"{'max' if bounds.memory_limit is None else bounds.memory_limit}\n",
        "memory.events": f"low 0\nhigh 0\nmax {one.at_limit}\noom 0\noom_kill 0\n",
        "io.stat": _disk(usage),
        "pids.current": f"{threads}\n",
        "pids.max": "4096\n",
        **_memory(one.anonymous(), one.files(), threads),
    }
    for what in ("cpu", "memory", "io"):
        lines = [f"{who} {_pressure(one.pressures[f'{what} {who}'])}" for who in ("some", "full")]
        files[f"{what}.pressure"] = "".join(lines)
    return {name: text.encode() for name, text in files.items()}


def of_pod(pod: Pod) -> dict[str, bytes]:
    """Return the files of a pod's group by name."""
    groups = pod.groups()
    threads = sum(len(process.threads) for one in groups for process in one.processes)
    files = {"cpu.stat": _times(pod.usage())}
    files |= _memory(sum(one.anonymous() for one in groups), sum(one.files() for one in groups), threads)
    return {name: text.encode() for name, text in files.items()}


def _times(usage: Usage) -> str:
    user, system = usage.user * _TICK, usage.system * _TICK
    return f"usage_usec {user + system}\nuser_usec {user}\nsystem_usec {system}\n"


def _memory(anonymous: int, files: int, threads: int) -> dict[str, str]:
    stack, slab = threads * 16_384, 200_704
    kernel = stack + slab
    stat = {
        "anon": anonymous, "file": files, "kernel_stack": stack, "pagetables": 0, "percpu": 0, "sock": 0, "shmem": 0,
        "inactive_anon": anonymous, "active_anon": 0, "inactive_file": files * 2 // 3, "active_file": files // 3,
        "unevictable": 0, "slab": slab,
    }  # fmt: skip
    return {
        "memory.current": f"{anonymous + files + kernel}\n",
        "memory.stat": "".join(f"{name} {value}\n" for name, value in stat.items()),
    }


def _disk(usage: Usage) -> str:
    if not usage.read and not usage.written:
        return ""
    counted = f"rbytes={usage.read} wbytes={usage.written} rios={usage.read // 16_384} wios={usage.written // 24_576}"
    return f"{DISK} {counted} dbytes=0 dios=0\n"


def _pressure(pressure: Pressure) -> str:
    ten, sixty, long = pressure.averages
    return f"avg10={ten:.2f} avg60={sixty:.2f} avg300={long:.2f} total={pressure.total}\n"
