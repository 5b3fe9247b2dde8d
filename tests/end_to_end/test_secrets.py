"""Every setting that is a secret gets a value nobody else has; it is looked for in all that programs and pages say."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest

from gobs_core.settings.reference import list_settings
from gobs_server.app import Server
from gobs_server.db import sqlite_at
from gobs_server.http import create_app
from gobs_server.settings import ServerSettings
from scripts.docs.builtin import plugins
from tests.support.gobs import INTERPRETED, start
from tests.support.house import ROOT
from tests.support.programs import searched
from tests.support.secrets import MARK

CANARY = MARK
PLACE = re.compile(r"<(?:(\w+):)?\w+>")
VALUES = {
    "server.database": f"postgres://gobs:{CANARY}-database@127.0.0.1:1/gobs",
    "server.token": f"{CANARY}-server-token",
    "server.access.admin_password": f"{CANARY}-admin-password",
    "server.oidc.client_secret": f"{CANARY}-client-secret",
    "sinks.grpc.token": f"{CANARY}-server-token",
    "sinks.grpc.join": f"gobs_join.abcdefgh.{CANARY}-join",
    "sinks.otlp.token": f"{CANARY}-otlp-token",
    "sinks.prometheus.token": f"{CANARY}-prometheus-token",
    "sinks.remote_write.token": f"{CANARY}-remote-write-token",
    "notifiers.apprise.urls": f"json://127.0.0.1:1/{CANARY}-apprise",
    "notifiers.discord.webhook_url": f"https://discord.invalid/api/webhooks/1/{CANARY}-discord",
    "notifiers.webhook.url": f"http://127.0.0.1:1/{CANARY}-webhook",
    "notifiers.webhook.signing_key": f"{CANARY}-signing-key",
    "notifiers.webhook.authorization": f"Bearer {CANARY}-authorization",
}
"""Setting -> a value as it would be, with the canary where the secret is."""
SERVER = {name for name in VALUES if not name.startswith("sinks.")} - {"server.database"}
OIDC = {
    "GOBS_SERVER__URL": "http://127.0.0.1:8080",
    "GOBS_SERVER__OIDC__ISSUER": "https://127.0.0.1:1",
    "GOBS_SERVER__OIDC__CLIENT_ID": "gobs",
}


def variables(*names: str, **more: str) -> dict[str, str]:
    """An environment in which those settings have their values."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("GOBS_", "POSTGRES_"))}
    given = {f"GOBS_{name.replace('.', '__').upper()}": VALUES[name] for name in names}
    return {**plain, "GOBS_CONFIG": os.devnull, **given, **more}


