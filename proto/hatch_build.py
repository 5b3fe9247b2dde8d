"""Generates the Python code of the .proto files, at build time and for `make proto`; only this file runs protoc."""

from __future__ import annotations

import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "gobs_proto"
MESSAGES = ("pprof", "remote_write")
"""Files with messages alone."""
GENERATED = (
    *("gobs_pb2.py", "gobs_pb2.pyi", "gobs_pb2_grpc.py", "gobs_pb2_grpc.pyi"),
    *(f"{name}_pb2{ending}" for name in MESSAGES for ending in (".py", ".pyi")),
)

STUB = """\
from collections.abc import AsyncIterator

import grpc.aio

from gobs_proto.gobs_pb2 import {messages}
"""
SERVICE_STUB = """

class {service}Stub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
{calls}

class {service}Servicer:
{handlers}

def add_{service}Servicer_to_server(servicer: {service}Servicer, server: grpc.aio.Server) -> None: ...
"""
CALL = "    {name}: grpc.aio.StreamStreamMultiCallable[{request}, {response}]"
HANDLER = """\
    def {name}(
        self,
        request_iterator: AsyncIterator[{request}],
        context: grpc.aio.ServicerContext[{request}, {response}],
    ) -> AsyncIterator[{response}]: ..."""


class ProtocHook(BuildHookInterface):  # type: ignore[type-arg]  # the build's own configuration is not used
    """Run protoc before a wheel or an editable install is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate, and tell hatchling to take what git ignores."""
        generate(Path(self.root))
        build_data["artifacts"] += [f"/{PACKAGE}/{name}" for name in GENERATED]


def generate(root: Path) -> None:
    """Write the generated modules next to their sources, so that they import as `gobs_proto.gobs_pb2`."""
    for name in MESSAGES:
        _compile(root, f"{name}.proto", ("python", "pyi"))
    with tempfile.NamedTemporaryFile() as described:
        _compile(root, "gobs.proto", ("python", "pyi", "grpc_python"), f"--descriptor_set_out={described.name}")
        stub = _service_types(Path(described.name).read_bytes())
    (root / PACKAGE / "gobs_pb2_grpc.pyi").write_text(stub, encoding="utf-8")


def _compile(root: Path, name: str, kinds: tuple[str, ...], *more: str) -> None:
    from grpc_tools import protoc  # only there in a build environment

    source = root / PACKAGE / name
    includes = [f"-I{root}", f"-I{files('grpc_tools') / '_proto'}"]
    outputs = [f"--{kind}_out={root}" for kind in kinds]
    if protoc.main(["protoc", *includes, *outputs, *more, str(source)]):
        sys.exit(f"protoc refused {source}; its messages are above")


def _service_types(descriptors: bytes) -> str:
    """Write the types that protoc leaves out of gobs_pb2_grpc; every call streams both ways."""
    from google.protobuf.descriptor_pb2 import FileDescriptorSet  # comes with grpc_tools

    (file,) = FileDescriptorSet.FromString(descriptors).file
    services, messages = [], set()
    for service in file.service:
        calls = []
        for method in service.method:
            if not (method.client_streaming and method.server_streaming):
                sys.exit(f"{file.name}: {method.name} must stream both ways; {__file__} knows no other kind")
            request, response = (kind.rpartition(".")[2] for kind in (method.input_type, method.output_type))
            calls.append({"name": method.name, "request": request, "response": response})
            messages |= {request, response}
        lines = {"calls": CALL, "handlers": HANDLER}
        filled = {key: "\n".join(line.format(**call) for call in calls) for key, line in lines.items()}
        services.append(SERVICE_STUB.format(service=service.name, **filled))
    return STUB.format(messages=", ".join(sorted(messages))) + "".join(services)


if __name__ == "__main__":
    generate(Path(__file__).resolve().parent)
