"""The numbers both ends of the wire hold to: what a message, a frame and a segment may be at most."""

from __future__ import annotations

PROTOCOL = 1
"""The protocol this code speaks; two peers use the lower of theirs."""

MAX_MESSAGE_BYTES = 1 << 20
"""One gRPC message, encoded."""
MAX_TABLES = 256
"""Tables in a Hello."""
MAX_COLUMNS = 200
"""Columns of a table, keys and derived ones included."""
MAX_ROWS = 20_000
"""Live rows of one table; slots are below it."""
MAX_CELLS = 2_000_000
"""Live cells of one node, over all tables."""
MAX_TEXT = 1024
"""A text, in bytes of UTF-8; longer ones are cut by the agent."""
MAX_KEY = 256
"""The text of a key column, in bytes of UTF-8; longer ones are cut and end in a digest of the whole."""
MAX_INTEGER = (1 << 62) - 1
"""The largest magnitude of an integral cell, so that every delta fits an int64; beyond it a cell is not known."""
MAX_SEGMENT_BYTES = 64 << 20
"""The frames of one segment, decompressed; the agent starts a new one long before."""
MAX_SEGMENT_PARTS = 4096
"""Parts of one segment."""
MAX_NODE = 253
"""A node's name, in bytes of UTF-8: what DNS allows."""
MAX_SECTIONS = 32
"""Sections asked for by one Inspect."""

AUTHORIZATION = "authorization"
"""Metadata of the call: `Bearer <token>`, of any kind."""
CREDENTIAL = "gobs-credential"
"""Metadata of the call: beside a join token, the credential that the agent wants to be known by from now on."""
JOIN_PREFIX = "gobs_join."
"""How a join token begins; after it come an id, a secret, and perhaps the fingerprint of the server's authority."""
CREDENTIAL_PREFIX = "gobs_node."
"""How a credential begins, as the agent shows it; after it come the join token's id and the agent's secret."""
ROTATION = "rotation"
"""The reason of a Bye that says no more than that the stream is old."""
NODE = "gobs-node"
"""Metadata of the call: the node's name; percent-encoded, since metadata is ASCII."""
