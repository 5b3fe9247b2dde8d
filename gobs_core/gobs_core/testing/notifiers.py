"""What every notifier must keep to, whatever it speaks to."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import msgspec

from gobs_core.notification import AlertState, Contributor, Event, Notification, Receipt, Severity
from gobs_core.notifier import MOST_ALERTS, Channel, Notifier, NotifierConfig, Rejected, TryLater, Unusable
from gobs_core.plugins.checks import check_class
from gobs_core.plugins.registry import contract_of
from gobs_core.testing.configs import default_config
from gobs_core.testing.watch import watched
from gobs_core.testing.within import Step, within
from gobs_core.units import Unit
from gobs_core.values import Secret

SOON = 2.0
"""Seconds `open` and `close` may take."""
_BLOCKS = 8.0
"""Seconds beyond those, after which a call blocks its event loop; one that is given more patience gets one more."""
HOSTILE = "@everyone <@&1> <script>alert(1)</script> \x1b[31m\u202e\u2028\N{PILE OF POO}\ud800 `*_~| \x00" + "x" * 4000
"""A name as a stranger may choose it; the surrogate is taken out where it could not even be encoded."""
_AT = 1_700_000_000.0
_KEY = "0192f0c4-0000-7000-8000-00000000000"


def example_notification(
    event: Event = Event.FIRING, *, alerts: int = 1, text: str = "", key: str = "1"
) -> Notification:
    """Return a notification for tests: `alerts` alerts, every name in it followed by `text`."""
    over = event is Event.RESOLVED
    contributor = Contributor(
        namespace=f"shop{text}",
        pod=f"web-0{text}",
        container=f"app{text}",
        pid="4242",
        command=f"python worker.py{text}",
        value=90.5,
        text="90.5 %",
        share=61.0,
        change=80.0,
        change_text="+80 %",
    )
    alert = AlertState(
        id=_KEY,
        state="resolved" if over else "firing",
        severity=Severity.CRITICAL,
        node=f"worker-1{text}",
        namespace=f"shop{text}",
        owner=f"Deployment/web{text}",
        pod=f"web-0{text}",
        container=f"app{text}",
        row=f"shop/web-0{text}",
        labels={f"app{text}": f"web{text}"},
        metric="memory",
        condition="above 90 %",
        value=95.25,
        value_text="95.3 %",
        worst=97.0,
        worst_text="97 %",
        threshold=90.0,
        threshold_text="90 %",
        unit=Unit.PERCENT,
        since=_AT - 300,
        fired=_AT - 180,
        resolved=_AT if over else None,
        duration=300.0,
        reason=f"the value is back{text}" if over else "",
        contributors=() if event is Event.TEST else (contributor,) * 5,
        link="https://gobs.example/alerts/1",
    )
    return Notification(
        key=f"{_KEY}{key}",
        event=event,
        at=_AT,
        rule_id=_KEY,
        rule=f"pod memory{text}",
        severity=Severity.CRITICAL,
        summary=f"pod memory: {alerts} alerts, memory 95.3 % on worker-1{text}",
        group="pod memory",
        alerts=() if event is Event.TEST else (alert,) * alerts,
        more=3,
        firing=0 if over else alerts + 3,
        note=f"look at the queue first{text}",
        runbook="https://wiki.example/memory",
        link="https://gobs.example/alerts",
        mention="<@&42>",
    )


class Sent(NamedTuple):
    """What became of one message."""

    event: str
    taken: bool
    """Whether the service took it, as far as the notifier says."""
    said: str
    """What it answered, or why it did not take it."""


def check_notifier(
    cls: type[Notifier], *, config: NotifierConfig | None = None, channel: Channel | None = None, patience: float = SOON
) -> tuple[Sent, ...]:
    """Raise AssertionError unless the notifier keeps its contract; returns what became of every message it was given.

    After one that is not answered within `patience` no other is given.

    Nobody need be listening where it sends to: that a message was not taken is no fault.
    """
    check_class(contract_of(Notifier), cls)
    made = config or default_config(cls)
    where = channel or Channel("conformance")
    limit = max(patience + 1, SOON + _BLOCKS)
    return within(limit, cls.__name__, lambda step: asyncio.run(_check(cls, made, where, patience, step)))


async def _check(
    cls: type[Notifier], config: NotifierConfig, channel: Channel, patience: float, step: Step
) -> tuple[Sent, ...]:
    step.begin(f"{cls.__name__}: its constructor")
    with watched() as seen:
        notifier = cls(config, channel)
    assert not seen, f"{cls.__name__}: its constructor does input or output: {seen[0]}; do it in open()"
    await _soon(notifier.close(), f"{cls.__name__}: close, unopened,", patience, step)
    notifier = cls(config, channel)
    await _soon(notifier.open(), f"{cls.__name__}: open", patience, step)
    reference, found = "", []
    for number, notification in enumerate(_strange(cls)):
        again = msgspec.structs.replace(notification, reference=reference)
        what = f"notification {number} ({again.event})"
        step.begin(f"{cls.__name__}: send, of {what},")
        sent, reference = await _send(cls, notifier, again, what, patience)
        found.append(sent)
        if sent.said == _silent(patience):
            break
    await _soon(notifier.close(), f"{cls.__name__}: close", patience, step)
    await _soon(notifier.close(), f"{cls.__name__}: the second close", patience, step)
    return tuple(found)


def _strange(cls: type[Notifier]) -> list[Notification]:
    hostile = HOSTILE.encode("utf-8", "replace").decode()
    events = [example_notification(event, key=str(n)) for n, event in enumerate(Event)]
    most = min(cls.most, MOST_ALERTS)
    return [
        *events,
        example_notification(key="6", text=hostile),
        example_notification(key="7", alerts=most),
        example_notification(Event.RESOLVED, key="8", alerts=most, text=hostile),
        Notification(key="9", event=Event.FIRING, at=0.0, summary=""),
    ]


async def _send(
    cls: type[Notifier], notifier: Notifier, notification: Notification, what: str, patience: float
) -> tuple[Sent, str]:
    """Send one message; return what became of it, and the reference that the next one is given."""
    event = notification.event.value
    try:
        receipt = await asyncio.wait_for(notifier.send(notification), patience)
    except (TryLater, Rejected, Unusable) as outcome:
        _check_secrets(cls, notifier.config, f"{what}: what it raises", str(outcome))
        return Sent(event, False, f"{type(outcome).__name__}: {outcome}"), ""
    except TimeoutError:
        # It may wait for its peer; the channel's own deadline ends that.
        return Sent(event, False, _silent(patience)), ""
    except Exception as error:
        name = type(error).__name__
        text = f"{cls.__name__}: {what}: send raises {name}: {error}; only TryLater, Rejected and Unusable may be"
        raise AssertionError(text) from error
    assert isinstance(receipt, Receipt), f"{cls.__name__}: {what}: send must return a Receipt, not {receipt!r}"
    _check_secrets(cls, notifier.config, f"{what}: its receipt", f"{receipt.said} {receipt.reference}")
    return Sent(event, True, receipt.said), receipt.reference


def _silent(patience: float) -> str:
    return f"no answer within {patience:g} s"


def _check_secrets(cls: type[Notifier], config: NotifierConfig, what: str, text: str) -> None:
    for field in config.__struct_fields__:
        value = getattr(config, field)
        shown = isinstance(value, Secret) and bool(value) and str(value) in text
        assert not shown, f"{cls.__name__}: {what} holds the secret `{field}`"


async def _soon(work: object, what: str, seconds: float, step: Step) -> None:
    step.begin(what)
    assert asyncio.iscoroutine(work), f"{what} must be an async function"
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        raise AssertionError(f"{what} takes more than {seconds:g} s") from None