@contextmanager
def running(log: Path, environment: dict[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program as a child with arguments of its own, everything it says in a file."""
    with log.open("ab") as out:
        child = subprocess.Popen([*INTERPRETED, *command], stdout=out, stderr=out, cwd=ROOT, env=environment)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(30)


async def said(log: Path, words: str) -> str:
    """What a program has said, as soon as that is among it."""
    for _ in range(1200):
        text = await asyncio.to_thread(log.read_text)
        if words in text:
            return text
        await asyncio.sleep(0.05)
    raise AssertionError(f"{words!r} is not in {text[-3000:]}")


def paths(folder: Path) -> list[str]:
    """Every address that can be asked for."""
    app = create_app(Server(ServerSettings(data=str(folder)), sqlite_at(folder / "other.sqlite3")).services())
    rules = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [PLACE.sub(lambda found: "1" if found[1] == "int" else "x", rule) for rule in rules]


def test_every_secret_there_is_has_a_canary() -> None:
    secrets = {setting.path for setting in list_settings(plugins()) if setting.secret}
    assert secrets == set(VALUES)
    assert all(CANARY in value for value in VALUES.values())


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Path, list[int]]]:
    """A server with every secret it can have and an agent with its token; a client, what they say, and their pids."""
    log, debug = folder / "said", ("--log-level", "debug")
    places = ("--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data", str(folder / "data"))
    more = {"GOBS_SERVER__ACCESS__LOGIN": "always", "GOBS_SERVER__INSIDE_TARGETS": '["127.0.0.1"]'}
    environment = variables(*sorted(SERVER), **OIDC, **more)
    with running(log, environment, "server", *places, *debug) as server:
        text = await said(log, "http://")
        base, port = re.findall(r"http://[\d.:]+", text)[0], re.findall(r"port ([\d.:]+)|grpc[^\d]+([\d.]+:\d+)", text)
        grpc = next(one for one in port[0] if one).rpartition(":")[2]
        sends = variables(
            "sinks.grpc.token",
            "sinks.otlp.token",
            "sinks.prometheus.token",
            GOBS_SINKS__PROMETHEUS__LISTEN="127.0.0.1:0",
        )
        with running(log, sends, "agent", "--server", f"127.0.0.1:{grpc}", "--interval", "1s", *debug) as agent:
            async with httpx.AsyncClient(base_url=base, timeout=30, headers={"Origin": base}) as client:
                yield client, log, [server.pid, agent.pid]


async def test_no_secret_is_in_what_a_server_and_its_agent_say_show_or_answer(tmp_path: Path) -> None:
    shown: dict[str, str] = {}

    def keep(name: str, response: httpx.Response) -> httpx.Response:
        shown[f"{name}: {response.status_code}"] = f"{response.headers} {response.text}"
        return response

    async with served(tmp_path) as (client, log, pids):
        for password in (f"wrong {CANARY}", VALUES["server.access.admin_password"]):
            login = await client.post("/login", data={"name": "admin", "password": password})
            keep("login", login)
        assert login.status_code == 303
        await said(log, "connected")
        answers = [keep(path, await client.get(path)) for path in paths(tmp_path)]
        assert sum(answer.status_code == 200 for answer in answers) > 30
        assert [answer.url.path for answer in answers if answer.status_code == 500] == []
        bearer = {"Authorization": f"Bearer gobs_x_{CANARY}"}
        keep("token", await client.get("/api/v1/nodes", headers=bearer))

        channels = (await client.get("/api/v1/channels")).json()["channels"]
        assert {channel["kind"] for channel in channels} == {"apprise", "discord", "webhook"}
        for channel in channels:
            keep("test", await client.post(f"/api/v1/channels/{channel['id']}/test"))
        made = {"name": "own", "kind": "webhook", "settings": {"url": VALUES["notifiers.webhook.url"]}}
        own = keep("made", await client.post("/api/v1/channels", json=made))
        assert own.status_code == 201
        for settings in (
            {"url": 1, "signing_key": VALUES["notifiers.webhook.signing_key"]},
            {"url": f"ftp://x/{CANARY}"},
            {"url": VALUES["notifiers.webhook.url"], "authorization": [f"{CANARY}"]},
        ):
            wrong = await client.post("/api/v1/channels", json={**made, "name": "wrong", "settings": settings})
            assert keep("wrong", wrong).status_code == 422
        for path in ("/api/v1/channels", "/alerts", "/audit", "/api/v1/audit", "/metrics", "/api/v1/openapi.json"):
            keep(path, await client.get(path))
        for pid in pids:
            shown[f"arguments of {pid}"] = await said(Path(f"/proc/{pid}/cmdline"), "gobs_core")
    shown["said"] = await said(log, "connected")
    assert [name for name, text in shown.items() if CANARY in text] == []
    assert len(shown["said"].splitlines()) > 10


WRONG = {
    "a database that is not there": (["server.database"], {}, ["server", "--log-level", "debug"]),
    "a database of another kind": ([], {"GOBS_SERVER__DATABASE": f"mysql://a:{CANARY}@h/d"}, ["server"]),
    "an address that is none": ([], {"GOBS_SERVER__DATABASE": f"postgres://a:{CANARY}@h:x/d"}, ["server"]),
    "a password too short": ([], {"GOBS_SERVER__ACCESS__ADMIN_PASSWORD": CANARY[:11]}, ["server"]),
    "an address of Discord that is none": ([], {"GOBS_NOTIFIERS__DISCORD__WEBHOOK_URL": CANARY}, ["server"]),
    "the original's variable, wrong": ([], {"DISCORD_WEBHOOK_URL": f"https://x/{CANARY}"}, ["server"]),
    "a join token that is none": ([], {"GOBS_SINKS__GRPC__JOIN": f"gobs_join.{CANARY}"}, ["agent"]),
    "a join token at a server that is not there": (
        ["sinks.grpc.join"],
        {"GOBS_SINKS__GRPC__SERVER": "127.0.0.1:1"},
        ["agent", "--log-level", "debug"],
    ),
    "another setting that is wrong": (sorted(VALUES), {"GOBS_AGENT__INTERVAL": "nonsense"}, ["agent"]),
    "a listing": (sorted(SERVER), {}, ["plugins"]),
}


@pytest.mark.parametrize("name", WRONG)
async def test_no_secret_is_in_what_is_said_when_something_is_wrong(name: str, tmp_path: Path) -> None:
    names, more, command = WRONG[name]
    log = tmp_path / "said"
    own = {"GOBS_SERVER__HTTP": "127.0.0.1:0", "GOBS_SERVER__GRPC": "127.0.0.1:0", "GOBS_SERVER__DATA": str(tmp_path)}
    with log.open("ab") as out:
        child = start(*command, stdout=out, stderr=out, environ=variables(*names, **{**own, **more}))
    try:
        for enough, tries in ((1, 1200), (6, 60)):  # the first word takes what a busy machine takes
            for _ in range(tries):
                if child.poll() is not None or len(log.read_text().splitlines()) >= enough:
                    break
                await asyncio.sleep(0.05)
    finally:
        child.terminate()
        child.wait(30)
    text = log.read_text()
    assert text.strip(), "it says something"
    assert CANARY[:11] not in text
    assert "Traceback" not in text


def test_a_crash_says_no_secret() -> None:
    code = (
        "from gobs_core import Secret\n"
        "from gobs_server.settings import ServerSettings\n"
        f"settings = ServerSettings(token=Secret('{CANARY}'))\n"
        "print(settings, repr(settings.token), [settings.token], {'a': settings})\n"
        "raise RuntimeError(f'{settings!r} {settings.token!r}')\n"
    )
    done = searched(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT))
    said_last = done.stderr.splitlines()[-1]
    assert said_last.startswith("RuntimeError")
    assert CANARY not in done.stdout + said_last
