"""A Kubernetes API server for tests: the real protocol over TLS on a real socket, and nothing behind it."""
