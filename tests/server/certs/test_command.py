"""`gobs certs` from the outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from gobs_core.cli.run import run
from gobs_core.plugins.origin import installed


@pytest.fixture
def gobs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Gobs:
    monkeypatch.setenv("GOBS_CONFIG", "/dev/null")
    return Gobs(tmp_path, capsys)


class Gobs:
    """Runs `gobs certs` with a data folder of its own."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = data / "certs"
        self._data = data
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        found = run(["certs", *words, "--data", str(self._data)], installed("gobs.commands"))
        said = self._capsys.readouterr()
        assert found == code, said
        assert "Traceback" not in said.err
        return said.out if code == 0 else said.err


def test_three_commands_make_all_that_mutual_tls_takes(gobs: Gobs) -> None:
    assert str(gobs.folder / "ca.crt") in gobs("init")
    assert "gobs.example.org" in gobs("server", "gobs.example.org", "10.0.0.5")
    assert str(gobs.folder / "agents" / "rack7.key") in gobs("agent", "rack7")
    shown = gobs("show")
    for text in ("ca.crt", "server.crt", "agents/rack7.crt", "gobs.example.org, 10.0.0.5", "node/rack7"):
        assert text in shown


def test_no_key_is_ever_shown(gobs: Gobs) -> None:
    said = gobs("init") + gobs("server", "a") + gobs("agent", "n") + gobs("show")
    assert "PRIVATE" not in said
    for key in gobs.folder.rglob("*.key"):
        assert key.read_text().splitlines()[1] not in said


def test_without_names_the_servers_certificate_is_for_this_machine(gobs: Gobs) -> None:
    gobs("init")
    assert "localhost" in gobs("server")


def test_the_authority_is_renewed_or_replaced_on_request_alone(gobs: Gobs) -> None:
    gobs("init", "--days", "30")
    assert "--renew lets it last longer" in gobs("init", code=2)
    gobs("init", "--renew")
    assert gobs("show").count("ca.crt") == 1
    gobs("init", "--replace")
    assert gobs("show").count("ca.crt") == 2
    assert "only one of them can be" in gobs("init", "--replace", "--renew", code=2)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["show"], "gobs certs init"),
        (["server"], "gobs certs init"),
        (["agent"], "the name of one node"),
        (["agent", "a", "b"], "the name of one node"),
        (["agent", "a\nb"], "can be printed"),
        (["init", "x"], "takes no name"),
        (["init", "--days", "0"], "--days"),
        (["init", "--days", "40000"], "--days"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(gobs: Gobs, words: list[str], complaint: str) -> None:
    assert complaint in gobs(*words, code=2)
    assert not gobs.folder.exists()


def test_a_folder_that_cannot_be_written_is_named(gobs: Gobs) -> None:
    gobs.folder.write_text("a file")
    assert "cannot be written" in gobs("init", code=2)
