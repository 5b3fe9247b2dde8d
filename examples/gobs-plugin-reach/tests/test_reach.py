"""The collector connects to a real port, says why it could not, and keeps its contract."""

# ruff: noqa: D103  a test's name is its sentence

import socket
from collections.abc import Iterator

import pytest
from gobs_reach import ReachCollector

from gobs_core import Missing
from gobs_core.testing import FakeProc, check_collector, collect


@pytest.fixture
def port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_who_listens_is_up_and_who_does_not_says_why(proc: FakeProc, port: str) -> None:
    config = ReachCollector.Config(targets=(port, "127.0.0.1:1", "nonsense"))
    up, down, nonsense = collect(ReachCollector, proc, config=config)["reach"]
    assert (up["target"], up["up"], up["error"]) == (port, 1, None)
    assert isinstance(up["connect"], float)
    assert (down["up"], down["connect"]) == (0, None)
    assert "refused" in str(down["error"])
    assert nonsense["up"] == 0


def test_without_a_target_there_is_no_data(proc: FakeProc) -> None:
    with pytest.raises(Missing, match="targets"):
        collect(ReachCollector, proc)


def test_keeps_the_contract(proc: FakeProc, port: str) -> None:
    check_collector(ReachCollector, proc, config=ReachCollector.Config(targets=(port,)))
