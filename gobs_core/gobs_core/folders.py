"""Where this user's state is kept between runs, after the XDG base directory specification."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gobs_core.errors import UserError


def state_dir(environ: Mapping[str, str]) -> Path:
    """Return `$XDG_STATE_HOME/gobservability`, by default `~/.local/state/gobservability`; it may not exist yet."""
    named = environ.get("XDG_STATE_HOME", "")
    if named.startswith("/"):
        return Path(named) / "gobservability"
    home = environ.get("HOME", "")
    if not home.startswith("/"):
        raise UserError("neither XDG_STATE_HOME nor HOME says where state is kept; set one of them, or use --data DIR")
    return Path(home) / ".local" / "state" / "gobservability"
