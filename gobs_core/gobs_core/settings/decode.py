"""From a tree of leaves to a struct, collecting every fault on the way instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from gobs_core.settings.tree import Leaf, Rank, Tree, leaves, plain
from gobs_core.settings.types import Shape, expectation, shape_of
from gobs_core.suggest import did_you_mean
from gobs_core.values import Secret, parse_duration, parse_size

T = TypeVar("T", bound=msgspec.Struct)
_MARKERS: dict[str, Callable[[str], float]] = {"duration": parse_duration, "size": parse_size}
_SECRET_FILE_LIMIT = 65536


class _Bad(Exception):
    """A value is not what is expected; already noted."""


class Unset(NamedTuple):
    """A required setting that nobody gave."""

    path: str


def decode(cls: type[T], tree: Tree | Leaf, path: tuple[str, ...], faults: list[str]) -> T | None:
    """Make the struct; None when there were faults, which are then in `faults`."""
    if isinstance(tree, Leaf):
        faults.append(f"{tree.where}: expected a table, got {_show(tree.value)}")
        return None
    fields = {field.encode_name: field for field in msgspec.structs.fields(cls)}
    shapes = {name: shape_of(field.type) for name, field in fields.items()}
    found, before = dict(tree), len(faults)
    _read_secret_files(shapes, found, faults)
    values: dict[str, object] = {}
    for name, below in found.items():
        if name not in fields:
            _note_unknown(below, name, path, fields, faults)
            continue
        try:
            values[fields[name].name] = _value(shapes[name], fields[name].type, below, (*path, name), faults)
        except _Bad:
            continue
    for name, field in fields.items():
        if field.required and name not in found:
            faults.append(f"{'.'.join((*path, name))}: expected {expectation(shapes[name])}, got nothing")
    if len(faults) > before:
        return None
    try:
        return cls(**values)
    except (ValueError, TypeError) as error:
        faults.append(_where_of(error, found, path))
        return None


def decode_one(annotation: Any, below: Tree | Leaf | None) -> Any:
    """A single value where it is as expected, and None otherwise."""
    try:
        return None if below is None else _value(shape_of(annotation), annotation, below, (), [])
    except _Bad:
        return None


def _value(shape: Shape, annotation: Any, below: Tree | Leaf, path: tuple[str, ...], faults: list[str]) -> object:
    if shape.struct is not None and not (isinstance(below, Leaf) and below.value is None):
        made = decode(shape.struct, below, path, faults)
        if made is None:
            raise _Bad
        return made
    if isinstance(below, Leaf):
        return _leaf(shape, annotation, below, faults)
    first = next(leaves(below), None)
    where = first.where if first else ".".join(path)
    lax = any(leaf.lax for leaf in leaves(below))
    return _convert(shape, annotation, plain(below), where, faults, strict=not lax)


def _leaf(shape: Shape, annotation: Any, leaf: Leaf, faults: list[str]) -> object:
    value = leaf.value
    if isinstance(value, str) and shape.marker:
        try:
            value = _MARKERS[shape.marker](value)
        except ValueError:
            faults.append(f"{leaf.where}: expected {expectation(shape)}, got {_show(leaf.value)}")
            raise _Bad from None
    elif isinstance(value, str) and leaf.lax and shape.origin in (list, tuple, set, frozenset, dict):
        value = _split(value)
    return _convert(shape, annotation, value, leaf.where, faults, strict=not leaf.lax, written=leaf.value)


def _convert(
    shape: Shape, annotation: Any, value: object, where: str, faults: list[str], *, strict: bool, written: object = None
) -> object:
    try:
        return msgspec.convert(value, annotation, strict=strict, dec_hook=_custom)
    except msgspec.ValidationError as error:
        text = str(error)
        inside = text.partition(" - at `$")[2].rstrip("`")
        plain_type = shape.secret or text.startswith(("Expected", "Invalid"))
        expected = expectation(shape) if plain_type else text.partition(" - at `$")[0]
        got = "***" if shape.secret else _show(value if written is None else written)
        faults.append(f"{where}{inside}: expected {expected}, got {got}")
        raise _Bad from None


def _custom(kind: type, value: object) -> object:
    if isinstance(value, str):
        return kind(value)
    raise TypeError(f"a text, not {type(value).__name__}")


def _split(text: str) -> object:
    if text.lstrip().startswith(("[", "{")):
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _note_unknown(
    below: Tree | Leaf, name: str, path: tuple[str, ...], fields: dict[str, Any], faults: list[str]
) -> None:
    written = [leaf for leaf in leaves(below) if leaf.rank is not Rank.ORIGINAL]
    if not written and list(leaves(below)):
        return
    where = written[0].where if written else ".".join((*path, name))
    known = [*fields, *(f"{name}_file" for name, field in fields.items() if shape_of(field.type).secret)]
    faults.append(f"{where}: expected a setting of [{'.'.join(path)}], got {name!r}{did_you_mean(name, known)}")


def _where_of(error: Exception, found: Tree, path: tuple[str, ...]) -> str:
    name, colon, rest = str(error).partition(":")
    below = found.get(name) if colon else None
    if below is None:
        return f"{'.'.join((*path, name)) if colon else '.'.join(path)}:{rest if colon else f' {error}'}"
    first = next(leaves(below), None)
    return f"{first.where if first else '.'.join((*path, name))}:{rest}"


def _read_secret_files(shapes: dict[str, Shape], found: Tree, faults: list[str]) -> None:
    for name, shape in shapes.items():
        other = f"{name}_file"
        if not shape.secret or other in shapes or other not in found:
            continue
        named, direct = found.pop(other), found.get(name)
        if not isinstance(named, Leaf) or not isinstance(named.value, str):
            faults.append(f"{next(leaves(named)).where}: expected the path of a file, got {_show(plain(named))}")
            continue
        if isinstance(direct, Leaf) and direct.rank == named.rank:
            faults.append(f"{named.where}: expected one of {name} and {other}, got both")
        elif not isinstance(direct, Leaf) or direct.rank < named.rank:
            found[name] = Leaf(_read_secret(named, faults), named.where, named.rank)


def _read_secret(named: Leaf, faults: list[str]) -> Secret:
    path = Path(str(named.value))
    try:
        with path.open("rb") as file:
            raw = file.read(_SECRET_FILE_LIMIT + 1)
        if len(raw) > _SECRET_FILE_LIMIT:
            faults.append(f"{named.where}: expected a file of at most 64 KiB, got a larger one: {path}")
        return Secret(raw.decode().strip())
    except OSError as error:
        faults.append(f"{named.where}: expected a readable file, got {path}: {error.strerror}")
    except UnicodeDecodeError:
        faults.append(f"{named.where}: expected a file of UTF-8 text, got other bytes in {path}")
    return Secret()
