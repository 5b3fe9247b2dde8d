"""Reading some collectors once or twice without an agent around them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from gobs_core.agent.build import build_inventories, build_runners
from gobs_core.agent.clock import Clock
from gobs_core.agent.inventories import Inventories
from gobs_core.agent.runner import Runner
from gobs_core.apart import Apart
from gobs_core.cli.reader import Reader
from gobs_core.errors import UserError
from gobs_core.frame import Reading
from gobs_core.kit.findings import reason
from gobs_core.plugins import Plugins
from gobs_core.proc import Proc
from gobs_core.redact import Redactor
from gobs_core.settings import Setup
from gobs_core.state import PluginState
from gobs_core.suggest import did_you_mean
from gobs_core.workloads import Workloads

if TYPE_CHECKING:
    from gobs_core.replay import Recording

PATIENCE = 5.0
"""Seconds that inventories get to tell names, where there are any to ask."""


class Result(NamedTuple):
    """What one collector had to say."""

    state: PluginState
    before: tuple[Reading, ...]
    """The first of two readings; nothing when it was read once."""
    after: tuple[Reading, ...]


@contextlib.contextmanager
def names_known(setup: Setup) -> Iterator[Workloads]:
    """What the inventories that would run tell of this machine's workloads, for as long as the `with` lasts."""
    workloads = Workloads()
    redact = Redactor(setup.settings.secrets())
    inventories = Inventories(build_inventories(setup.settings, setup.plugins, workloads, redact, quiet=True).running)
    try:
        inventories.open()
        inventories.wait(PATIENCE)
        yield workloads
    finally:
        for listener in inventories.listeners:
            with contextlib.suppress(Exception):
                listener.close()


def choose(
    setup: Setup,
    proc: Proc,
    names: Sequence[str],
    workloads: Workloads,
    clock: Clock | None = None,
    apart: Apart | None = None,
) -> list[Runner]:
    """The collectors of these names, or all; raises UserError for a name that is none, or that cannot run."""
    redact = Redactor(setup.settings.secrets())
    chosen = build_runners(setup.settings, setup.plugins, proc, clock or Clock(), redact, workloads, workers=apart)
    runners = {runner.name: runner for runner in chosen.running}
    idle = {state.name: state for state in (*setup.plugins.failed, *chosen.idle)}
    for name in names:
        if name not in runners and name in idle:
            raise UserError(f"collector {name!r} does not run: it is {idle[name].state}: {reason(idle[name])}")
        if name not in runners:
            raise UserError(f"there is no collector {name!r}{did_you_mean(name, runners)}")
    return [runners[name] for name in dict.fromkeys(names)] if names else list(runners.values())


def chosen(plugins: Plugins, names: Sequence[str]) -> Plugins:
    """The same plugins with these collectors alone; raises UserError for a name that is none."""
    for name in names:
        if name not in plugins.collectors:
            raise UserError(f"there is no collector {name!r}{did_you_mean(name, plugins.collectors)}")
    return replace(plugins, collectors=MappingProxyType({name: plugins.collectors[name] for name in names}))


def read(setup: Setup, proc: Proc, names: Sequence[str], workloads: Workloads, pause: float | None) -> list[Result]:
    """Read collectors once, or twice with a pause between; those of others in workers, as an agent does."""
    with Reader(setup) as reader:
        runners = choose(setup, proc, names, workloads, apart=reader.apart)
        first = reader.read(runners)
        second = first
        if pause is not None:
            reader.wait(pause)
            second = reader.read(runners)
    return [
        Result(runner.state, before if pause is not None else (), after)
        for runner, before, after in zip(runners, first, second, strict=True)
    ]


def read_recorded(setup: Setup, recording: Recording, names: Sequence[str], *, once: bool) -> list[Result]:
    """Read a recording to its end; what is told is its last reading, and the one before unless `once`."""
    from gobs_core.replay.looking import Replay

    with Replay(recording) as replay, Reader(setup, bounded=True) as reader:
        runners: list[Runner] = []
        before: list[tuple[Reading, ...]] = []
        after: list[tuple[Reading, ...]] = []
        for _ in replay:
            runners = runners or choose(setup, replay.proc, names, replay.workloads, replay.clock)
            before, after = after, reader.read(runners)
    first = before if before and not once else [()] * len(runners)
    return [Result(runner.state, one, two) for runner, one, two in zip(runners, first, after, strict=True)]
