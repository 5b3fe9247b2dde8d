"""No address that somebody types leads inside, in whatever way it is written, unless that was allowed."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from gobs_core import Channel, TryLater, Unusable
from gobs_core.outgoing import ForbiddenAddress, Inside, inside
from gobs_notifiers.http import Service
from tests.notifiers.service import INSIDE, Script, answer, service

FORBIDDEN = [
    "127.0.0.1", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0", "0.0.0.0",
    "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]", "[2002:7f00:1::]",
    "[2002:a00:1::1]", "[2001:0:0:0:0:0:80ff:fffe]", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.0.1", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "[fc00::1]", "[fd12:3456::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[100::1]",
    "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[64:ff9b:1::1]", "0xA9FEA9FE", "2852039166", "0xa.0.0.1", "10.1",
    "192.88.99.1", "0x7f.0x0.0x0.0x1", "127.000.000.001", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]",
]  # fmt: skip
"""Each a way to write an address of the inside; those the system's resolver does not take lead nowhere at all."""


def test_there_are_at_least_sixty_forms() -> None:
    assert len(set(FORBIDDEN)) >= 60


@pytest.mark.parametrize("host", FORBIDDEN)
async def test_no_form_of_an_inside_address_is_connected_to(host: str) -> None:
    made: list[object] = []
    watched = Service(f"http://{host}:9/hook", "url", Channel("c"))
    real = watched._socket

    def counting(info: object) -> socket.socket:
        found = real(info)
        made.append(info)
        return found

    watched._socket = counting  # type: ignore[method-assign]  # counts the sockets the guard lets through
    try:
        with pytest.raises((Unusable, TryLater), match=r"refused|no address|no machine of that name"):
            await watched.call("POST", b"{}")
        assert made == []
    finally:
        await watched.close()


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "93.184.216.34", "64:ff9b::808:808"])
def test_addresses_of_the_outside_are_free(address: str) -> None:
    assert inside(ipaddress.ip_address(address)) == ""
    Inside().check("example.org", address)


@pytest.mark.parametrize(
    "url",
    [
        "http://user:pw@example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://x", "//example.org/",
        "example.org", "", "http://", "http://example.org:99999/",
    ],
)  # fmt: skip
async def test_what_is_no_plain_web_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Unusable, match=r"^url: "):
        await Service(url, "url", Channel("c")).open()


async def test_a_name_that_is_bent_inside_between_two_looks_is_judged_by_the_address_connected_to() -> None:
    """A resolver that first says an outside address, then 127.0.0.1: what counts is where the socket goes."""
    script = Script(answer(200))
    async with service(script) as url:
        port = int(url.rpartition(":")[2])
        rebinding = Service(f"http://rebind.example:{port}/", "url", Channel("c"))
        await rebinding.open()
        assert rebinding._session is not None
        connector = rebinding._session.connector
        looks = iter(["93.184.216.34", "127.0.0.1"])

        async def resolve(host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
            found = next(looks)
            return [{"hostname": host, "host": found, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

        connector._resolver.resolve = resolve  # type: ignore[union-attr]  # stands for a hostile name server
        next(looks)
        with pytest.raises(Unusable, match=r"127\.0\.0\.1 is this machine"):
            await rebinding.call("POST", b"{}")
        await rebinding.close()
    assert script.asked == []


async def test_a_redirect_to_the_inside_is_not_followed() -> None:
    inner = Script(answer(200))
    async with service(inner) as target:
        outer = Script(answer(302, None, Location=f"{target}/secret"))
        async with service(outer) as url:
            calling = Service(url, "url", INSIDE)
            assert (await calling.call("POST", b"{}")).status == 302
            await calling.close()
    assert inner.asked == []


@pytest.mark.parametrize("target", ["127.0.0.0/8", "127.0.0.1", "localhost", " LOCALHOST. "])
async def test_what_is_allowed_by_network_address_or_name_is_reached(target: str) -> None:
    script = Script(answer(200))
    async with service(script) as url:
        calling = Service(url.replace("127.0.0.1", "localhost"), "url", Channel("c", inside=(target,)))
        assert (await calling.call("POST", b"{}")).status == 200
        await calling.close()
    assert len(script.asked) == 1


@pytest.mark.parametrize("target", ["10.0.0.0/33", "a b", "http://x", "10.0.0", "-" * 300, "x..y", "1.2.3.4.5"])
def test_a_target_that_is_neither_network_nor_name_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="expected a network such as"):
        Inside.parse([target])


def test_the_reason_says_what_it_is_and_what_would_allow_it() -> None:
    with pytest.raises(ForbiddenAddress, match=r"169\.254\.169\.254 is a link-local .* server\.inside_targets"):
        Inside().check("metadata", "169.254.169.254")


async def test_an_endless_answer_is_read_no_further_than_the_limit() -> None:
    script = Script(answer(200, "x" * 1_000_000))
    async with service(script) as url:
        calling = Service(url, "url", INSIDE)
        assert len((await calling.call("POST", b"{}")).body) == 64 * 1024
        await calling.close()
