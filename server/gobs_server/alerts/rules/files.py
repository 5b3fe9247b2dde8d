"""Rules from files: every fault in them is reported, and the good ones load."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gobs_core.settings.decode import decode
from gobs_core.settings.tree import Leaf, Rank, Tree
from gobs_server.alerts.faults import Invalid
from gobs_server.alerts.rules.rule import Origin, Rule, RuleFields
from gobs_server.alerts.rules.ruling import Surroundings, check_rule

_SPACE = uuid.UUID("6f1d4e0e-6d5c-4a35-9a43-0d6c2c0f8a11")
MOST_BYTES = 1 << 20
MOST_FILES = 1000


class Loaded(NamedTuple):
    """What some files hold."""

    rules: list[Rule]
    faults: list[str]
    """Each with its file, the rule and the field."""
    faulty: frozenset[str] = frozenset()
    """The names of the rules that are there and are not right."""


class Stamp(NamedTuple):
    """What tells whether a folder was changed."""

    files: tuple[tuple[str, int, int], ...]


def stamp(folder: Path) -> Stamp:
    """How a folder's files are now."""
    found = []
    for path in _paths(folder):
        try:
            stat = path.stat()
        except OSError:
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return Stamp(tuple(found))


def load_folder(folder: Path, around: Surroundings, now: float) -> Loaded:
    """All rules of the TOML files in a folder, those of sub-folders included."""
    rules: list[Rule] = []
    faults: list[str] = []
    faulty: set[str] = set()
    if not folder.is_dir():
        return Loaded([], [f"{folder}: expected a folder of rules, and there is none"])
    names = set(around.others)
    for path in _paths(folder):
        name = str(path.relative_to(folder))
        try:
            text = path.read_bytes()
            if len(text) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES} bytes")
            said = tomllib.loads(text.decode())
        except (OSError, ValueError) as error:
            faults.append(f"{name}: cannot be read: {error}")
            continue
        found, wrong, bad = load_rules(said, name, "file", around.named(names), now)
        rules += found
        faulty |= bad
        faults += wrong
        names |= {rule.name for rule in found}
    return Loaded(rules, faults, frozenset(faulty))


def load_rules(said: Mapping[str, Any], source: str, origin: Origin, around: Surroundings, now: float) -> Loaded:
    """The rules of one document: tables `[[rule]]`."""
    rules: list[Rule] = []
    faults = [f"{source}: {name}: expected [[rule]] and nothing else" for name in said.keys() - {"rule"}]
    tables = said.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return Loaded([], [*faults, f"{source}: expected rules, each as a table [[rule]]"])
    names: set[str] = set()
    faulty: set[str] = set()
    for number, table in enumerate(tables, start=1):
        where = f"{source}: rule {number}"
        wrong: list[str] = []
        fields = decode(RuleFields, _tree(table, where), (where,), wrong)
        if fields is not None:
            where = f"{source}: rule {fields.name!r}"
            try:
                ruled = check_rule(fields, around.named({*around.others, *names}))
                rules.append(_rule(ruled.fields, source, origin, now))
                names.add(fields.name)
            except Invalid as error:
                wrong += [f"{where}: {fault.where}: {fault.expected}" for fault in error.faults]
                faulty.add(fields.name)
        faults += wrong
    return Loaded(rules, faults, frozenset(faulty))


def starter_rules(around: Surroundings, now: float) -> list[Rule]:
    """The rules a new server begins with."""
    text = files("gobs_server.alerts.rules").joinpath("starter.toml").read_text()
    return load_rules(tomllib.loads(text), "", "starter", around, now).rules


def _rule(fields: RuleFields, source: str, origin: Origin, now: float) -> Rule:
    said = {name: getattr(fields, name) for name in RuleFields.__struct_fields__}
    name = f"{origin}:{fields.name}"
    return Rule(
        **said, id=str(uuid.uuid5(_SPACE, name)), origin=origin, source=source, created=now, changed=now, judged=now
    )


def _paths(folder: Path) -> list[Path]:
    """Its TOML files; what begins with a dot is left out, as where Kubernetes keeps older versions of a ConfigMap."""
    found: Iterator[Path] = (
        path
        for path in folder.rglob("*.toml")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    return sorted(found)[:MOST_FILES]


def _tree(table: Mapping[str, Any], where: str) -> Tree:
    return {
        name: Leaf(value, f"{where}: {name}", Rank.FILE)
        if not isinstance(value, dict)
        else _tree(value, f"{where}: {name}")
        for name, value in table.items()
    }


def same_rules(one: Rule, other: Rule) -> bool:
    """Whether a file says the same of a rule as before."""
    return msgspec.structs.asdict(one.fields()) == msgspec.structs.asdict(other.fields()) and one.source == other.source
