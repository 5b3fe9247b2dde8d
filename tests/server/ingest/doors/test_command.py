"""`gobs join` from the outside, beside a server and without one."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from gobs_core.cli.run import run
from gobs_core.plugins.origin import installed


class Gobs:
    """Runs `gobs` with a data folder of its own."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = data
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        found = run([*words, "--data", str(self.data)], installed("gobs.commands"))
        said = self._capsys.readouterr()
        assert found == code, said
        assert "Traceback" not in said.err
        return said.out if code == 0 else said.err


@pytest.fixture
def gobs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Gobs:
    monkeypatch.setenv("GOBS_CONFIG", os.devnull)
    monkeypatch.setenv("GOBS_SERVER__GRPC", "127.0.0.1:9090")
    return Gobs(tmp_path, capsys)


def test_a_token_is_printed_alone_and_listed_without_its_secret(gobs: Gobs) -> None:
    token = gobs("join", "create", "--node", "rack7").strip()
    prefix, join_id, secret = token.split(".")
    assert prefix == "gobs_join"
    listed = gobs("join", "list")
    assert join_id in listed
    assert "open" in listed
    assert "rack7" in listed
    assert secret not in listed


def test_a_server_with_an_authority_of_its_own_is_known_by_the_token(
    gobs: Gobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOBS_SERVER__GRPC", "0.0.0.0:9090")
    assert "start the server once" in gobs("join", "create", code=2)
    gobs("certs", "init")
    shown = gobs("certs", "show")
    assert gobs("join", "create").strip().rsplit(".", 1)[1] in shown


def test_tokens_are_revoked_by_id_and_all_or_none(gobs: Gobs) -> None:
    ids = [gobs("join", "create").split(".")[1] for _ in range(2)]
    assert "there is no join token 'unknown'" in gobs("join", "revoke", ids[0], "unknown", code=2)
    assert gobs("join", "list").count("open") == 2
    assert gobs("join", "revoke", *ids).count("revoked") == 2
    assert "was revoked before" in gobs("join", "revoke", ids[0])
    assert gobs("join", "list").count("revoked") == 2


def test_it_works_beside_a_server_that_holds_the_database(gobs: Gobs) -> None:
    gobs("join", "create")
    with (gobs.data / "gobs.sqlite3.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        gobs("join", "create")
        assert gobs("join", "list").count("open") == 2


def test_nothing_made_yet_is_said(gobs: Gobs) -> None:
    assert "no join token was made yet" in gobs("join", "list")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["create", "--ttl", "soon"], "--ttl: expected a duration"),
        (["create", "--ttl", "31d"], "at most 30d"),
        (["create", "--ttl", "0"], "at most 30d"),
        (["create", "--node", ""], "--node"),
        (["create", "--node", "a\nb"], "--node"),
        (["create", "x"], "takes no id"),
        (["list", "x"], "takes no id"),
        (["revoke"], "expected the ids"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(gobs: Gobs, words: list[str], complaint: str) -> None:
    assert complaint in gobs("join", *words, code=2)


def test_a_database_that_is_none_is_named(gobs: Gobs) -> None:
    (gobs.data / "gobs.sqlite3").write_text("no database at all" * 100)
    assert "gobs.sqlite3" in gobs("join", "list", code=2)
