"""The web server's socket against peers that are slow, silent, or say too much."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from quart import Quart

from gobs_server.connection import Limits
from gobs_server.http import create_app
from gobs_server.serving import WebServer
from tests.server.feeding import Cluster

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@asynccontextmanager
async def served(**limits: float) -> AsyncIterator[int]:
    """The port of a server with those limits."""
    app: Quart = create_app(Cluster().services())
    server = WebServer(app, "127.0.0.1:0", drain=1, limits=Limits(**limits))  # type: ignore[arg-type]
    address = await server.start()
    try:
        yield int(address.rpartition(":")[2])
    finally:
        await server.stop()


async def answer(port: int, *pieces: bytes, pause: float = 0.0, most: float = 10) -> bytes:
    """All that a connection is told until it is closed; raises TimeoutError where it never is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def write() -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    writing = asyncio.create_task(write())
    found = b""
    try:
        async with asyncio.timeout(most):
            while some := await reader.read(65536):
                found += some
    except ConnectionError:
        pass
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        writer.close()
    return found


async def test_a_silent_connection_is_closed() -> None:
    async with served(seconds=0.2) as port:
        assert await answer(port) == b""


async def test_a_header_that_trickles_is_closed() -> None:
    async with served(seconds=0.5) as port:
        assert await answer(port, GET, *[b"X-A: b\r\n"] * 1000, pause=0.02) == b""


async def test_a_second_request_that_trickles_is_closed_too() -> None:
    async with served(seconds=0.5) as port:
        told = await answer(port, GET + b"\r\n", b"\r\n", *[b"GET"] * 1000, pause=0.02)
        assert told.count(b"200 OK") == 1 or told.startswith(b"HTTP/1.1 200")


async def test_too_much_of_a_head_is_refused_in_one_header_or_many() -> None:
    async with served() as port:
        for lines in (
            [b"X-A: " + b"a" * (1 << 20)],
            [b"X-A: " + b"a" * 1000 + b"\r\n"] * 1000,
            [b"X: " + b"a" * 90_000],
        ):
            told = await answer(port, GET, *lines, b"\r\n\r\n")
            assert b"200" not in told.partition(b"\r\n")[0]


async def test_a_body_without_end_is_closed() -> None:
    async with served() as port:
        head = GET + b"Transfer-Encoding: chunked\r\n\r\n"
        await answer(port, head, *[b"8000\r\n" + b"x" * 0x8000 + b"\r\n"] * 100)


async def test_a_body_is_not_waited_for_once_the_request_is_answered() -> None:
    async with served(seconds=60) as port:
        head = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"
        told = await answer(port, head + bytes(100))
        assert told.startswith(b"HTTP/1.1 405")


async def test_requests_on_one_connection_are_answered_one_after_the_other() -> None:
    async with served(seconds=5) as port:
        told = await answer(port, *[GET + b"\r\n"] * 20, GET + b"Connection: close\r\n\r\n")
        assert told.count(b"HTTP/1.1 200") == 21


async def test_for_a_connection_too_many_the_one_that_is_idle_for_longest_is_closed() -> None:
    async with served(connections=2) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        await asyncio.sleep(0.05)
        assert b"200 OK" in await answer(port, GET + b"Connection: close\r\n\r\n")
        (oldest, _), (newer, writer) = held
        with suppress(ConnectionError):
            assert await asyncio.wait_for(oldest.read(), 10) == b""
        writer.write(GET + b"Connection: close\r\n\r\n")
        assert (await asyncio.wait_for(newer.read(), 10)).startswith(b"HTTP/1.1 200")
        for _, one in held:
            one.close()


async def test_a_connection_between_two_requests_makes_room_too() -> None:
    async with served(connections=1) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET + b"\r\n")
        assert (await asyncio.wait_for(reader.read(4096), 10)).startswith(b"HTTP/1.1 200")
        assert b"200 OK" in await answer(port, GET + b"Connection: close\r\n\r\n")
        with suppress(ConnectionError):
            while await asyncio.wait_for(reader.read(4096), 10):
                pass
        writer.close()


async def test_who_is_being_answered_is_not_closed_for_others() -> None:
    gate = asyncio.Event()
    app = Quart("slow")

    @app.get("/")
    async def slow() -> str:
        await gate.wait()
        return "done"

    server = WebServer(app, "127.0.0.1:0", drain=1, limits=Limits(connections=1))
    port = int((await server.start()).rpartition(":")[2])
    try:
        served = asyncio.create_task(answer(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        await asyncio.sleep(0.1)
        assert await answer(port, GET + b"\r\n") == b""
        gate.set()
        assert b"done" in await served
    finally:
        await server.stop()


def test_the_server_may_open_as_many_files_as_the_system_allows() -> None:
    code = (
        "import resource; from gobs_server.serving import allow_files; hard = resource.getrlimit(7)[1]; "
        "resource.setrlimit(7, (64, hard)); allow_files(); assert resource.getrlimit(7) == (hard, hard)"
    )
    assert resource.RLIMIT_NOFILE == 7
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
