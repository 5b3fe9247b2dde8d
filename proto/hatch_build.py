"""Generates the Python code of gobs.proto, at build time and for `make proto`; only this file runs protoc."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "gobs_proto"
GENERATED = ("gobs_pb2.py", "gobs_pb2.pyi", "gobs_pb2_grpc.py")


class ProtocHook(BuildHookInterface):  # type: ignore[type-arg]  # the build's own configuration is not used
    """Run protoc before a wheel or an editable install is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Generate, and tell hatchling to take what git ignores."""
        generate(Path(self.root))
        build_data["artifacts"] += [f"/{PACKAGE}/{name}" for name in GENERATED]


def generate(root: Path) -> None:
    """Write the generated modules next to gobs.proto, so that they import as `gobs_proto.gobs_pb2`."""
    from grpc_tools import protoc  # noqa: PLC0415  # only there in a build environment

    source = root / PACKAGE / "gobs.proto"
    outputs = [f"--{kind}_out={root}" for kind in ("python", "pyi", "grpc_python")]
    includes = [f"-I{root}", f"-I{files('grpc_tools') / '_proto'}"]
    if protoc.main(["protoc", *includes, *outputs, str(source)]):
        sys.exit(f"protoc refused {source}; its messages are above")


if __name__ == "__main__":
    generate(Path(__file__).resolve().parent)
