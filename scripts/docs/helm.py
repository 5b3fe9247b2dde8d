"""Writes every value of the chart, with what its comment says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from gobs_core.kit.reference.markdown import code, table
from scripts.docs.source import ROOT

VALUES = ROOT / "helm" / "gobservability" / "values.yaml"
_KEY = re.compile(r"( *)([A-Za-z][A-Za-z0-9]*):")


class Value(NamedTuple):
    """One value of the chart."""

    path: str
    default: str
    """As JSON, which is YAML."""
    help: str


def every_value() -> str:
    """Return a table of all values."""
    rows = ((code(value.path), code(value.default), value.help) for value in list_values(VALUES.read_text("utf-8")))
    return table(("value", "default", "what it is"), rows)


def list_values(text: str) -> list[Value]:
    """Return every value with a comment that begins `# --`, in order."""
    return [Value(path, json.dumps(_at(yaml.safe_load(text), path)), said) for path, said in _described(text)]


def _described(text: str) -> Iterator[tuple[str, str]]:
    above: list[tuple[int, str]] = []
    said: list[str] = []
    for line in text.splitlines():
        comment = line.strip()
        if comment.startswith("# -- "):
            said = [comment[5:]]
        elif comment.startswith("#") and said:
            said.append(comment[1:].strip())
        elif (key := _KEY.match(line)) is not None:
            indent = len(key[1])
            above = [one for one in above if one[0] < indent]
            above.append((indent, key[2]))
            if said:
                yield ".".join(name for _, name in above), " ".join(said)
            said = []


def _at(values: object, path: str) -> object:
    for step in path.split("."):
        assert isinstance(values, dict)
        values = values[step]
    return values
