"""Who may open a stream, and for which node: judged on the call itself, before a byte of any message is read."""

from gobs_server.ingest.doors.door import Caller, CertificateDoor, Denied, Door, Identity, OpenDoor, TokenDoor, Unsure
from gobs_server.ingest.doors.doors import Doors
from gobs_server.ingest.doors.keeper import IDENTITY, Doorkeeper

__all__ = [
    "IDENTITY",
    "Caller",
    "CertificateDoor",
    "Denied",
    "Door",
    "Doorkeeper",
    "Doors",
    "Identity",
    "OpenDoor",
    "TokenDoor",
    "Unsure",
]
