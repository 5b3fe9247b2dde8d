"""Comparing: an operator as a sign and a limit, so that all lanes of all rules are one comparison."""

from __future__ import annotations

from math import inf, nextafter

WORDS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
OPPOSITE = {">": "at most", ">=": "below", "<": "at least", "<=": "above"}


def sign_of(operator: str) -> float:
    """Return what values are multiplied with so that larger is worse."""
    return 1.0 if operator in (">", ">=") else -1.0


def limit_of(operator: str, threshold: float) -> float:
    """Return the limit that `sign * value` must exceed."""
    limit = sign_of(operator) * threshold
    return nextafter(limit, -inf) if operator in (">=", "<=") else limit
