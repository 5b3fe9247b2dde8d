"""A recording replayed to a real server: all of it is there, and nothing lies in the future."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import urllib.request
from math import isnan
from pathlib import Path

from gobs_core.plugins import load_plugins
from gobs_core.replay import Header, Recording, Tick
from gobs_core.replay.player import Player
from gobs_core.replay.writing import Writer
from gobs_core.settings import load_settings
from gobs_server.app import Server
from gobs_server.db import sqlite_at
from gobs_server.settings import ServerSettings
from tests.support.gobs import INTERPRETED
from tests.support.house import ROOT
from tests.support.programs import searched
from tests.support.waiting import until

TICKS, INTERVAL = 30, 5
NANO = 1_000_000_000


def made(file: Path) -> Recording:
    """Return a machine whose load counts the ticks."""
    with Writer(file, Header(node="rack7", interval=INTERVAL)) as writer:
        for number in range(TICKS):
            content = f"{number}.00 0.25 0.10 1/100 {number}\n".encode()
            at = number * INTERVAL * NANO
            files = [("proc/loadavg", len(content))]
            writer.tick(Tick(wall_ns=1_600_000_000 * NANO + at, monotonic_ns=7 * NANO + at, files=files), [content])
        writer.end()
    return Recording(file)


async def test_a_recording_replayed_as_fast_as_it_goes_loses_no_tick_on_the_way_to_a_server(tmp_path: Path) -> None:
    server = Server(ServerSettings(http="127.0.0.1:0", grpc="127.0.0.1:0"), sqlite_at(tmp_path / "gobs.sqlite3"))
    await server.start()
    try:
        environ = {"GOBS_CONFIG": "/dev/null", "GOBS_SINKS__GRPC__SERVER": f"127.0.0.1:{server.grpc_port}"}
        environ["GOBS_AGENT__NODE"] = "rack7"
        setup = load_settings(environ=environ, plugins=load_plugins(allow=["load", "grpc"]))
        began = server.clock.wall()
        player = Player(made(tmp_path / "x.xz"), *setup, tmp_path / "machine", speed=None, now=True)
        assert await player.play(asyncio.Event()) == TICKS
        node = server.live.node("rack7")
        assert node is not None
        await until(lambda: "load" in node.tables and node.tables["load"].view().values["load1"][0] == TICKS - 1)
        key = node.tables["load"].view().keys[0]

        def found() -> dict[float, float]:
            now = server.clock.wall()
            times, values = server.history.series("rack7", "load", "load1", key, began - 3600, now + 3600, rate=False)
            return {value: at for at, value in zip(times.tolist(), values.tolist(), strict=True) if not isnan(value)}

        await until(lambda: set(found()) == set(map(float, range(TICKS))))
        assert max(found().values()) <= server.clock.wall() + 1
    finally:
        await server.stop()


def free_address() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"


def test_a_recorded_machine_is_up_again(tmp_path: Path) -> None:
    """Recorded as the page says, and replayed with a server of its own, which stays when it ends, as its data does."""
    file, http = tmp_path / "rack7.gobs.xz", free_address()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GOBS_")}
    environ |= {"GOBS_CONFIG": os.devnull, "TMPDIR": str(tmp_path)}
    roots = [
        word for name in ("proc", "sys") for word in (f"--{name}-root", str(ROOT / "tests/machines/bare-vm" / name))
    ]
    asked = ["record", str(file), "--ticks", "2", "--interval", "1s", "--node", "rack7", *roots]
    searched(subprocess.run([*INTERPRETED, *asked], env=environ, capture_output=True, check=True))
    command = [*INTERPRETED, "replay", str(file), "--up", "--http", http, "--grpc", free_address()]
    command += ["--data", str(tmp_path / "kept")]
    with searched(
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ) as gobs:
        try:
            assert gobs.stderr is not None
            while "the recording has ended; the server stays" not in (line := gobs.stderr.readline()):
                assert line, "it has ended by itself"
            with urllib.request.urlopen(f"http://{http}/api/v1/nodes/rack7/tables/load", timeout=10) as answer:
                [row] = json.load(answer)["rows"]
            assert row["values"]["load1"] == 0.08
        finally:
            gobs.send_signal(signal.SIGINT)
            gobs.communicate(timeout=60)
    assert gobs.returncode == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "rack7.gobs.xz"]
    assert any((tmp_path / "kept").iterdir())
