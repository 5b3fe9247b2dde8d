"""Streams that are refused are said, and not again and again."""

from __future__ import annotations

from gobs_server.ingest import Complaints
from tests.server.feeding import HeldClock


def test_the_same_trouble_is_said_once_a_minute_whatever_the_port() -> None:
    clock = HeldClock()
    complaints = Complaints(clock)
    said = [complaints.refused(f"ipv4:10.0.0.1:{port}", "denied", "no") for port in range(100)]
    assert said == [True] + [False] * 99
    clock.move(60)
    assert complaints.refused("ipv4:10.0.0.1:7", "denied", "no")
    assert not complaints.refused("ipv4:10.0.0.1:7", "denied", "no")


def test_another_reason_and_another_peer_are_said_at_once() -> None:
    complaints = Complaints(HeldClock())
    assert complaints.refused("ipv4:10.0.0.1:1", "denied", "no")
    assert complaints.refused("ipv4:10.0.0.1:1", "hello", "no")
    assert complaints.refused("ipv4:10.0.0.2:1", "denied", "no")


def test_what_is_remembered_is_bounded() -> None:
    complaints = Complaints(HeldClock())
    for peer in range(5000):
        complaints.refused(f"ipv6:[{peer:x}::1]:80", "denied", "no")
    assert not complaints.refused("ipv6:[1387::1]:80", "denied", "no")
    assert complaints.refused("ipv6:[0::1]:80", "denied", "no")
