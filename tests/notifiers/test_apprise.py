"""Apprise: its services through its own JSON one, over a real socket."""

from __future__ import annotations

import pytest

from gobs_core import Channel, Secret, TryLater, Unusable
from gobs_core.testing import check_notifier, example_notification
from gobs_notifiers.apprise import AppriseConfig, AppriseNotifier
from tests.notifiers.service import INSIDE, Script, answer, service

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's own


def made(urls: str, channel: Channel = INSIDE) -> AppriseNotifier:
    return AppriseNotifier(AppriseConfig(urls=Secret(urls)), channel)


async def test_a_message_goes_to_every_address() -> None:
    script = Script(answer(200))
    async with service(script) as url:
        here = url.replace("http://", "json://")
        notifier = made(f"{here}/one {here}/two")
        await notifier.send(example_notification())
        await notifier.close()
    assert sorted(asked.path.strip("/") for asked in script.asked) == ["one", "two"]
    message = script.asked[0].json()
    assert "pod memory" in message["title"]
    assert "worker.py" in message["message"]


async def test_what_did_not_arrive_is_tried_again() -> None:
    script = Script(answer(500))
    async with service(script) as url:
        notifier = made(url.replace("http://", "json://"))
        with pytest.raises(TryLater):
            await notifier.send(example_notification())
        await notifier.close()


@pytest.mark.parametrize("urls", ["nonsense", "nosuchservice://x", "   "])
async def test_an_address_it_does_not_know_is_refused(urls: str) -> None:
    with pytest.raises(Unusable, match=r"^urls: "):
        await made(urls).open()


async def test_an_address_that_leads_inside_is_refused() -> None:
    script = Script(answer(200))
    async with service(script) as url:
        notifier = made(url.replace("http://", "json://"), Channel("c"))
        with pytest.raises(Unusable, match="is this machine"):
            await notifier.send(example_notification())
        await notifier.close()
    assert script.asked == []


def test_it_keeps_the_contract() -> None:
    check_notifier(AppriseNotifier, config=AppriseConfig(urls=Secret("json://127.0.0.1:9/")), channel=INSIDE)
