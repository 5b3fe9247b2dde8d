"""What an allow-list asks of a plugin: its name, and where it is written so its version and the hash of its files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from gobs_core.errors import DeclarationError
from gobs_core.plugins.origin import EntryPointLike, origin_of
from gobs_core.suggest import did_you_mean

_PIN = re.compile(r"\s*([^\s=]+?)\s*(?:==\s*([^\s=]+))?(?:\s+sha256:([0-9a-f]{64}))?\s*")
FORM = "NAME, NAME==VERSION or NAME==VERSION sha256:HASH, with the 64 digits that `gobs plugins --pins` prints"


class Pin(NamedTuple):
    """One line of an allow-list."""

    name: str
    version: str = ""
    """Empty: any."""
    digest: str = ""
    """Empty: whatever is in its files."""

    @property
    def exact(self) -> bool:
        """Whether it asks for more than a name."""
        return bool(self.version or self.digest)

    def __str__(self) -> str:
        """Return it as it is written."""
        version = f"=={self.version}" if self.version else ""
        return f"{self.name}{version}{f' sha256:{self.digest}' if self.digest else ''}"


def parse_pin(text: str) -> Pin:
    """The pin of a line; raises ValueError for one that is none."""
    match = _PIN.fullmatch(text)
    if match is None:
        raise ValueError(f"allow: expected {FORM}, got {text!r:.200}")
    return Pin(match[1], match[2] or "", match[3] or "")


class Allowed:
    """An allow-list; None allows everything.

    Where any line asks for more than a name, all names are those of entry points, and no other is imported.
    """

    def __init__(self, lines: Iterable[str] | None, entry_points: Iterable[str]) -> None:
        self._pins = None if lines is None else [parse_pin(line) for line in lines]
        self.names = frozenset(pin.name for pin in self._pins or ())
        self._known = frozenset(entry_points)
        self.exact = any(pin.exact for pin in self._pins or ())

    def imports(self, entry_point: str) -> bool:
        """Whether an entry point may be imported, for itself or because a plugin of that name might come by it."""
        if self._pins is None or entry_point in self.names:
            return True
        return not self.exact and not self._known.issuperset(self.names)

    def has(self, *names: str) -> bool:
        """Whether a plugin with any of these names may run."""
        return self._pins is None or any(name in self.names for name in names)

    def fault(self, point: EntryPointLike) -> str:
        """Why an entry point is not what its lines ask for; empty where one of them is met, or it has none."""
        pins = [pin for pin in self._pins or () if pin.name == point.name]
        faults = [_fault(pin, point) for pin in pins]
        return "" if not faults or "" in faults else "; ".join(dict.fromkeys(faults))

    def unmatched(self, names: Iterable[str]) -> list[tuple[Pin, str]]:
        """The lines that no plugin and no entry point answers to, and what to say of each."""
        known = self._known.union(() if self.exact else names)
        kind = "entry point" if self.exact else "plugin"
        return [
            (pin, f"plugins.allow: no {kind} here is called {pin.name!r}{did_you_mean(pin.name, known)}")
            for pin in self._pins or () if pin.name not in known
        ]  # fmt: skip


def pin_of(point: EntryPointLike) -> Pin:
    """The line that allows just this one; raises DeclarationError where its files have no hash."""
    from gobs_core.plugins.digest import digest_of

    return Pin(point.name, origin_of(point).version, digest_of(point.dist))


def _fault(pin: Pin, point: EntryPointLike) -> str:
    origin = origin_of(point)
    if pin.version and pin.version != origin.version:
        return f"plugins.allow asks for {pin.name}=={pin.version}, and {origin.version or 'an unknown version'} is here"
    if not pin.digest:
        return ""
    from gobs_core.plugins.digest import digest_of

    try:
        found = digest_of(point.dist)
    except DeclarationError as error:
        return f"plugins.allow asks for a hash of {pin.name}, and it has none: {error}"
    if found != pin.digest:
        return f"plugins.allow asks for {pin.name} with sha256:{pin.digest}, and its files have sha256:{found}"
    return ""
