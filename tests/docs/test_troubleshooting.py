"""Every message that the troubleshooting page explains is one that the programs really give."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from gobs_core.state import STATES
from tests.docs.markdown import page
from tests.support.house import MEMBERS, ROOT

PAGE = page("docs/troubleshooting.md")
MESSAGES = re.findall(r"^### `(.+)`$", PAGE.text, re.MULTILINE)
SUBJECTS = (
    "port",
    "expected",
    "/proc",
    "shared token",
    "join token",
    "service account",
    "Kubernetes API does not answer",
    "tls is false",
    "of an authority unknown",
    "for another name",
    "cert_file",
    "two agents",
    "protocol",
    "broken",
    "Python 3.11",
    "by that name",
    "front end",
    "database",
)

NODE_STATES = ("fresh", "stale", "down")


@cache
def literals() -> tuple[str, ...]:
    """Return every text in the packages, `…` standing for what is filled in at run time."""
    found: list[str] = []
    for member in MEMBERS:
        for path in sorted((member.folder / member.package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    found.append("".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
        found += [path.read_text(encoding="utf-8") for path in (member.folder / member.package).rglob("*.html")]
    found.append((ROOT / "scripts/venv").read_text(encoding="utf-8"))
    return tuple(found)


@pytest.mark.parametrize("message", MESSAGES)
def test_the_message_is_one_of_ours(message: str) -> None:
    pattern = re.compile(".*".join(re.escape(part) for part in message.split("…")), re.DOTALL)
    assert any(pattern.search(text) for text in literals())


@pytest.mark.parametrize("message", MESSAGES)
def test_the_message_is_quoted_at_enough_length_to_be_searched_for(message: str) -> None:
    assert max(len(part) for part in message.split("…")) >= 8


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_mistakes_people_make_are_there(subject: str) -> None:
    assert any(subject in message for message in MESSAGES)


@pytest.mark.parametrize("heading", MESSAGES)
def test_every_message_is_followed_by_what_to_do(heading: str) -> None:
    assert len(PAGE.section(f"`{heading}`").split()) >= 12


@pytest.mark.parametrize("state", NODE_STATES)
def test_every_state_of_a_node_is_explained(state: str) -> None:
    assert re.search(rf"\*\*.*{state}", PAGE.section("States"))


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_plugin_is_explained(state: str) -> None:
    assert re.search(rf"^\| `{state}` \| .*{re.escape(STATES[state].help)}", PAGE.section("States"), re.MULTILINE)
