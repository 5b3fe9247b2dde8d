"""What every profiler must keep to, whatever it records with."""

from __future__ import annotations

import asyncio
import contextlib
import os

from gobs_core.errors import NoData
from gobs_core.plugins.checks import check_class
from gobs_core.plugins.registry import contract_of
from gobs_core.proc import Proc
from gobs_core.profile import Profile, check_profile
from gobs_core.profiler import (
    ProfileFailed,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    Profiler,
    ProfilerConfig,
    ProfileTarget,
)
from gobs_core.testing.configs import default_config
from gobs_core.testing.watch import watched

SOON = 3.0
"""Seconds a recording may take to end after it was cancelled."""
_ORDER = ProfileOrder(id="conformance", target=ProfileTarget(kind="process", pid=os.getpid()), duration=1.0)


def check_profiler(cls: type[Profiler], *, config: ProfilerConfig | None = None, proc: Proc | None = None) -> None:
    """Raise AssertionError, saying what and where, unless the profiler keeps its contract.

    It records this very process for a second where it can work here; where it cannot, it must say so by NoData.
    """
    check_class(contract_of(Profiler), cls)
    assert cls.title, f"{cls.__name__}: title must say what people choose it by"
    asyncio.run(_check(cls, config or default_config(cls), proc or Proc()))


async def _check(cls: type[Profiler], config: ProfilerConfig, proc: Proc) -> None:
    name = cls.__name__
    with watched() as seen:
        profiler = cls(config, proc)
    assert not seen, f"{name}: its constructor does input or output: {seen[0]}; do it in open()"
    profiler.close()
    profiler = cls(config, proc)
    missing: NoData | None = None
    try:
        await asyncio.to_thread(profiler.open)
    except NoData as reason:
        missing = reason
    if missing is not None:
        assert str(missing), f"{name}: open() raises NoData without a reason"
        profiler.close()
        return
    before = _children()
    profile, told = await _record(profiler, _ORDER)
    check_profile(profile)
    assert profile.profiler == cls.name, f"{name}: the profile must name its profiler, not {profile.profiler!r}"
    assert any(progress.state == "recording" for progress in told), f"{name}: record() never told that it records"
    await _check_cancelling(profiler)
    with contextlib.suppress(ProfileFailed):
        check_profile(await profiler.record(_ORDER, ProfileProcesses((2**22 - 1,)), lambda _: None))
    left = _children() - before
    assert not left, f"{name}: children are left behind: {sorted(left)}"
    profiler.close()
    profiler.close()


async def _record(profiler: Profiler, order: ProfileOrder) -> tuple[Profile, list[ProfileProgress]]:
    told: list[ProfileProgress] = []
    profile = await profiler.record(order, ProfileProcesses((os.getpid(),)), told.append)
    assert isinstance(profile, Profile), f"{type(profiler).__name__}: record() must return a Profile, not {profile!r}"
    return profile, told


async def _check_cancelling(profiler: Profiler) -> None:
    order = ProfileOrder(id="cancelled", target=_ORDER.target, duration=60.0)
    task = asyncio.create_task(profiler.record(order, ProfileProcesses((os.getpid(),)), lambda _: None))
    await asyncio.sleep(0.5)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=SOON)
    name = type(profiler).__name__
    assert done, f"{name}: record() does not end within {SOON:g} s after it was cancelled"
    assert task.cancelled(), f"{name}: record() must pass on its being cancelled"


def _children() -> set[int]:
    """The children of this process, ended ones that nobody has asked for included."""
    found: set[int] = set()
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children", "rb") as file:
            found.update(map(int, file.read().split()))
    return found
