"""How often somebody may guess."""

from __future__ import annotations

import pytest

from gobs_server.access.throttle import FREE, Throttle, network
from tests.server.feeding import HeldClock

HOUR = 3600.0


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def throttle(clock: HeldClock) -> Throttle:
    return Throttle(clock)


def guesses(throttle: Throttle, clock: HeldClock, seconds: float, name: str, addresses: list[str]) -> int:
    """How many guesses get through in that time to somebody who tries every tenth of a second."""
    through, until = 0, clock.wall() + seconds
    while clock.wall() < until:
        address = addresses[through % len(addresses)]
        if (wait := throttle.wait(name, address)) > 0:
            clock.move(wait)
            continue
        throttle.failed(name, address)
        through += 1
        clock.move(0.1)
    return through


def test_the_first_tries_are_free_and_then_delays_double(throttle: Throttle, clock: HeldClock) -> None:
    for _ in range(FREE):
        assert throttle.wait("ann", "10.0.0.1") == 0
        throttle.failed("ann", "10.0.0.1")
    delays = []
    for _ in range(14):
        delays.append(round(throttle.wait("ann", "10.0.0.1")))
        clock.move(delays[-1] + 0.5)
        throttle.failed("ann", "10.0.0.1")
    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]


def test_guesses_in_an_hour_are_few_from_one_place_and_from_many(throttle: Throttle, clock: HeldClock) -> None:
    assert guesses(throttle, clock, HOUR, "ann", ["10.0.0.1"]) <= 20
    many = [f"10.1.{i // 250}.{i % 250}" for i in range(5000)]
    assert guesses(throttle, clock, HOUR, "ben", many) <= 20


def test_one_place_may_not_try_one_password_on_every_name(throttle: Throttle, clock: HeldClock) -> None:
    through = 0
    for number in range(1000):
        if throttle.wait(f"name-{number}", "10.0.0.1") == 0:
            throttle.failed(f"name-{number}", "10.0.0.1")
            through += 1
    assert through == 4 * FREE


def test_nobody_locks_out_those_who_are_here_by_guessing_from_elsewhere(throttle: Throttle, clock: HeldClock) -> None:
    throttle.failed("ann", "10.0.0.1")
    throttle.succeeded("ann", "10.0.0.1")
    guesses(throttle, clock, HOUR, "ann", [f"10.9.0.{i}" for i in range(200)])
    throttle.failed("ann", "10.9.0.1")
    assert throttle.wait("ann", "10.9.0.250") > 0
    assert throttle.wait("ann", "10.0.0.1") == 0


def test_a_success_forgives_the_name(throttle: Throttle) -> None:
    for _ in range(FREE - 1):
        throttle.failed("ann", "10.0.0.1")
    throttle.failed("ann", "10.0.0.1")
    throttle.succeeded("ann", "10.0.0.1")
    assert throttle.wait("ann", "10.0.0.1") == 0
    throttle.failed("ann", "10.0.0.1")
    assert throttle.wait("ann", "10.0.0.1") == 0


def test_an_office_that_logs_in_behind_one_address_is_not_slowed_down(throttle: Throttle) -> None:
    for number in range(200):
        assert throttle.wait(f"name-{number}", "10.0.0.1") == 0
        throttle.failed(f"name-{number}", "10.0.0.1")
        throttle.succeeded(f"name-{number}", "10.0.0.1")


def test_after_an_hour_without_a_failure_nothing_is_remembered(throttle: Throttle, clock: HeldClock) -> None:
    for _ in range(FREE + 3):
        throttle.failed("ann", "10.0.0.1")
    clock.move(HOUR + 1)
    throttle.failed("ann", "10.0.0.1")
    assert throttle.wait("ann", "10.0.0.1") == 0


def test_whatever_is_tried_it_stays_small(clock: HeldClock) -> None:
    throttle = Throttle(clock, most=100)
    for number in range(5000):
        throttle.failed(f"name-{number}", f"10.0.{number // 250}.{number % 250}")
        throttle.succeeded(f"other-{number}", f"10.2.{number // 250}.{number % 250}")
    assert len(throttle._names) <= 100
    assert len(throttle._addresses) <= 100
    assert len(throttle._familiar) <= 100


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("socket", "socket"),
    ],
)
def test_a_site_counts_as_one_place(address: str, place: str) -> None:
    assert network(address) == place
