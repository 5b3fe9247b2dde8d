"""The webhook: Alertmanager's shape, a signature that proves who sent it, and what each answer means."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from gobs_core import Event, Rejected, Secret, TryLater, Unusable
from gobs_core.testing import check_notifier, example_notification
from gobs_notifiers.webhook import WebhookConfig, WebhookNotifier, message_of
from tests.notifiers.service import INSIDE, Script, answer, service
from tests.support.secrets import MARK, marked

KEY = marked("signing-key")


def made(url: str, **settings: Any) -> WebhookNotifier:
    return WebhookNotifier(WebhookConfig(url=Secret(url), **settings), INSIDE, clock=lambda: 1_700_000_000.9)


async def test_a_message_has_alertmanagers_shape() -> None:
    script = Script(answer(200, {"ok": True}))
    async with service(script) as url:
        notifier = made(f"{url}/hook?team=shop")
        receipt = await notifier.send(example_notification(alerts=2))
        await notifier.close()
    (asked,) = script.asked
    assert (asked.path, asked.query) == ("/hook", {"team": "shop"})
    message = asked.json()
    assert message["version"] == "4"
    assert set(message) == {
        "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels",
        "commonAnnotations", "externalURL", "alerts",
    }  # fmt: skip
    assert message["status"] == "firing"
    assert message["truncatedAlerts"] == 3
    assert len(message["alerts"]) == 2
    alert = message["alerts"][0]
    assert set(alert) == {
        "status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"
    }  # fmt: skip
    assert alert["labels"]["alertname"] == "pod memory"
    assert alert["labels"]["pod"] == "web-0"
    assert alert["endsAt"].startswith("0001-01-01")
    assert all(isinstance(value, str) for value in (*alert["labels"].values(), *alert["annotations"].values()))
    assert receipt.said == 'HTTP 200: {"ok":true}'


def test_what_is_over_says_when() -> None:
    message = message_of(example_notification(Event.RESOLVED), INSIDE)
    assert message["status"] == "resolved"
    assert message["alerts"][0]["status"] == "resolved"
    assert message["alerts"][0]["endsAt"] == "2023-11-14T22:13:20.000Z"


def test_a_test_has_an_alert_for_readers_that_want_one() -> None:
    (alert,) = message_of(example_notification(Event.TEST), INSIDE)["alerts"]
    assert alert["labels"]["alertname"]


async def test_the_signature_is_the_hmac_of_time_and_body_and_repetitions_are_told_by_their_key() -> None:
    script = Script(answer(204))
    async with service(script) as url:
        notifier = made(url, signing_key=Secret(KEY), authorization=Secret(f"Bearer {MARK}"))
        await notifier.send(example_notification())
        await notifier.send(example_notification())
        await notifier.close()
    for asked in script.asked:
        stamp = asked.headers["X-Gobs-Timestamp"]
        wanted = hmac.new(KEY.encode(), stamp.encode() + b"." + asked.body, hashlib.sha256).hexdigest()
        assert asked.headers["X-Gobs-Signature"] == f"sha256={wanted}"
        assert asked.headers["Authorization"] == f"Bearer {MARK}"
    assert stamp == "1700000000"
    first, second = (asked.headers["Idempotency-Key"] for asked in script.asked)
    assert first == second == example_notification().key


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, Rejected), (413, Rejected), (422, Rejected), (401, Unusable), (403, Unusable), (404, Unusable),
        (410, Unusable), (301, Unusable), (307, Unusable), (408, TryLater), (429, TryLater), (500, TryLater),
        (503, TryLater),
    ],
)  # fmt: skip
async def test_what_an_answer_means(status: int, raised: type[Exception]) -> None:
    script = Script(answer(status, {"why": "because"}, Retry_After="9", Location="http://127.0.0.1/"))
    async with service(script) as url:
        notifier = made(url)
        with pytest.raises(raised, match=f"HTTP {status}") as refused:
            await notifier.send(example_notification())
        await notifier.close()
    if raised is TryLater:
        assert refused.value.after == 9  # type: ignore[attr-defined]
    assert len(script.asked) == 1


async def test_a_service_that_repeats_a_secret_does_not_make_it_known() -> None:
    script = Script(answer(400, f"bad key {KEY} Bearer {MARK}"))
    async with service(script) as url:
        notifier = made(url, signing_key=Secret(KEY), authorization=Secret(f"Bearer {MARK}"))
        with pytest.raises(Rejected) as refused:
            await notifier.send(example_notification())
        await notifier.close()
    assert KEY not in str(refused.value)
    assert MARK not in str(refused.value)


def test_it_keeps_the_contract() -> None:
    check_notifier(
        WebhookNotifier,
        config=WebhookConfig(url=Secret("http://127.0.0.1:9/"), signing_key=Secret(KEY)),
        channel=INSIDE,
    )
