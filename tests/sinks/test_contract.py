"""The sinks that come with Gobservability keep the contract of every sink, and cost nothing unless they run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gobs_core import Sink
from gobs_core.testing import check_sink
from gobs_sinks import grpc, otlp, prometheus, remote_write, stdout
from tests.support.programs import searched


@pytest.mark.parametrize("module", [grpc, otlp, prometheus, remote_write, stdout])
def test_each_module_announces_one_sink_called_like_it(module: object) -> None:
    [cls] = module.gobs_register_sinks()  # type: ignore[attr-defined]  # every plugin module has it
    assert issubclass(cls, Sink)
    assert cls.name == module.__name__.rpartition(".")[2]  # type: ignore[attr-defined]  # as above


def test_grpc_keeps_the_contract_with_nobody_listening() -> None:
    check_sink(grpc.GrpcSink, config=grpc.GrpcConfig(server="127.0.0.1:1"))


def test_stdout_keeps_the_contract(capfd: pytest.CaptureFixture[str]) -> None:
    check_sink(stdout.StdoutSink)
    assert capfd.readouterr().out.count("\n") > 3


def test_grpc_and_protobuf_are_not_imported_before_they_are_used() -> None:
    code = "import sys, gobs_sinks.grpc, gobs_sinks.stdout; print({'grpc', 'google.protobuf'} & set(sys.modules))"
    run = searched(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True))
    assert run.stdout == "set()\n"
