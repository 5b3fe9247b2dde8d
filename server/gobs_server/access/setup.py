"""The first administrator: from a setting, or by a link that the log shows and that works once."""

from __future__ import annotations

import hmac

from gobs_core.logs import get_logger
from gobs_server.access.credentials import digest, new_code
from gobs_server.access.passwords import Passwords
from gobs_server.access.people import Impossible, People, Person
from gobs_server.access_settings import AccessSettings

log = get_logger("gobs.access")


class Setup:
    """Lives as long as the server."""

    def __init__(self, people: People, passwords: Passwords, settings: AccessSettings) -> None:
        self._people = people
        self._passwords = passwords
        self._settings = settings
        self._digest = ""

    @property
    def pending(self) -> bool:
        """Whether a link waits to be opened."""
        return bool(self._digest)

    async def by_setting(self) -> str:
        """Give the administrator of the settings its password; return what was done for it, empty: nothing.

        Raises Unavailable, Busy.
        """
        name, password = self._settings.admin.lower(), self._settings.admin_password
        if not password:
            return ""
        found = await self._people.find(name)
        if found is None:
            await self._people.create(name, "administrator", await self._passwords.hash(password), "settings")
            return "created"
        same = await self._passwords.matches(found.password, password)
        if same and found.role == "administrator" and not found.disabled:
            return ""
        hashed = None if same else await self._passwords.hash(password)
        await self._people.change(name, role="administrator", disabled=False, password=hashed)
        return "changed"

    async def by_link(self) -> str:
        """Return the code of a new link where nobody is there to log in; empty: somebody is. Raises Unavailable."""
        if self.pending or not await self._people.is_nobody_there():
            return ""
        code = new_code()
        self._digest = digest(code)
        return code

    def fits(self, code: str) -> bool:
        """Whether that is the code of the link that waits."""
        return self.pending and hmac.compare_digest(self._digest, digest(code))

    async def finish(self, code: str, name: str, hashed: str) -> Person:
        """Make the first administrator, `hashed` being the password's; the link is used up.

        Raises Impossible, Unavailable.
        """
        if not self.fits(code):
            raise Impossible("this link was used already, or is of an earlier start; the server's log has the newest")
        kept, self._digest = self._digest, ""
        try:
            there = not await self._people.is_nobody_there()
            made = None if there else await self._people.create(name, "administrator", hashed)
        except BaseException:  # cancelled too: a link that has made nobody is as good as before
            self._digest = kept
            raise
        if made is None:
            raise Impossible("somebody has an account here by now, who can let you in; this link is over")
        return made
