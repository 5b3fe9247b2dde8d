"""The agents' side of the server: streams, who may open one, and what becomes of what they carry."""

from gobs_server.ingest.auth import Authenticator, Denied, Identity, OpenDoor, TokenDoor
from gobs_server.ingest.server import GrpcServer
from gobs_server.ingest.sessions import Sessions

__all__ = ["Authenticator", "Denied", "GrpcServer", "Identity", "OpenDoor", "Sessions", "TokenDoor"]
