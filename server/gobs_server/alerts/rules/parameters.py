"""Parameters: what a rule sets for its condition, read as settings are: every fault names its field and a way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gobs_core import Condition
from gobs_core.settings.decode import decode
from gobs_core.settings.tree import Leaf, Rank, Tree
from gobs_core.suggest import did_you_mean


class Misfit(ValueError):
    """Parameters that a condition cannot be given."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {expected}" for field, expected in faults))
        self.faults = faults
        """(field, what is expected); the field is empty where it is about all of them."""


def read_parameters(condition: Condition, said: Mapping[str, Any]) -> Any:
    """Make the condition's parameters; a duration or a size may be written as people do. Raises Misfit."""
    known = condition.Parameters.__struct_fields__
    faults = [
        (name, f"the name of a parameter of {condition.name!r}{did_you_mean(name, known)}")
        for name in said
        if name not in known
    ]
    tree: Tree = {name: Leaf(value, name, Rank.FILE) for name, value in said.items() if name in known}
    texts: list[str] = []
    made = decode(condition.Parameters, tree, (), texts)
    for text in texts:
        field, colon, rest = text.partition(": ")
        inside = bool(colon) and field.partition(".")[0].partition("[")[0] in known
        faults.append((field if inside else "", (rest if inside else text).removeprefix("expected ")))
    if faults:
        raise Misfit(faults)
    return made
