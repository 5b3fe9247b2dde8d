"""The agent is scraped over HTTP, in both forms, by whom its settings let, and by nobody without end."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trustme

from gobs_core import Frame, Reading, Secret, Source, Table, Unit, gauge, key
from gobs_core.testing import check_sink
from gobs_sinks.prometheus import PrometheusConfig, PrometheusSink
from gobs_sinks.prometheus.http import AT_ONCE, LARGEST
from tests.support.exposed import read_openmetrics, read_prometheus
from tests.support.programs import searched
from tests.support.secrets import marked

LOAD = Table("load", "Load", [gauge("one", "One minute", scale=0.01)])
PROCESS = Table("process", "Processes", [key("pid", "Its number"), gauge("rss", "Memory", Unit.BYTES)])
SOURCE = Source(node="n1", tables=(LOAD, PROCESS))
HERE = "127.0.0.1:0"
TOKEN = marked("open-sesame")


def frame(load: int) -> Frame:
    return Frame(1, 0, 0, (Reading(LOAD, ((load,),), 0), Reading(PROCESS, (("7", 4096.0),), 0)))


@asynccontextmanager
async def opened(*, patience: float = 30.0, **settings: Any) -> AsyncIterator[PrometheusSink]:
    sink = PrometheusSink(PrometheusConfig(**{"listen": HERE, **settings}), SOURCE, patience=patience)
    await sink.open()
    try:
        yield sink
    finally:
        await sink.close()


async def ask(
    sink: PrometheusSink, *headers: str, path: str = "/metrics", method: str = "GET", tls: ssl.SSLContext | None = None
) -> tuple[str, dict[str, str], str]:
    """Return status line, headers and body of a whole exchange."""
    name = "localhost" if tls else None
    reader, writer = await asyncio.open_connection("127.0.0.1", sink.port, ssl=tls, server_hostname=name)
    lines = [f"{method} {path} HTTP/1.1", "Host: here", *headers]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    raw = (await asyncio.wait_for(reader.read(), 30)).decode()
    writer.close()
    head, _, body = raw.partition("\r\n\r\n")
    first, *rest = head.split("\r\n")
    return first, dict(line.split(": ", 1) for line in rest), body


async def test_the_newest_values_are_scraped_in_the_form_asked_for() -> None:
    async with opened() as sink:
        await sink.send(frame(50))
        await sink.send(frame(75))
        status, headers, body = await ask(sink)
        assert (status, headers["Content-Type"]) == ("HTTP/1.1 200 OK", "text/plain; version=0.0.4; charset=utf-8")
        assert int(headers["Content-Length"]) == len(body.encode())
        found = {family.name: family for family in read_prometheus(body)}
        assert [(s.labels, s.value) for s in found["gobs_load_one"].samples] == [({"node": "n1"}, 0.75)]
        _, headers, body = await ask(sink, "Accept: application/openmetrics-text;version=1.0.0")
        assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        assert "gobs_load_one" in {family.name for family in read_openmetrics(body)}
        assert "gobs_process" not in body


async def test_what_was_not_read_for_three_of_its_intervals_is_not_told_as_what_is_so_now() -> None:
    def later(second: int) -> Frame:
        return Frame(second, 0, second * 10**9, (Reading(PROCESS, (("7", 4096.0),), second * 10**9),))

    async with opened(leave_out=[]) as sink:
        await sink.send(frame(50))
        await sink.send(later(15))
        assert "gobs_load_one" in (await ask(sink))[2]
        await sink.send(later(16))
        body = (await ask(sink))[2]
        assert "gobs_load_one" not in body
        assert "gobs_process_rss_bytes" in body
        await sink.send(
            frame(60)._replace(sequence=17, monotonic_ns=16 * 10**9, readings=(Reading(LOAD, ((60,),), 16 * 10**9),))
        )
        assert "gobs_load_one" in (await ask(sink))[2]


async def test_rows_of_processes_are_exposed_when_asked_for() -> None:
    async with opened(leave_out=[]) as sink:
        await sink.send(frame(50))
        assert 'gobs_process_rss_bytes{node="n1",pid="7"} 4096.0\n' in (await ask(sink))[2]


async def test_only_who_shows_the_token_is_answered() -> None:
    async with opened(token=Secret(TOKEN)) as sink:
        await sink.send(frame(50))
        for headers in ((), ("Authorization: Bearer wrong",), (f"Authorization: {TOKEN}",)):
            status, told, body = await ask(sink, *headers)
            assert status == "HTTP/1.1 401 Unauthorized"
            assert told["WWW-Authenticate"] == 'Bearer realm="metrics"'
            assert body == ""
        assert "gobs_load_one" in (await ask(sink, f"authorization: Bearer {TOKEN}"))[2]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/metrics", "405 Method Not Allowed"),
        ("GET", "/etc/passwd", "404 Not Found"),
        ("GET", "/metrics HTTP/1.1 x", "400 Bad Request"),
        ("GET", "/" + "x" * LARGEST, "431 Request Header Fields Too Large"),
        ("GET", "/", "200 OK"),
        ("HEAD", "/metrics?x=y", "200 OK"),
    ],
)
async def test_anything_else_is_told_so(method: str, path: str, status: str) -> None:
    async with opened() as sink:
        found, _, body = await ask(sink, method=method, path=path)
        assert found == f"HTTP/1.1 {status}"
        assert bool(body) is (path == "/")


async def test_who_says_nothing_keeps_nobody_else_out_for_long_and_costs_no_more_than_a_place() -> None:
    async with opened(patience=2.0) as sink:
        await sink.send(frame(50))
        silent = [await asyncio.open_connection("127.0.0.1", sink.port) for _ in range(AT_ONCE)]
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", sink.port)
            if await asyncio.wait_for(reader.read(), 30) == b"":
                writer.close()
                break
        assert [await asyncio.wait_for(reader.read(), 30) for reader, _ in silent] == [b""] * AT_ONCE
        assert (await ask(sink))[0] == "HTTP/1.1 200 OK"
        for _, writer in silent:
            writer.close()


async def test_with_a_certificate_other_machines_scrape_over_tls(tmp_path: Any) -> None:
    authority = trustme.CA()
    files: dict[str, Any] = {name: tmp_path / name for name in ("certificate", "key")}
    made = authority.issue_cert("localhost")
    made.cert_chain_pems[0].write_to_path(files["certificate"])
    made.private_key_pem.write_to_path(files["key"])
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with opened(listen="0.0.0.0:0", certificate=str(files["certificate"]), key=str(files["key"])) as sink:
        await sink.send(frame(50))
        assert "gobs_load_one" in (await ask(sink, tls=trusting))[2]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"listen": "0.0.0.0:9464"}, "can be reached from other machines: give certificate and key, or set insecure"),
        ({"listen": "9464"}, "expected HOST:PORT"),
        ({"listen": "here:http"}, "expected HOST:PORT"),
        ({"certificate": "x"}, "expected both certificate and key, or neither"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_what_would(settings: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        PrometheusConfig(**settings)
    assert PrometheusConfig(listen="0.0.0.0:1", insecure=True).address == ("0.0.0.0", 1)


def test_it_keeps_the_contract() -> None:
    check_sink(PrometheusSink, config=PrometheusConfig(listen=HERE))


def test_what_makes_the_answer_is_not_imported_before_it_runs() -> None:
    late = "[n for n in sys.modules if 'exposition' in n or n.endswith('.http')]"
    code = f"import sys, gobs_sinks.prometheus; print({late})"
    run = searched(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True))
    assert run.stdout == "[]\n"
