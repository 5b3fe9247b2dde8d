"""A notifier in a worker, as its channel sees it: the same contract, and nothing it does is done in the server."""

from __future__ import annotations

import msgspec

from gobs_core import Channel, Notification, Notifier, NotifierConfig, Receipt, Rejected, TryLater, Unusable
from gobs_core.workers.worker import START, Broke, Resting, Said, Worker

SECONDS = START + 10
"""How long opening may take: its process has to be started."""


class FarNotifier(Notifier):
    """Stands for a notifier of others; made by `stand_in`."""

    worker: Worker

    async def open(self) -> None:
        """Start it, and let it get ready."""
        await self._call("open", None, SECONDS)

    async def send(self, notification: Notification) -> Receipt:
        """Let it deliver a message; one that is cut off ends its worker."""
        body = await self._call("send", notification, self.config.timeout + START)
        try:
            return msgspec.msgpack.decode(body, type=Receipt)
        except msgspec.DecodeError as error:
            await self.worker.end()
            raise Broke(f"its worker said what is no receipt, and was ended: {error}") from None

    async def close(self) -> None:
        """Let it close, and end its worker."""
        await self.worker.close()

    async def _call(self, method: str, body: object, deadline: float) -> msgspec.Raw:
        try:
            return await self.worker.call(method, body, deadline=deadline)
        except Resting as why:
            raise TryLater(str(why)) from None
        except Said as error:
            raise _raised(error) from None


def stand_in(cls: type[Notifier], config: NotifierConfig, channel: Channel, worker: Worker) -> Notifier:
    """What stands for a notifier of this class in the server."""
    same = {name: getattr(cls, name) for name in ("name", "most", "complete", "Config")}
    made: FarNotifier = type(cls.__name__, (FarNotifier,), same)(config, channel)
    made.worker = worker
    return made


def _raised(error: Said) -> Exception:
    said, text = error.failure, str(error)
    if said.name == "TryLater":
        return TryLater(text, said.after, everyone=said.everyone)
    kinds = {"Rejected": Rejected, "Unusable": Unusable}
    return kinds[said.name](text) if said.name in kinds else Broke(f"{said.name}: {text}", said.trace)
