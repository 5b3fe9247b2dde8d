"""Deployment as the page tells it: the commands it gives, the files it shows, the units it starts."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from gobs_core.cli.discover import find_commands
from gobs_core.cli.run import _parser
from gobs_core.settings import load_settings
from gobs_server.settings import ServerSettings, TokenReviewSettings
from gobs_sinks.grpc import GrpcConfig
from tests.docs.markdown import Code, page
from tests.docs.running import BIN, Up, quiet, started, until, wait_for
from tests.support.programs import searched

PAGE = page("docs/deployment.md")
UNITS = PAGE.code("ini")
SERVER, AGENT, IN_CLUSTER, POD = PAGE.code("toml")
BINDING, VOLUMES = (import_module("yaml").safe_load(block.text) for block in PAGE.code("yaml"))


def commands(holding: str, folder: Path, config: Path | None = None) -> None:
    """Run the blocks of the page that hold that text."""
    environ = {**quiet(), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    for block in PAGE.code("sh"):
        if holding in block.text:
            text = block.text.replace("/etc/gobservability/gobs.toml", str(config))
            done = searched(
                subprocess.run(
                    ["sh", "-e"], input=text, text=True, cwd=folder, capture_output=True, env=environ, check=False
                )
            )
            assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("holding", "names"),
    [
        ("--folder certs", ["certs/server.crt", "certs/agents/rack7.crt"]),
        ("--folder secret", ["secret/server.crt"]),
    ],
)
def test_the_certificates_are_the_authoritys(holding: str, names: list[str], tmp_path: Path) -> None:
    commands(holding, tmp_path)
    for name in names:
        authority = Path(name).parts[0] + "/ca.crt"
        searched(
            subprocess.run(
                ["openssl", "verify", "-CAfile", authority, name], cwd=tmp_path, check=True, capture_output=True
            )
        )


@pytest.mark.parametrize("block", PAGE.code("toml"), ids=["server", "agent", "server in a cluster", "agent in a pod"])
def test_a_settings_file_is_one(block: Code, tmp_path: Path) -> None:
    text = block.text.replace("/etc/gobservability", str(tmp_path))
    for table in _leaf_tables(tomllib.loads(text)):
        for name, value in table.items():
            if name.endswith("_file"):
                Path(value).parent.mkdir(parents=True, exist_ok=True)
                Path(value).write_text("gobs_join.aaaaaaaa." + "s" * 43, encoding="utf-8")
    file = tmp_path / "gobs.toml"
    file.write_text(text, encoding="utf-8")
    load_settings(environ={}, config=str(file), sections={"server": ServerSettings})


@pytest.mark.parametrize("unit", UNITS, ids=["server", "agent"])
def test_a_unit_starts_a_command_that_there_is(unit: Code) -> None:
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    parsed.read_string(unit.text)
    program, *arguments = shlex.split(parsed["Service"]["ExecStart"])
    assert program == "/opt/gobservability/bin/gobs"
    assert parsed["Service"]["StateDirectory"] == "gobservability"
    found, _ = find_commands(arguments[0])
    assert _parser(found).parse_args(arguments).command == arguments[0]


def test_a_server_and_an_agent_with_these_files_find_each_other(tmp_path: Path) -> None:
    """The server listens on all addresses, as the page has it: only then it encrypts, and asks who calls."""
    server_file, agent_file = tmp_path / "server.toml", tmp_path / "agent.toml"
    server_file.write_text(_here(SERVER.text, tmp_path / "server"), encoding="utf-8")
    agent_file.write_text(_here(AGENT.text, tmp_path), encoding="utf-8")
    with started("server", "--config", server_file, "--http", "127.0.0.1:0", "--grpc", "0.0.0.0:0") as said:
        http, port = re.findall(r"http://\S+?:\d+|(?<=port )\d+", until(said, "Gobservability is on"))
        commands("gobs join create", tmp_path, server_file)
        agent = ("agent", "--server", f"127.0.0.1:{port}", "--interval", "1s", "--config", agent_file)
        with started(*agent):
            assert wait_for(Up(http), b'"state":"fresh"')
        assert b'"name":"rack7"' in Up(http).get("/api/v1/nodes")
        (tmp_path / "join").unlink()
        stranger = ("agent", "--server", f"127.0.0.1:{port}", "--set", f"sinks.grpc.ca_file={_authority(tmp_path)}")
        with started(*stranger, "--node", "stranger") as says:
            assert "this server asks agents who they are" in until(says, "the server refuses us")
        assert b"stranger" not in Up(http).get("/api/v1/nodes")


def test_in_a_cluster_agent_and_server_speak_of_the_same_token() -> None:
    server: dict[str, Any] = tomllib.loads(IN_CLUSTER.text)["server"]
    pod: dict[str, Any] = tomllib.loads(POD.text)["sinks"]["grpc"]
    [volume] = VOLUMES["volumes"]
    [source] = volume["projected"]["sources"]
    token = source["serviceAccountToken"]
    assert token["audience"] == TokenReviewSettings(**server["tokenreview"]).audience
    assert pod["account_token_file"].endswith(f"/{token['path']}")
    assert token["expirationSeconds"] >= 600
    assert BINDING["roleRef"]["name"] == "system:auth-delegator"
    [subject] = BINDING["subjects"]
    assert server["tokenreview"]["accounts"] == [f"{subject['namespace']}/gobs-agent"]
    assert f"gobs certs server {GrpcConfig(**pod).server.partition(':')[0]} " in PAGE.text


def _authority(folder: Path) -> Path:
    return folder / "server" / "certs" / "ca.crt"


def _here(text: str, data: Path) -> str:
    return text.replace("/etc/gobservability", str(data)).replace("/var/lib/gobservability", str(data))


def _leaf_tables(document: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [value for value in document.values() if isinstance(value, dict)]
    return [document, *(table for one in inner for table in _leaf_tables(one))]
