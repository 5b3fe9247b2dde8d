"""Real agents that all lose their server at once, over TLS and each with a credential of its own, come back to it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.returning.crowd import crowd
from tests.support.returning.found import together
from tests.support.returning.place import Place
from tests.support.soak import counts

FULL = 10_000
REFUSED = "gobs_server_refused_streams{"


@counts("agents", reduced=30, full=FULL, seconds=240)
async def test_all_come_back_and_none_is_sent_away_by_a_server_that_is_there(agents: int, tmp_path: Path) -> None:
    place = await asyncio.to_thread(Place, tmp_path, agents)
    one = 1 if agents < FULL else 2
    with place.server() as first:
        async with crowd(place, over=agents / 100, interval=20 if agents == FULL else 1, processes=one) as all_of_them:
            came = await all_of_them.until_all(agents, 600)
            first.kill()
            with place.server() as second:
                back = await all_of_them.until_all(agents, 600)
                taken = await all_of_them.until_all(agents, 600, acknowledged=True)
                refused = [line for line in second.text("/metrics").splitlines() if line.startswith(REFUSED)]
    said = together([came, back, taken]).said
    assert refused == []
    assert [text for text in said if "refuse" in text.lower() and "connection refused" not in text.lower()] == []
    assert [text for text in said if "who this is" in text] == []
    assert said["connected: "] == 2 * agents
