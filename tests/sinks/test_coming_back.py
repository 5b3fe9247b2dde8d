"""Ten thousand agents that have lost their server at once: the real pauses, on a virtual clock, against a model of it.

The model takes agents one after the other. Whoever is not welcomed within the real patience has given up, which costs
the server a part of the work all the same, and pauses. Both costs fit what was measured of the real server, on two
cores shared with 10,000 agents: all that came within 30 s were taken without a failure, and of those that came at once
the last after 42 s, with 26,329 failures.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from gobs_server.clock import Clock
from gobs_server.history import History
from gobs_server.ingest import Sessions
from gobs_server.live import Live
from gobs_sinks.grpc.backoff import Backoff
from gobs_sinks.grpc.session import Patience

AGENTS = 10_000
PER_SECOND = 333.0
"""Agents the server takes in."""
GIVEN_UP = 0.15
"""The work for one that has given up, as a part of that for one that is taken in."""


@dataclass
class Comeback:
    """What became of it. Times in seconds after the server was back."""

    failed: int = 0
    """Attempts at a server that was there."""
    in_vain: int = 0
    """Attempts while it was away."""
    back: list[float] = field(default_factory=list)

    @property
    def all_back(self) -> float:
        return max(self.back)


def comeback(dice: Callable[[], float], *, spread: float, away: float, agents: int = AGENTS) -> Comeback:
    """Let all lose their server at once, which is back after `away` seconds."""
    found, patience, order = Comeback(), Patience().welcome, itertools.count()
    free_at = away
    attempts: list[tuple[float, int, Backoff]] = []
    for _ in range(agents):
        backoff = Backoff(dice)
        backoff.spread(spread)
        heapq.heappush(attempts, (backoff.pause(), next(order), backoff))
    while attempts:
        now, _, backoff = heapq.heappop(attempts)
        if now < away:
            found.in_vain += 1
            heapq.heappush(attempts, (now + backoff.pause(), next(order), backoff))
            continue
        begun = max(free_at, now)
        free_at = begun + (1 if begun - now <= patience else GIVEN_UP) / PER_SECOND
        if free_at - now <= patience:
            found.back.append(free_at - away)
        else:
            found.failed += 1
            heapq.heappush(attempts, (now + patience + backoff.pause(), next(order), backoff))
        assert found.failed < 100 * agents
    return found


def spread_of(agents: int) -> float:
    """What the real server tells so many agents."""
    live = Live(Clock(), most=agents)
    for number in range(agents):
        live.remember(f"n{number}", first_seen=0, last_seen=0)
    return Sessions(live, History(Clock()), Clock()).spread


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("away", [0.0, 5.0, 30.0])
def test_with_jitter_no_attempt_fails_that_finds_a_server(away: float, seed: int) -> None:
    found = comeback(random.Random(seed).random, spread=spread_of(AGENTS), away=away)
    assert found.failed == 0
    assert len(found.back) == AGENTS
    assert found.all_back <= 2 * spread_of(AGENTS)


def test_without_jitter_they_hinder_each_other() -> None:
    found = comeback(lambda: 1.0, spread=0.0, away=0.0)
    assert found.failed > AGENTS
    assert found.all_back > 30
    assert len(found.back) == AGENTS


def test_with_the_agents_own_jitter_alone_ten_thousand_would_be_too_many() -> None:
    """Why the server tells them over how long to spread: the first pause alone is of one second."""
    assert comeback(random.Random(1).random, spread=0.0, away=0.0).failed > 1000


@pytest.mark.parametrize("agents", [1, 7, 100])
def test_few_agents_are_back_within_seconds(agents: int) -> None:
    found = comeback(random.Random(2).random, spread=spread_of(agents), away=0.0, agents=agents)
    assert found.failed == 0
    assert found.all_back <= 2
