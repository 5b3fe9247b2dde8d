"""The closed list of units a column may have, and how each is named by other systems.

A unit is what the number means, not how it is drawn: `bytes` is always shown with binary prefixes, `seconds` as a
duration, and the rate of a column in seconds is a ratio, shown as percent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What one step of a column's shown value means."""

    NONE = "none"
    """A bare number: a load average, a priority, a score."""
    SECONDS = "seconds"
    BYTES = "bytes"
    PERCENT = "percent"
    """0 to 100 for a share of a whole; above 100 where more than one whole can be used."""
    CELSIUS = "celsius"
    HERTZ = "hertz"
    WATTS = "watts"
    JOULES = "joules"
    VOLTS = "volts"
    AMPERES = "amperes"
    RPM = "rpm"
    OPERATIONS = "operations"
    PACKETS = "packets"
    EVENTS = "events"
    """Things that happen: errors, drops, context switches, faults."""
    ITEMS = "items"
    """Things that are there: threads, descriptors, tasks."""


@dataclass(frozen=True, slots=True)
class UnitNames:
    """How a unit is written by the systems we speak to."""

    symbol: str
    """Beside a level on a page, e.g. `B`."""
    rate_symbol: str
    """Beside a rate on a page, e.g. `B/s`."""
    prometheus: str
    """The suffix OpenMetrics wants, e.g. `bytes`; empty for none."""
    ucum: str
    """The UCUM code OTLP wants, e.g. `By`."""


UNIT_NAMES: dict[Unit, UnitNames] = {
    Unit.NONE: UnitNames("", "/s", "", "1"),
    Unit.SECONDS: UnitNames("s", "%", "seconds", "s"),
    Unit.BYTES: UnitNames("B", "B/s", "bytes", "By"),
    Unit.PERCENT: UnitNames("%", "%/s", "percent", "%"),
    Unit.CELSIUS: UnitNames("°C", "°C/s", "celsius", "Cel"),
    Unit.HERTZ: UnitNames("Hz", "Hz/s", "hertz", "Hz"),
    Unit.WATTS: UnitNames("W", "W/s", "watts", "W"),
    Unit.JOULES: UnitNames("J", "W", "joules", "J"),
    Unit.VOLTS: UnitNames("V", "V/s", "volts", "V"),
    Unit.AMPERES: UnitNames("A", "A/s", "amperes", "A"),
    Unit.RPM: UnitNames("rpm", "rpm/s", "rpm", "{rotation}/min"),
    Unit.OPERATIONS: UnitNames("op", "op/s", "operations", "{operation}"),
    Unit.PACKETS: UnitNames("pkt", "pkt/s", "packets", "{packet}"),
    Unit.EVENTS: UnitNames("", "/s", "", "{event}"),
    Unit.ITEMS: UnitNames("", "/s", "", "{item}"),
}
