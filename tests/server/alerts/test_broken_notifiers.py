"""A channel whose notifier is broken waits and goes on; one that fails says where; a test is tried in any case."""

from __future__ import annotations

import asyncio
import html
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gobs_core import PluginState
from gobs_server.alerts.records import ChannelSettings
from gobs_server.http import create_app
from tests.server.alerts.living import Living, memory
from tests.server.alerts.test_workers import MESSAGE, living
from tests.server.alerts.theirs import LineConfig, LineNotifier
from tests.support.waiting import until

BROKEN = PluginState(kind="plugin", name="line", state="broken", error="Traceback …\nImportError: no such thing")


def channel(server: Living, name: str) -> ChannelSettings:
    found = server.alerts.book.channel_named(name)
    assert found is not None
    return found


async def add(server: Living, name: str = "file", **settings: Any) -> ChannelSettings:
    made = ChannelSettings(id=name, name=name, kind="line", settings=settings)
    await server.alerts.switchboard.put(made)
    return made


async def test_a_channel_whose_notifier_is_broken_waits_with_the_reason_and_goes_on_when_it_is_mended(
    tmp_path: Path,
) -> None:
    said = tmp_path / "said"
    async with living(tmp_path, LineNotifier, configs={}) as first:
        await add(first, path=str(said))
        await first.rule()
        machine = first.machine()
    again: dict[str, Any] = {"address": first.address, "cluster": first.cluster, "configs": {}}
    for _ in range(2):  # more than one start
        async with Living(tmp_path, memory(), failed=(BROKEN,), **again) as broken:
            await until(lambda: bool(channel(broken, "file").stopped))
            assert channel(broken, "file").stopped == "the notifier line is broken: ImportError: no such thing"
            await broken.feed(machine, {"a": 60.0})
            assert broken.alerts.post.waiting()["file"] == 1
            app = create_app(replace(broken.cluster.services(), alerts=broken.alerts)).test_client()
            for path in ("/alerts/channels", "/alerts/channels/file"):
                page = html.unescape(await (await app.get(path)).get_data(as_text=True))
                assert "the notifier line is broken: ImportError: no such thing" in page
    assert not said.exists()
    async with living(tmp_path, LineNotifier, **again) as mended:
        await until(lambda: channel(mended, "file").stopped == "")
        mended.move(60)
        await until(said.exists)
        assert not channel(mended, "file").waits


async def test_what_a_service_has_stopped_stays_stopped_over_a_restart(tmp_path: Path) -> None:
    async with living(tmp_path, LineNotifier, configs={}) as first:
        made = await add(first, path=str(tmp_path / "said"))
        await first.alerts.switchboard.stop(replace_stopped(made, "401 Unauthorized"))
    async with living(tmp_path, LineNotifier, address=first.address, cluster=first.cluster, configs={}) as second:
        assert channel(second, "file").stopped == "401 Unauthorized"
        assert second.alerts.post.made("line")


def replace_stopped(made: ChannelSettings, why: str) -> ChannelSettings:
    return msgspec.structs.replace(made, stopped=why)


async def test_a_wrong_section_of_the_settings_breaks_its_own_channel_and_no_other_of_that_notifier(
    tmp_path: Path,
) -> None:
    why = "notifiers.line.path: expected text, got 3"
    good = {"line": LineConfig(path=str(tmp_path / "of-settings"))}
    async with living(tmp_path, LineNotifier, configs=good) as first:
        await add(first, "mine", path=str(tmp_path / "mine"))
    again: dict[str, Any] = {"address": first.address, "cluster": first.cluster}
    async with living(tmp_path, LineNotifier, configs={}, unfit={"line": why}, **again) as wrong:
        await until(lambda: channel(wrong, "line").stopped == why)
        assert channel(wrong, "mine").stopped == ""
        assert await wrong.alerts.post.test(channel(wrong, "mine")) == (True, "written")
        assert await wrong.alerts.post.test(channel(wrong, "line")) == (False, why)
    async with living(tmp_path, LineNotifier, configs=good, **again) as mended:
        await until(lambda: channel(mended, "line").stopped == "")


async def test_a_test_that_somebody_asks_for_is_tried_in_quarantine_and_leads_to_none(tmp_path: Path) -> None:
    lasts = tmp_path / "broken"
    lasts.touch()
    async with living(tmp_path, LineNotifier, configs={}) as server:
        made = await add(server, path=str(tmp_path / "said"), fault="shout", while_there=str(lasts))
        for _ in range(5):
            taken, said = await server.alerts.post.test(made)
            assert not taken
            assert said.startswith("RuntimeError: boom (")
            assert "theirs.py, line " in said
        [notifier] = server.alerts.post.made("line")
        assert notifier.quarantine == "", "tests alone put nothing in quarantine"
        for _ in range(3):
            with suppress(Exception):
                await server.alerts.post._senders["file"].attempt(MESSAGE)
        assert notifier.quarantine.startswith("3 failures in a row, the last: RuntimeError: boom (")
        assert (await server.alerts.post.test(made))[1].startswith("RuntimeError: boom (")
        lasts.unlink()
        assert await server.alerts.post.test(made) == (True, "written")
        assert notifier.quarantine == ""


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("shout", "RuntimeError: boom ("),
        ("wrong", "TypeError: send must return a Receipt, not 'sent' ("),
        ("hang", "no answer within 1 s; its worker was ended ("),
    ],
)
async def test_a_notifier_that_fails_says_why_and_where_with_its_stack(tmp_path: Path, fault: str, says: str) -> None:
    async with living(tmp_path, LineNotifier, configs={}) as server:
        made = await add(server, path=str(tmp_path / "said"), fault=fault, timeout=1)
        taken, said = await server.alerts.post.test(made)
        assert not taken
        assert said.startswith(says)
        state = next(one for one in server.alerts.states() if (one.kind, one.name) == ("notifier", "line"))
        assert (state.state, state.failures) == ("failing", 1)
        assert state.error.startswith(f"file: {says}")
        assert "theirs.py" in state.error
        assert "theirs.py" in state.trace


async def test_a_message_that_is_tried_again_and_again_is_seen_on_its_channels_line(tmp_path: Path) -> None:
    async with living(tmp_path, LineNotifier, configs={}) as server:
        await add(server, path=str(tmp_path / "said"), fault="shout")
        await server.rule()
        await server.feed(server.machine(), {"a": 60.0})
        server.move(60)
        async with asyncio.timeout(30):
            while not server.alerts.post.failing("file").startswith("2 attempts, last: RuntimeError: boom ("):
                server.move(30)
                await asyncio.sleep(0.05)
        app = create_app(replace(server.cluster.services(), alerts=server.alerts)).test_client()
        [told] = (await (await app.get("/api/v1/channels")).get_json())["channels"]
        assert told["failing"] == server.alerts.post.failing("file")
        assert told["waiting"] == 1
        page = html.unescape(await (await app.get("/alerts/channels")).get_data(as_text=True))
        assert told["failing"] in page
        assert ">failing<" in page
