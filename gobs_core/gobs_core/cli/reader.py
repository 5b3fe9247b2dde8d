"""Reading collectors without an agent, and as one does: ours here, those of others each in its worker."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gobs_core.agent.worker import Job, Worker
from gobs_core.apart import Apart
from gobs_core.cli.marked import Marked, errors, marked

if TYPE_CHECKING:
    from gobs_core.agent.runner import Outcome, Runner
    from gobs_core.frame import Reading
    from gobs_core.settings import Setup


class Reader:
    """Reads collectors any number of times within a `with`, at whose end all of them are closed and no worker is left.

    One that does not answer within its deadline, or ends its worker, costs its own rows.
    """

    def __init__(self, setup: Setup, *, bounded: bool = False) -> None:
        self._bounded = Worker("gobs collect") if bounded else None
        """Reads what is in this process, where that has deadlines too: whoever hangs is left behind with its thread."""
        self.apart = Apart(setup.settings.plugins.workers, setup.plugins, self._hear)
        self._interval = setup.settings.agent.interval
        self._redact = setup.settings.secrets
        self._loop = asyncio.Runner()
        self._runners: list[Runner] = []
        self._stack = contextlib.ExitStack()

    def read(self, runners: Sequence[Runner]) -> list[tuple[Reading, ...]]:
        """Read each once; how it went is in its state. One of others' that failed before is not asked again."""
        self._runners = list(runners)
        near = {runner.name: self._near(runner) for runner in runners if not runner.far}
        far = self._loop.run(self._far([runner for runner in runners if runner.far and not runner.state.failures]))
        return [(near | far).get(runner.name, ()) for runner in runners]

    def wait(self, seconds: float) -> None:
        """Let so much time pass."""
        self._loop.run(asyncio.sleep(seconds))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for runner in reversed(self._runners):
                if not runner.far and not runner.busy:
                    with contextlib.suppress(Exception), marked(runner.name):
                        runner.close()
            self._loop.run(self._end())
        finally:
            if self._bounded is not None:
                self._bounded.close()
            self._loop.close()
            self._stack.close()

    def _near(self, runner: Runner) -> tuple[Reading, ...]:
        now = time.monotonic_ns()
        if runner.busy:
            return runner.still_stuck(now)
        with marked(runner.name):
            if self._bounded is None:
                outcome: Outcome | None = runner.call()
            else:
                deadline = runner.collector.config.deadline or self._interval
                [outcome] = self._loop.run(self._bounded.run([Job(runner.call, deadline)]))
        return runner.finish(outcome, time.monotonic_ns())

    async def _far(self, runners: Sequence[Runner]) -> dict[str, tuple[Reading, ...]]:
        found = await asyncio.gather(*map(self._ask, runners))
        return {runner.name: readings for runner, readings in zip(runners, found, strict=True)}

    async def _ask(self, runner: Runner) -> tuple[Reading, ...]:
        from gobs_core.agent.far import FarRunner

        assert isinstance(runner, FarRunner)
        outcome = await runner.fetch(runner.collector.config.deadline or self._interval)
        return () if outcome is None else runner.finish(outcome, time.monotonic_ns())

    async def _end(self) -> None:
        from gobs_core.agent.far import FarRunner

        await asyncio.gather(*(runner.end() for runner in self._runners if isinstance(runner, FarRunner)))

    def _hear(self, _kind: str, name: str) -> Callable[[bytes], None]:
        from gobs_core.redact import Redactor

        printed = Marked(self._stack.enter_context(errors()), name, redact=Redactor(self._redact()))
        self._stack.callback(printed.finish)
        return printed.take
