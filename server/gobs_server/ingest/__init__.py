"""The agents' side of the server: streams, who may open one, and what becomes of what they carry."""

from gobs_server.ingest.auth import Authenticator, Denied, Identity, OpenDoor, TokenDoor
from gobs_server.ingest.complaints import Complaints
from gobs_server.ingest.fill import Filling
from gobs_server.ingest.intake import Intake
from gobs_server.ingest.server import GrpcServer
from gobs_server.ingest.sessions import Sessions
from gobs_server.ingest.stream import Streams

__all__ = [
    "Authenticator",
    "Complaints",
    "Denied",
    "Filling",
    "GrpcServer",
    "Identity",
    "Intake",
    "OpenDoor",
    "Sessions",
    "Streams",
    "TokenDoor",
]
