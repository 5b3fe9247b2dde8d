"""Knows where the packages of this checkout are and what their pyproject.toml says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def settings(folder: Path) -> dict[str, Any]:
    """Return a folder's pyproject.toml."""
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Member:
    """One package of the workspace."""

    folder: Path
    settings: dict[str, Any]

    @property
    def distribution(self) -> str:
        """Return the name it is installed by."""
        name: str = self.settings["project"]["name"]
        return name

    @property
    def package(self) -> str:
        """Return the name it is imported by."""
        return self.distribution.replace("-", "_")

    def requirements(self) -> list[str]:
        """Return everything it depends on, extras included."""
        project = self.settings["project"]
        extras = project.get("optional-dependencies", {}).values()
        return [*project.get("dependencies", []), *(line for extra in extras for line in extra)]


ROOT_MEMBER = Member(ROOT, settings(ROOT))
MEMBERS = [
    Member(ROOT / name, settings(ROOT / name)) for name in ROOT_MEMBER.settings["tool"]["uv"]["workspace"]["members"]
]
