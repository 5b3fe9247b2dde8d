"""Logging in with a name and a password: how often one may try, and the same work whatever the answer."""

from __future__ import annotations

from dataclasses import dataclass

from gobs_core import GobsError
from gobs_server.access.passwords import Passwords
from gobs_server.access.people import People, Person
from gobs_server.access.throttle import Throttle
from gobs_server.access_settings import MAX_PASSWORD, MIN_PASSWORD


@dataclass
class TooOften(GobsError):
    """Too many guesses were wrong; `seconds` are left until the next one is looked at."""

    seconds: float

    def __str__(self) -> str:
        """Return what is said."""
        return f"too many tries; the next one counts in {max(1, round(self.seconds))} s"


class WrongPassword(GobsError):
    """Name and password do not belong together; which of them is wrong is not said."""


class WeakPassword(GobsError):
    """A new password is none that is taken."""


class PasswordLogin:
    """Checks passwords of accounts that are kept here."""

    def __init__(self, people: People, passwords: Passwords, throttle: Throttle) -> None:
        self._people = people
        self._passwords = passwords
        self._throttle = throttle

    async def check(self, name: str, password: str, address: str) -> Person:
        """Return who that is; raises TooOften, WrongPassword, Busy, Unavailable.

        A name nobody has, one without a password and one that is disabled each cost what a wrong password costs.
        """
        name = name.strip().lower()[:200]
        if (seconds := self._throttle.wait(name, address)) > 0:
            raise TooOften(seconds)
        self._throttle.failed(name, address)  # before anything is waited for: a thousand at once are a thousand guesses
        found = await self._people.find(name)
        kept = None if found is None or found.disabled else found.password
        right = await self._passwords.matches(kept, password[: MAX_PASSWORD + 1])
        if not right or found is None or kept is None:
            raise WrongPassword("name or password is wrong")
        self._throttle.succeeded(name, address)
        if self._passwords.outdated(kept):
            await self._people.change(name, password=await self._passwords.hash(password))
        return found

    async def hashed(self, password: str) -> str:
        """Return what is kept of a new password; raises WeakPassword, Busy."""
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise WeakPassword(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters; a sentence is a good one")
        return await self._passwords.hash(password)
