"""The hash of an installed distribution: of every file it brought, as it is on the disk now."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator

from gobs_core.errors import DeclarationError

_MADE_HERE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "RECORD.jws", "uv_cache.json")
"""What the installer writes by itself."""
_LARGEST = 256 << 20
"""Bytes of one file."""


def digest_of(dist: object) -> str:
    """Return 64 hex digits; raises DeclarationError where a file is missing, added, or nothing says which there are."""
    folder = str(getattr(dist, "folder", "") or getattr(dist, "_path", ""))
    if not folder.endswith(".dist-info"):
        raise DeclarationError("it was not installed from a wheel")
    root = os.path.dirname(folder)
    names = sorted(set(_recorded(folder)))
    if any(name.endswith(".pth") for name in names):
        raise DeclarationError("it is installed in place (pip install -e), where any file may change at any time")
    _refuse_added(root, names)
    total = hashlib.sha256()
    for name in names:
        total.update(f"{name}\0{_digest(os.path.join(root, name), name)}\n".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _recorded(folder: str) -> Iterator[str]:
    try:
        with open(os.path.join(folder, "RECORD"), encoding="utf-8", errors="surrogateescape", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, csv.Error) as error:
        raise DeclarationError(f"its RECORD cannot be read: {error}") from None
    own = os.path.basename(folder)
    for row in rows:
        name = row[0] if row else ""
        if name and not _is_bytecode(name) and not (name.startswith(f"{own}/") and name.endswith(_MADE_HERE)):
            yield name


def _is_bytecode(name: str) -> bool:
    return name.endswith(".pyc") or "__pycache__/" in name


def _refuse_added(root: str, names: list[str]) -> None:
    """A file beside a package's own would be imported like them."""
    known = frozenset(names)
    for top in {name.partition("/")[0] for name in names if "/" in name and not name.startswith("..")}:
        for folder, _, files in os.walk(os.path.join(root, top)):
            for file in files:
                name = os.path.relpath(os.path.join(folder, file), root)
                if name not in known and not _is_bytecode(name) and not name.endswith(_MADE_HERE):
                    raise DeclarationError(f"{name} did not come with it")


def _digest(path: str, name: str) -> str:
    try:
        if os.stat(path).st_size > _LARGEST:
            raise DeclarationError(f"{name} has more than {_LARGEST >> 20} MiB")
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DeclarationError(f"{name}: {error.strerror}") from None
