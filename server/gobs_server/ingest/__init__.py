"""The agents' side of the server: streams, who may open one, and what becomes of what they carry."""

from gobs_server.ingest.acks import Acks
from gobs_server.ingest.complaints import Complaints
from gobs_server.ingest.courier import Courier
from gobs_server.ingest.deadletters import DeadLetters
from gobs_server.ingest.doors import Denied, Door, Doors, Identity, OpenDoor, TokenDoor
from gobs_server.ingest.fill import Filling
from gobs_server.ingest.intake import Intake
from gobs_server.ingest.leases import Leases
from gobs_server.ingest.penalties import Penalties
from gobs_server.ingest.server import GrpcServer
from gobs_server.ingest.sessions import Sessions
from gobs_server.ingest.stream import Streams

__all__ = [
    "Acks",
    "Complaints",
    "Courier",
    "DeadLetters",
    "Denied",
    "Door",
    "Doors",
    "Filling",
    "GrpcServer",
    "Identity",
    "Intake",
    "Leases",
    "OpenDoor",
    "Penalties",
    "Sessions",
    "Streams",
    "TokenDoor",
]
