"""Leaving a plugin out by name: the list `[plugins] deny` of the settings file, whose other lines stay as they are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gobs_core.errors import UserError
from gobs_core.settings.sources import settings_file


def deny(name: str, config: str | None, environ: Mapping[str, str], *, allow: bool = False) -> tuple[Path, bool]:
    """Put a name into the list, or take it out with `allow`; return the file and whether that changed anything.

    The file is made where there is none. Raises UserError for one that cannot be read or written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = settings_file(config, environ) or _own_file(environ)
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        section = document.setdefault("plugins", tomlkit.table())
        names = section.setdefault("deny", tomlkit.array())
        if not isinstance(names, list):
            raise UserError(f"{path}:plugins.deny: expected a list of names, got {names!r:.80}")
        if (name in names) is not allow:
            return path, False
        if allow:
            names.remove(name)
        else:
            names.append(name)
        _replace(path, tomlkit.dumps(document))
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from None
    except (TOMLKitError, UnicodeDecodeError, AttributeError) as error:
        raise UserError(f"{path}: expected TOML with a section [plugins]: {error}") from None
    return path, True


def _own_file(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME", ""), ".config")
    if not home.startswith("/"):
        raise UserError("neither XDG_CONFIG_HOME nor HOME says where settings are kept; name a file with --config")
    return Path(home) / "gobservability" / "gobs.toml"


def _replace(path: Path, text: str) -> None:
    """Write beside it and put that in its place, so that a full disk costs no settings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o7777)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
