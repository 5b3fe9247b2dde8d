"""An agent with collectors in workers, on a machine and a clock of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gobs_core import Frame, Proc
from gobs_core.agent.loop import Agent
from gobs_core.plugin import PluginConfig
from gobs_core.plugins import Origin, Plugins
from gobs_core.settings import AgentSettings, Settings
from gobs_core.settings.sections import PluginsSettings, WorkerSettings
from gobs_core.testing import FakeClock
from tests.core.fakes import FakeSink
from tests.core.workers import faulty
from tests.support.waiting import until

THEIRS = Origin("faulty", "gobs-plugin-faulty", "1.0", faulty.__name__)


def make_agent(
    proc: Proc,
    names: tuple[str, ...],
    *near: Any,
    clock: FakeClock | None = None,
    configs: Mapping[str, PluginConfig] | None = None,
    workers: WorkerSettings | None = None,
    sinks: tuple[Any, ...] = (FakeSink,),
    interval: float = 5.0,
) -> Agent:
    """Return an agent with the collectors of these names in workers, and `near` in its thread."""
    classes = {name: faulty.CLASSES[name] for name in names}
    given = {name: (configs or {}).get(name) or cls.Config(deadline=cls.patience) for name, cls in classes.items()}
    settings = Settings(
        agent=AgentSettings(node="here", interval=interval),
        plugins=PluginsSettings(workers=workers or WorkerSettings()),
        configs={("collector", name): config for name, config in given.items()},
    )
    plugins = Plugins(
        collectors={**{cls.name: cls for cls in near}, **classes},
        sinks={sink.name: sink for sink in sinks},
        origins={("collector", name): THEIRS for name in names},
    )
    return Agent(settings, plugins, Proc(proc.root, proc.sys), clock=clock or FakeClock(), run="0123")


async def settled(agent: Agent) -> None:
    """Wait until no collector is at work."""
    await until(lambda: not any(runner.busy for runner in agent.runners.values()), 60)


def sent(agent: Agent) -> list[Frame]:
    """All frames that were sent so far."""
    sink = agent.outboxes["fake"].sink
    assert isinstance(sink, FakeSink)
    return list(sink.frames)
