"""The sink `grpc`: streams an agent's frames to a server."""
