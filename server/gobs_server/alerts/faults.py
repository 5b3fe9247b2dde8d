"""What is wrong with something a user sent: every fault, each with its field and what would be right there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gobs_core import UserError


class Wrong(NamedTuple):
    """One fault."""

    where: str
    """The field, e.g. `threshold`, `levels[0].severity`."""
    expected: str


class Invalid(UserError):
    """Nothing was saved; `faults` are all there are."""

    def __init__(self, faults: Iterable[Wrong]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.where}: {fault.expected}" for fault in self.faults))


class Firing(UserError):
    """It cannot be done while alerts fire; the text says the way out."""


class ReadOnly(UserError):
    """It is kept in a file, and can only be changed there."""


class Unknown(UserError):
    """There is none of that id."""


class Unlearned(ValueError):
    """What a rule's parameters mean to a condition in a worker was not asked yet, or not answered."""
