"""Every page there is, once: what the proofs in a browser, and the screenshots, go through."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page over the simulated cluster."""

    name: str
    """Of its screenshot, and of its tests."""
    path: str
    ready: str
    """A selector of what is there once the page is."""
    status: int = 200


PAGES = (
    Page("nodes", "/", ".card"),
    Page("node", "/nodes/worker-1", "#t-process tbody tr"),
    Page("table", "/nodes/worker-1/tables/process", "#t-process tbody tr"),
    Page("plugins", "/plugins", "#plugins tbody tr"),
    Page("missing", "/nodes/nowhere", ".empty", status=404),
)
"""A new page is a new line here, and is proved with it."""
