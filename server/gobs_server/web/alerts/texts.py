"""Texts of forms and what they mean: globs with commas between them, pairs with a sign between, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def globs(text: str) -> str | list[str]:
    """One glob, or the list of those between commas; `*` for nothing."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    return "*" if not found else found[0] if len(found) == 1 else found


def globs_text(said: str | Sequence[str]) -> str:
    """The same as people write it; empty for everything."""
    text = said if isinstance(said, str) else ", ".join(said)
    return "" if text == "*" else text


def pairs(text: str) -> dict[str, str | list[str]]:
    """`app=web tier=front|back`; raises ValueError, for people."""
    found: dict[str, str | list[str]] = {}
    for part in text.split():
        name, sign, value = part.partition("=")
        if not (name and sign and value):
            raise ValueError(f"name=glob, with spaces between and | for several globs, got {part[:80]!r}")
        found[name] = value.split("|") if "|" in value else value
    return found


def pairs_text(said: Mapping[str, str | Sequence[str]]) -> str:
    """The same as people write it."""
    return " ".join(f"{name}={value if isinstance(value, str) else '|'.join(value)}" for name, value in said.items())


def names(text: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]
