"""What a setting's type means to people: which markers it carries, what is expected, how a default is shown."""

from __future__ import annotations

import re
import types
import typing
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from gobs_core.values import Secret, show_duration, show_size

_PLAIN = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", Secret: "a text"}
_LIMITS = (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than"))


class Shape(NamedTuple):
    """A type, taken apart: without None, with the limits and markers of its annotations."""

    core: Any
    optional: bool
    marker: str
    """`duration`, `size`, or empty."""
    limits: tuple[msgspec.Meta, ...]

    @property
    def origin(self) -> Any:
        """E.g. `list` of `list[str]`; the type itself where it has none."""
        return typing.get_origin(self.core) or self.core

    @property
    def struct(self) -> type[msgspec.Struct] | None:
        """The struct it is, if it is one."""
        core = self.core
        return core if isinstance(core, type) and issubclass(core, msgspec.Struct) else None

    @property
    def secret(self) -> bool:
        """Whether it is never shown."""
        return self.core is Secret


def shape_of(annotation: Any) -> Shape:
    """Take a field's type apart."""
    optional = False
    metas: list[msgspec.Meta] = []
    while True:
        origin = typing.get_origin(annotation)
        if origin is Annotated:
            metas += [meta for meta in annotation.__metadata__ if isinstance(meta, msgspec.Meta)]
            annotation = annotation.__origin__
            continue
        if origin in (typing.Union, types.UnionType):
            rest = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
            if len(rest) == 1:
                optional, annotation = True, rest[0]
                continue
        break
    marker = next((meta.extra["gobs"] for meta in metas if meta.extra and "gobs" in meta.extra), "")
    return Shape(annotation, optional, marker, tuple(metas))


def expectation(shape: Shape) -> str:
    """What is expected, in words."""
    origin = shape.origin
    if shape.marker == "duration":
        words = "a duration such as 500ms, 5s, 2m, 1h, or a number of seconds"
    elif shape.marker == "size":
        words = "a size such as 64KiB, 16MiB, 1GiB, or a number of bytes"
    elif origin is Literal:
        words = "one of " + ", ".join(str(choice) for choice in typing.get_args(shape.core))
    elif isinstance(origin, type) and issubclass(origin, Enum):
        words = "one of " + ", ".join(str(choice.value) for choice in origin)
    elif origin in (list, tuple, set, frozenset):
        args = typing.get_args(shape.core)
        words = f"a list of {_plural(args[0])}" if args else "a list"
    elif origin is dict or shape.struct:
        words = "a table"
    else:
        words = _PLAIN.get(shape.core, getattr(shape.core, "__name__", str(shape.core)))
    return ", ".join([words, *_limits(shape)])


def shown(shape: Shape, value: object) -> str:
    """A value as it would be written in the settings file; a secret's is not shown."""
    if value is None:
        return ""
    if shape.secret:
        return '"***"' if value else '""'
    if shape.marker == "duration" and isinstance(value, int | float):
        return f'"{show_duration(value)}"'
    if shape.marker == "size" and isinstance(value, int):
        return f'"{show_size(value)}"'
    return msgspec.json.encode(value).decode()


def _limits(shape: Shape) -> list[str]:
    texts = []
    for meta in shape.limits:
        for name, words in _LIMITS:
            limit = getattr(meta, name)
            if limit is not None:
                number = show_duration(limit) if shape.marker == "duration" else f"{limit:g}"
                texts.append(f"{words} {show_size(limit) if shape.marker == 'size' else number}")
        if meta.min_length is not None:
            texts.append(f"at least {meta.min_length} long")
        if meta.max_length is not None:
            texts.append(f"at most {meta.max_length} long")
        if meta.pattern is not None:
            texts.append(f"matching {meta.pattern}")
    return texts


def _plural(annotation: Any) -> str:
    words = re.sub(r"^an? ", "", expectation(shape_of(annotation)))
    return words if words.startswith(("one of", "true")) else f"{words}s"
