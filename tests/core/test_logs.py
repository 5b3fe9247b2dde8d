"""Logging: no secret, and no character that a terminal acts on, ever gets out."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import Secret
from gobs_core.logs import Cleaner, configure_logging, get_logger
from gobs_core.redact import Redactor, telling
from gobs_core.settings import LogSettings
from tests.support.programs import searched

CANARY = "canary-7f3a9c"


def written(form: str, *secrets: str, level: str = "debug") -> io.StringIO:
    stream = io.StringIO()
    configure_logging(LogSettings(format=form, level=level), Redactor(secrets), stream)  # type: ignore[arg-type]
    return stream


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_secret_is_not_logged_wherever_it_stands(form: str) -> None:
    out = written(form, CANARY)
    log = get_logger("test")
    log.info("message with " + CANARY)  # noqa: G003  as careless code does
    log.info("value", value=CANARY, deep={"list": [("x", CANARY)], CANARY: 1})
    log.info("object", value=object(), error=ValueError(CANARY))
    log.bind(bound=CANARY).warning("bound")
    log.info("bytes", raw=CANARY.encode())
    try:
        raise ConnectionError(f"cannot reach https://host/{CANARY}")
    except ConnectionError:
        log.exception("with a traceback")
    logging.getLogger("library").error("library says %s", CANARY)
    assert CANARY not in out.getvalue()
    assert out.getvalue().count("***") >= 8
    assert "ConnectionError" in out.getvalue()


@pytest.mark.parametrize(
    "key", ["token", "join_token", "password", "webhook_url", "client_secret", "Authorization", "api_key", "cookie"]
)
def test_what_stands_under_a_telling_key_is_not_logged(key: str) -> None:
    out = written("json")
    get_logger("test").info("x", **{key: "abc", "deep": {key: ["def"]}, "n": {key: 12345}})
    line = json.loads(out.getvalue())
    assert line[key] == line["deep"][key] == line["n"][key] == "***"


def test_a_secret_is_known_by_its_type_too() -> None:
    out = written("json")
    get_logger("test").info("x", value=Secret(CANARY), many=[Secret(CANARY)], empty=Secret(""))
    assert CANARY not in out.getvalue()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://user:geheim@db:5432/gobs", "postgres://***@db:5432/gobs"),
        ("failed: amqp://u@h/x and redis://:p@h", "failed: amqp://***@h/x and redis://***@h"),
        ("https://host/path?a=b@c", "https://host/path?a=b@c"),
        ("see https://host/user@example.org", "see https://host/user@example.org"),
    ],
)
def test_credentials_in_urls_are_not_logged(url: str, shown: str) -> None:
    assert Redactor()(url) == shown


def test_telling_keys_are_not_ordinary_ones() -> None:
    assert not any(map(telling, ["node", "key", "path", "table", "session", "error", "keys", "sink"]))


@given(st.text())
def test_no_control_character_gets_out(text: str) -> None:
    event = Cleaner(Redactor())(None, "info", {"event": text, text: text, "deep": [{text: text}]})
    assert all(part.isprintable() for part in [event["event"], *event.keys(), *map(str, event["deep"][0].values())])


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_name_can_forge_a_line_or_paint_the_terminal(form: str) -> None:
    out = written(form)
    hostile = "x\n2026-01-01 [info     ] all is well\x1b[2J\r\x9b\u2028\u202e"
    get_logger("test").info("event", name=hostile)
    try:
        raise ValueError(hostile)
    except ValueError:
        get_logger("test").exception(hostile)
    lines = out.getvalue().splitlines()
    assert not any(line.startswith("2026-01-01 ") for line in lines)
    assert not any(c in out.getvalue() for c in "\x1b\r\x9b\u2028\u202e")


def test_json_is_one_object_a_line_with_time_level_and_component() -> None:
    out = written("json")
    get_logger("gobs.agent").warning("hello", node="x", n=1, none=None, ok=True, part=0.5)
    logging.getLogger("asyncio").warning("from %s", "a library")
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "hello", "level": "warning", "component": "gobs.agent", "node": "x", "n": 1, "none": None, "ok": True,
        "part": 0.5,
    }  # fmt: skip
    assert (second["event"], second["component"]) == ("from a library", "asyncio")


def test_lines_below_the_level_are_left_out() -> None:
    out = written("json", level="warning")
    get_logger("x").info("quiet")
    logging.getLogger("y").info("quiet")
    get_logger("x").warning("loud")
    assert "quiet" not in out.getvalue()
    assert "loud" in out.getvalue()


def test_auto_is_json_where_nobody_watches() -> None:
    out = written("auto")
    get_logger("x").info("hello")
    assert json.loads(out.getvalue())["event"] == "hello"


def test_auto_is_console_on_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    configure_logging(LogSettings(), Redactor(), out)
    get_logger("x").info("hello")
    assert "hello" in out.getvalue()
    assert not out.getvalue().startswith("{")


def test_rich_is_not_imported_with_structlog() -> None:
    script = "import sys, gobs_core.agent.loop; print('rich' in sys.modules, 'structlog' in sys.modules)"
    done = searched(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    )
    assert done.stdout.split() == ["False", "True"]


def test_the_repr_of_a_secret_shows_nothing() -> None:
    assert repr(Secret("x")) == "'***'"
    assert repr(Secret("")) == "''"
    assert f"{[Secret('x')]}" == "['***']"
    assert Secret("x") == "x"
