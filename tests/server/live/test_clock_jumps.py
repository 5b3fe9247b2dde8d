"""The server's wall clock is set forward or back under it: nothing that is live is wrong, and nothing is lost."""

from __future__ import annotations

import pytest

from gobs_server.web.headlines import headlines
from tests.server.feeding import Cluster, HeldClock
from tests.server.tables import CPU, CPU_ROWS


class SetClock(HeldClock):
    """Its wall clock is set; its monotonic clock goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.off = 0.0

    def wall(self) -> float:
        return super().wall() + self.off


@pytest.mark.parametrize("jump", [86_400.0 * 400, 3600.0, -3600.0, -86_400.0 * 400])
def test_node_states_rates_and_headlines_do_not_follow_the_wall_clock(jump: float) -> None:
    clock = SetClock()
    cluster = Cluster(clock)
    here, silent = cluster.machine("here", CPU), cluster.machine("silent", CPU)
    for machine in (here, silent):
        machine.feed({CPU: CPU_ROWS[0]})
    cluster.live.disconnect(silent.node)
    clock.off = jump
    for second, state in ((5, "fresh"), (10, "stale"), (60, "down")):
        clock.move(second - (clock.monotonic() - 1000))
        here.feed({CPU: CPU_ROWS[1]} if second == 5 else {CPU: [("0", 350 + second), ("all", 400 + second)]})
        cluster.live.age()
        assert cluster.live.expire() == []
        assert (here.node.state, silent.node.state) == ("fresh", state)
        assert here.node.last_seen == clock.wall()
        if second == 5:
            assert here.node.tables["cpu"].view().rates["user"].tolist() == [0.5, 0.5]
            assert headlines(cluster.live, here.node)[0].text == "50.0 %"
    assert [node.name for node in cluster.live.nodes()] == ["here", "silent"]
    assert list(silent.node.tables) == ["cpu"]
    assert here.node.tables["cpu"].read_at == clock.wall()
    assert here.node.tables["cpu"].view().values["user"].tolist() == pytest.approx([4.1, 4.6])
