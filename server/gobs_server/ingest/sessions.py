"""Which session owns which node: a newer stream takes over from an older one, and two agents may not share a name."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable

import grpc

from gobs_proto import gobs_pb2 as pb
from gobs_server.clock import Clock
from gobs_server.history import History
from gobs_server.ingest.budget import Budget
from gobs_server.ingest.hello import Greeting
from gobs_server.ingest.refusal import Refusal
from gobs_server.ingest.session import Session
from gobs_server.live import Live
from gobs_server.services import NotConnected
from gobs_server.tables import RunState

TWO_AGENTS = "two agents claim this name"
_RIVAL_SECONDS = 180.0
"""How long after its last attempt a second agent is still spoken of."""
_REPLACED = 8
"""Runs remembered that lost a node to another run."""
_MOST_PARTS_BYTES = 128 << 20
"""Of all frames of which parts are still to come."""
_BACK_PER_SECOND = 200.0
"""Agents that may come back in a second, each with its TLS handshake and its Hello, without a queue building up."""
_SKEW = 30.0
"""Seconds a node's clock may be off before it is said."""


class Sessions:
    """All streams being served. Lives as long as the server.

    `owned` tells of a node that is not connected whether an identity of its own is known for it. No more than `most`
    agents are connected at once.
    """

    def __init__(
        self,
        live: Live,
        history: History,
        clock: Clock,
        owned: Callable[[str], bool] | None = None,
        *,
        most: int = 5000,
    ) -> None:
        self._live = live
        self._history = history
        self._clock = clock
        self._owned = owned
        self._owners: set[str] = set()
        self._most = most
        self._parts = Budget(_MOST_PARTS_BYTES)
        self._epochs = itertools.count(1)
        self._current: dict[str, Session] = {}
        self._states: dict[str, RunState] = {}
        self._replaced: dict[str, deque[str]] = {}
        self._rivals: dict[str, float] = {}
        self.draining = False

    def __len__(self) -> int:
        """How many agents are connected."""
        return len(self._current)

    @property
    def spread(self) -> float:
        """Seconds over which all agents should come back when they have lost their server, or it them."""
        return len(self._live) / _BACK_PER_SECOND

    async def inspect(
        self, node: str, table: str, key: tuple[str, ...], sections: tuple[str, ...], timeout: float = 5
    ) -> dict[str, object]:
        """Ask the agent of a node about one row; raises InspectError."""
        session = self._current.get(node)
        if session is None:
            raise NotConnected(f"no agent of node {node!r} is connected")
        return await session.questions.ask(session.send, table, key, sections, timeout)

    def open(self, greeting: Greeting) -> Session:
        """Begin a session and fence the one before it; raises Refusal when the node is another living agent's."""
        name = greeting.node
        if self.draining:
            raise Refusal(grpc.StatusCode.UNAVAILABLE, "draining", "the server is ending; try again in a moment")
        if name not in self._current and len(self._current) >= self._most:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "too many agents",
                f"{self._most} agents are connected: raise server.max_agents",
            )
        if not self._live.has_room(name):
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "too many nodes",
                f"{self._live.most} nodes are known, and none named {name!r}: raise server.max_nodes, or wait until "
                "nodes that are down are forgotten (server.forget)",
            )
        self._check_owner(greeting)
        old = self._current.get(name)
        if old is not None:
            self._check_rival(old, greeting)
            if old.greeting.run != greeting.run:
                self._replaced.setdefault(name, deque(maxlen=_REPLACED)).append(old.greeting.run)
            self._close(old)
            old.end(Refusal(grpc.StatusCode.ABORTED, "replaced", "a newer stream of this node has taken its place"))
        node = self._live.connect(
            name,
            agent_version=greeting.agent_version,
            protocol=greeting.protocol,
            boot_id=greeting.boot_id,
            run=greeting.run,
            interval=greeting.interval,
            skew=greeting.wall - self._clock.wall(),
        )
        state = self._state(greeting)
        session = Session(next(self._epochs), greeting, node, state, self._clock, self._parts)
        self._current[name] = session
        if greeting.identity.bound:
            self._owners.add(name)
        self._live.set_plugins(node, greeting.plugins)
        self._history.begin(name, greeting.run, state.schemas)
        self._note(session)
        return session

    def connected(self) -> list[Session]:
        """The sessions that own a node."""
        return list(self._current.values())

    def session(self, node: str) -> Session | None:
        """The session that owns a node."""
        return self._current.get(node)

    def owns(self, session: Session) -> bool:
        """Whether what the session carries still counts."""
        return self._current.get(session.greeting.node) is session

    def silent(self, session: Session) -> bool:
        """Whether nothing has come for so long that its node is stale."""
        return self._clock.monotonic() - session.node.heard >= self._live.stale_after(session.node)

    def closed(self, session: Session) -> None:
        """The stream has ended, whoever ended it. Of a session that lost its node this changes nothing."""
        session.questions.close()
        session.release()
        if self.owns(session):
            del self._current[session.greeting.node]
            self._close(session)
            self._live.disconnect(session.node)

    def drain(self, reason: str, retry_after_ms: int) -> None:
        """Say goodbye to all agents and let none in any more."""
        self.draining = True
        for session in list(self._current.values()):
            session.end(pb.Bye(reason=reason, retry_after_ms=retry_after_ms))

    def tick(self) -> None:
        """Let go of old news of second agents, and of what is kept of nodes long down; called about once a second."""
        for name in self._live.expire():
            self._states.pop(name, None)
            self._replaced.pop(name, None)
            self._owners.discard(name)
        now = self._clock.monotonic()
        for name, until in list(self._rivals.items()):
            if until <= now:
                del self._rivals[name]
                self._replaced.pop(name, None)
                if name in self._current:
                    self._note(self._current[name])

    def _is_owned(self, name: str) -> bool:
        return name in self._owners or (self._owned is not None and self._owned(name))

    def _check_owner(self, greeting: Greeting) -> None:
        """Raise Refusal where the node has an identity of its own and whoever comes has none."""
        name = greeting.node
        if not greeting.identity.bound and self._is_owned(name):
            raise Refusal(
                grpc.StatusCode.PERMISSION_DENIED,
                "not its name",
                f"node {name!r} has an identity of its own, and what this agent shows belongs to no node: give it what "
                "the node's own agent has, or another name (--node, GOBS_AGENT__NODE)",
            )

    def _check_rival(self, old: Session, greeting: Greeting) -> None:
        """Raise Refusal where another living agent has the name.

        Of two with one and the same identity the newer wins, unless the older comes back: then both live, and both are
        told of. Without identities this is a guard against mistakes alone: whoever has the shared token can wait for a
        node to be silent, or learn its boot id. Of run, which nobody else needs, REST says nothing.
        """
        name = greeting.node
        came_back = greeting.run != old.greeting.run and greeting.run in self._replaced.get(name, ())
        if self.silent(old) or (_same(old.greeting, greeting) and not came_back):
            return
        self._rivals[name] = self._clock.monotonic() + _RIVAL_SECONDS
        self._note(old)
        raise Refusal(
            grpc.StatusCode.ALREADY_EXISTS,
            "two agents",
            f"two agents claim the name {name!r}: another one, on another machine or of another start, is connected "
            "and alive; give each node a name of its own (--node, GOBS_AGENT__NODE)",
        )

    def _note(self, session: Session) -> None:
        notes = list(session.greeting.notes)
        if session.greeting.node in self._rivals:
            notes.insert(0, TWO_AGENTS)
        if abs(session.node.skew) > _SKEW:
            ahead = "ahead of" if session.node.skew > 0 else "behind"
            notes.append(f"its clock is {abs(session.node.skew):.0f} s {ahead} the server's")
        self._live.set_notes(session.node, tuple(notes))

    def _state(self, greeting: Greeting) -> RunState:
        before = self._states.get(greeting.node)
        schemas = greeting.schemas
        if before is not None and before.run == greeting.run and before.schemas.tables == schemas.tables:
            schemas = before.schemas
        else:
            before = None
        state = self._states[greeting.node] = RunState(schemas, run=greeting.run, before=before)
        return state

    def _close(self, session: Session) -> None:
        self._history.end(session.greeting.node, session.greeting.run)


def _same(old: Greeting, new: Greeting) -> bool:
    """Whether they are one agent, as far as can be told; who has proved whose it is wins over who has not."""
    if new.identity.bound:
        return not old.identity.bound or new.identity.who == old.identity.who
    return new.run == old.run or bool(new.boot_id and new.boot_id == old.boot_id)
