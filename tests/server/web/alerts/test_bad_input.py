"""Bad input by form and by REST: what is said beside its field, what is warned of, and that nothing is half-saved."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import Condition, Sample
from gobs_notifiers.webhook import WebhookNotifier
from gobs_server.http import create_app
from tests.server.alerts.living import Living
from tests.server.alerts.test_conditions import odd
from tests.server.web.alerts.test_pages import done, form_of, seen

LARGE = {"name": "large", "target": "row", "metric": "box.size", "threshold": 50}


async def send(client: Client, path: str, body: Any, status: int) -> Any:
    response = await client.post(f"/api/v1{path}", json=body)
    found = await response.get_json()
    assert response.status_code == status, found
    return found


def beside(page: str, field: str) -> str:
    """What is said beside a field of a form."""
    found = re.search(rf'<span id="w-{field}"><span class="fault">(.*?)</span>', page)
    found = found or re.search(rf'<span class="fault" id="w-{field}">(.*?)</span>', page)
    assert found is not None, page[-3000:]
    return unescape(found[1])


def faults(problem: Any) -> dict[str, str]:
    return {one["where"]: one["expected"] for one in problem["errors"]}


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"threshold": "50 GiB"}, "threshold", "a number"),
        ({"clear_threshold": "20 ms"}, "clear_threshold", "a number"),
        ({"window": "avg"}, "window_seconds", "how much of the past"),
        ({"window": "avg", "window_seconds": "7s"}, "window_seconds", "at least two readings, 10s"),
        ({"window": "max", "window_seconds": "3h"}, "window_seconds", "<= 3600"),
        ({"window_seconds": "1m"}, "window", "avg, min or max"),
        ({"level": "critical", "level_threshold": "9 GiB"}, "level_threshold", "a number"),
        ({"level": "warning", "level_threshold": "90"}, "level", "a severity of its own"),
    ],
    ids=str,
)
async def test_a_limit_in_a_unit_of_something_else_and_a_window_that_cannot_be_are_refused_beside_their_field(
    client: Client, living: Living, change: dict[str, str], field: str, said: str
) -> None:
    await living.feed(living.machine(), {"a": 10.0})
    page = await done(client, "/alerts/rules", form_of(**change), 422)
    assert said in beside(page, field)
    assert living.alerts.book.rules == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"node": "db-*"}, "no node's name matches"),
        ({"where": "name=nothing*"}, "nothing matches now; the rule waits for what will"),
    ],
    ids=["node", "row"],
)
async def test_a_glob_that_matches_nothing_is_warned_of_and_allowed(
    client: Client, living: Living, change: dict[str, str], said: str
) -> None:
    await living.feed(living.machine(), {"a": 10.0})
    assert said in await done(client, "/fragments/alerts/preview", form_of(**change), 200)
    await done(client, "/alerts/rules", form_of(**change))
    [saved] = living.alerts.book.rules.values()
    body: dict[str, Any] = {**LARGE, "name": "other"}
    body |= {"where": {"name": "nothing*"}} if "where" in change else change
    [warning] = (await send(client, "/rules", body, 201))["warnings"]
    assert said in warning
    assert said in " ".join((await send(client, "/rules/preview", {"rule": body | {"name": "third"}}, 200))["warnings"])
    assert {rule.name for rule in living.alerts.book.rules.values()} == {saved.name, "other"}


@pytest.fixture
async def hooks(tmp_path: Path) -> AsyncIterator[Living]:
    async with Living(tmp_path, WebhookNotifier, configs={}) as made:
        yield made


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "http://2130706433/",
    ],
)
async def test_a_webhook_that_points_inside_is_refused_beside_its_field_and_nothing_is_saved(
    hooks: Living, url: str
) -> None:
    client = create_app(replace(hooks.cluster.services(), alerts=hooks.alerts)).test_client()
    page = await done(client, "/alerts/channels", {"kind": "webhook", "name": "ops", "url": url}, 422)
    assert "server.inside_targets" in beside(page, "url")
    problem = await send(client, "/channels", {"name": "ops", "kind": "webhook", "settings": {"url": url}}, 422)
    assert "server.inside_targets" in faults(problem)["body.settings.url"]
    assert hooks.alerts.book.channels == {}


def _raises(sample: Sample) -> Sequence[float]:
    raise ZeroDivisionError("over <nothing>")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_raises, "it raised ZeroDivisionError: over <nothing>"),
        (lambda sample: [1.0], "it answered with 1 row when asked about 2"),
        (lambda sample: [0.5, 1.0], "it answered 0.5; only 1, 0 and NaN mean something"),
    ],
    ids=["raises", "wrong shape", "wrong values"],
)
async def test_a_rule_that_is_tried_says_how_its_condition_failed_instead_of_that_it_would_not_have_fired(
    tmp_path: Path, answer: Callable[[Sample], Sequence[float]], why: str
) -> None:
    condition: type[Condition] = odd(answer)
    async with Living(tmp_path, conditions=(condition,)) as living:
        client = create_app(replace(living.cluster.services(), alerts=living.alerts)).test_client()
        machine = living.machine()
        for _ in range(3):
            await living.feed(machine, {"a": 60.0, "b": 1.0})
        page = await done(client, "/fragments/alerts/preview", form_of(condition="odd", threshold=""), 200)
        assert why in page
        body = {"name": "odd", "target": "row", "metric": "box.size", "condition": "odd"}
        found = await send(client, "/rules/preview", {"rule": body}, 200)
        assert any(why in warning for warning in found["warnings"]), found
        assert living.alerts.book.rules == {}


async def test_what_is_wrong_in_rule_files_is_on_the_page_of_rules_as_text(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    rule = '[[rule]]\nname = "{}"\ntarget = "row"\nmetric = "box.{}"\nthreshold = 1\n'
    async with Living(tmp_path, rules=str(folder)) as living:
        await living.feed(living.machine(), {"a": 10.0})
        (folder / "a.toml").write_text(rule.format("good", "size") + rule.format("<img src=x>", "sise"))
        await living.alerts.files.look()
        client = create_app(replace(living.cluster.services(), alerts=living.alerts)).test_client()
        raw = await (await client.get("/alerts/rules")).get_data(as_text=True)
        assert "the nearest are box.size" in raw
        assert "<img src=x>" not in raw
        assert ">good<" in raw
        [good] = living.alerts.book.rules.values()
        page = await seen(client, f"/alerts/rules/{good.id}")
        assert "only changed there" in page
        assert "change it there" in await done(client, f"/alerts/rules/{good.id}", form_of(name="good"), 409)
        assert "change it there" in await done(client, f"/alerts/rules/{good.id}/delete", {}, 409)
        assert list(living.alerts.book.rules.values()) == [good]


async def test_what_fires_is_neither_changed_nor_deleted_and_stays_as_it_was(client: Client, living: Living) -> None:
    rule = await living.rule()
    await living.feed(living.machine(), {"a": 60.0})
    path = f"/alerts/rules/{rule.id}"
    for where, form in ((path, form_of(threshold="70")), (f"{path}/delete", {})):
        page = await done(client, where, form, 409)
        assert "dismiss what fires, or switch the rule off first" in page
        assert living.alerts.book.rules == {rule.id: rule}
    for method, body in (("PUT", {**LARGE, "threshold": 70}), ("DELETE", None)):
        response = await client.open(f"/api/v1/rules/{rule.id}", method=method, json=body)
        assert response.status_code == 409
        assert response.headers["Content-Type"].startswith("application/problem+json")
        assert "switch the rule off first" in (await response.get_json())["detail"]
        assert living.alerts.book.rules == {rule.id: rule}
    assert [alert.key for alert in living.alerts.keeper.alerts.values()] == [["a"]]
