"""`gobs token` and `gobs user` against a running server: through its socket, and over REST with a token."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gobs import run
from tests.support.secrets import marked
from tests.support.server import ServerProcess, gobs_server

PASSWORD = marked("correct horse battery")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("people") / ("a-folder-with-a-long-name-" * 4) / "data"


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ServerProcess]:
    folder.parent.mkdir(parents=True)
    with gobs_server(folder, "--set", "server.access.login=always") as running:
        yield running


def gobs(*words: str, given: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOBS_", "POSTGRES_"))}
    return run(*words, given=given, environ={**environment, "GOBS_CONFIG": os.devnull, **environ})


def asked(server: ServerProcess, path: str, token: str = "") -> tuple[int, object]:
    request = urllib.request.Request(f"http://{server.http}{path}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_token_that_was_made_works_and_one_that_was_revoked_does_not(server: ServerProcess, folder: Path) -> None:
    data = ("--data", str(folder))
    assert asked(server, "/api/v1/nodes")[0] == 401
    made = gobs("token", "create", "a program", "--scope", "read:nodes", *data)
    assert (made.returncode, made.stderr.partition(",")[0]) == (0, "token 1"), made.stderr
    token = made.stdout.strip()
    assert asked(server, "/api/v1/nodes", token) == (200, {"nodes": []})
    assert asked(server, "/api/v1/users", token)[0] == 403
    listed = gobs("token", "list", *data).stdout
    assert "a program" in listed
    assert "read:nodes" in listed
    assert token not in listed
    assert gobs("token", "revoke", "1", *data).stdout == "token 1 revoked\n"
    assert asked(server, "/api/v1/nodes", token)[0] == 401
    assert "revoked" in gobs("token", "list", *data).stdout


def test_another_server_is_asked_over_rest_with_a_token(server: ServerProcess, folder: Path, tmp_path: Path) -> None:
    admin = gobs("token", "create", "admin", "--scope", "admin", "--data", str(folder)).stdout.strip()
    file = tmp_path / "admin.token"
    file.write_text(f"{admin}\n")
    url = ("--url", f"http://{server.http}")
    assert "admin" in gobs("token", "list", *url, "--token-file", str(file)).stdout
    assert "admin" in gobs("token", "list", *url, GOBS_API_TOKEN=admin).stdout
    refused = gobs("token", "list", *url)
    assert refused.returncode == 2
    assert "log in, or show an API token" in refused.stderr
    assert gobs("token", "list", "--url", "gobs.example").returncode == 2


def test_accounts_are_made_and_a_lost_password_is_given_anew(server: ServerProcess, folder: Path) -> None:
    data = ("--data", str(folder))
    made = gobs("user", "create", "anna", "--role", "administrator", *data, given=f"{PASSWORD}\n")
    assert made.stdout == "anna is administrator\n", made.stderr
    assert "anna" in gobs("user", "list", *data).stdout
    assert gobs("user", "password", "anna", *data, given="another good one\n").returncode == 0
    short = gobs("user", "password", "anna", *data, given="short\n")
    assert (short.returncode, "body.password" in short.stderr) == (2, True)
    assert "is the last administrator" in gobs("user", "remove", "anna", *data).stderr
    assert gobs("user", "create", "ben", *data, given=f"{PASSWORD}\n").returncode == 0
    assert gobs("user", "disable", "ben", *data).stdout == "ben is disabled\n"
    assert gobs("user", "enable", "ben", *data).stdout == "ben is enabled\n"
    assert gobs("user", "remove", "ben", *data).stdout == "ben removed\n"
    assert "nobody is named 'ben'" in gobs("user", "remove", "ben", *data).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("token", "create", "x"), "--scope"),
        (("token", "create", "--scope", "read"), "expected one name"),
        (("token", "create", "x", "--scope", "everything"), "'everything' is no scope"),
        (("token", "create", "x", "--scope", "read", "--lasts", "soon"), "--lasts"),
        (("token", "revoke"), "expected numbers"),
        (("token", "revoke", "seven"), "expected a number"),
        (("token", "revoke", "99999"), "there is no token 99999"),
        (("user", "create"), "expected the name"),
        (("user", "create", "a b"), "a name is 1 to 100"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_in_a_sentence(
    server: ServerProcess, folder: Path, words: tuple[str, ...], said: str
) -> None:
    found = gobs(*words, "--data", str(folder), given=f"{PASSWORD}\n")
    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr


def test_the_socket_is_for_this_user_alone_and_is_gone_with_the_server(tmp_path: Path) -> None:
    with gobs_server(tmp_path / "data") as running:
        mode = (tmp_path / "data" / "gobs.sock").stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
        running.terminate()
    assert not (tmp_path / "data" / "gobs.sock").exists()
    found = gobs("token", "list", "--data", str(tmp_path / "data"))
    assert found.returncode == 2
    assert "no server runs with the data folder" in found.stderr


def test_a_server_that_was_killed_leaves_a_socket_that_the_next_one_replaces(tmp_path: Path) -> None:
    with gobs_server(tmp_path / "data") as running:
        running.kill()
    assert "no server runs" in gobs("token", "list", "--data", str(tmp_path / "data")).stderr
    with gobs_server(tmp_path / "data"):
        assert gobs("token", "list", "--data", str(tmp_path / "data")).returncode == 0
