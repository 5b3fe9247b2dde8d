"""Deployment as the page tells it: the certificates it makes, the files it shows, the units it starts."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from gobs_core.cli.discover import find_commands
from gobs_core.cli.run import _parser
from gobs_core.settings import load_settings
from tests.docs.markdown import Code, page
from tests.docs.running import BIN, Up, quiet, started, until, wait_for

PAGE = page("docs/deployment.md")
UNITS = PAGE.code("ini")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page's commands for certificates and the token were run."""
    folder = tmp_path_factory.mktemp("certificates")
    environ = {**quiet(), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    for block in PAGE.code("sh"):
        if "openssl" in block.text or "gobs certs" in block.text:
            command = ["sh", "-e"]
            subprocess.run(
                command, input=block.text, text=True, cwd=folder, check=True, capture_output=True, env=environ
            )
    return folder


def test_the_token_is_long_and_its_owners_alone(certificates: Path) -> None:
    token = certificates / "token"
    assert len(token.read_text().strip()) == 64
    assert token.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["server.crt", "agents/rack7.crt"])
def test_the_certificates_are_the_authoritys(certificates: Path, name: str) -> None:
    subprocess.run(["openssl", "verify", "-CAfile", "ca.crt", name], cwd=certificates / "certs", check=True)


@pytest.mark.parametrize("block", PAGE.code("toml"), ids=["server", "agent"])
def test_a_settings_file_names_what_the_commands_made(certificates: Path, block: Code, tmp_path: Path) -> None:
    text = _here(block.text, certificates, tmp_path)
    file = tmp_path / "gobs.toml"
    file.write_text(text, encoding="utf-8")
    load_settings(environ={}, config=str(file))
    files = [
        value
        for table in _leaf_tables(tomllib.loads(text))
        for name, value in table.items()
        if name.endswith("_file") and isinstance(value, str)
    ]
    assert files
    assert [name for name in files if not Path(name).is_file()] == []


@pytest.mark.parametrize("unit", UNITS, ids=["server", "agent"])
def test_a_unit_starts_a_command_that_there_is(unit: Code) -> None:
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    parsed.read_string(unit.text)
    program, *arguments = shlex.split(parsed["Service"]["ExecStart"])
    assert program == "/opt/gobservability/bin/gobs"
    commands, _ = find_commands(arguments[0])
    assert _parser(commands).parse_args(arguments).command == arguments[0]


def test_a_server_and_an_agent_with_these_files_find_each_other(certificates: Path, tmp_path: Path) -> None:
    server_file, agent_file = tmp_path / "server.toml", tmp_path / "agent.toml"
    for file, block in zip((server_file, agent_file), PAGE.code("toml"), strict=True):
        file.write_text(_here(block.text, certificates, tmp_path), encoding="utf-8")
    with started("server", "--config", server_file, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0") as said:
        http, port = re.findall(r"http://\S+?:\d+|(?<=port )\d+", until(said, "Gobservability is on"))
        agent = ("agent", "--server", f"127.0.0.1:{port}", "--interval", "1s", "--config")
        with started(*agent, agent_file):
            assert wait_for(Up(http), b'"state":"fresh"')
        agent_file.write_text(re.sub(r"^token_file.*\n", "", agent_file.read_text(), flags=re.MULTILINE))
        with started(*agent, agent_file, "--node", "stranger") as says:
            assert "the join token is missing or wrong" in until(says, "the server refuses us")
        assert b"stranger" not in Up(http).get("/api/v1/nodes")


def _here(text: str, certificates: Path, data: Path) -> str:
    return text.replace("/etc/gobservability", str(certificates)).replace("/var/lib/gobservability", str(data))


def _leaf_tables(document: dict[str, object]) -> list[dict[str, object]]:
    inner = [value for value in document.values() if isinstance(value, dict)]
    return [document] if not inner else [table for one in inner for table in _leaf_tables(one)]
