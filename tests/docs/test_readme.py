"""The README and the REST page: what they tell a newcomer to type works and answers."""

from __future__ import annotations

import json

from tests.docs.markdown import page
from tests.docs.running import Shell, Up

README = page("README.md")
REST = page("docs/rest.md")


def test_the_readme_begins_with_two_commands() -> None:
    [commands] = [block for block in README.code("sh") if "make" in block.text]
    assert [line.split("#")[0].strip() for line in commands.text.splitlines()] == ["make run", "make test"]
    assert README.text.index(commands.text) < len(README.text) / 2


def test_what_the_readme_asks_of_the_server_is_answered(shell: Shell) -> None:
    [commands] = [block.text for block in README.code("sh") if "curl" in block.text]
    out = shell.run(commands)
    nodes, _ = json.JSONDecoder().raw_decode(out)
    assert nodes["nodes"][0]["tables"]
    assert "load1" in out
    assert "swap" in out


def test_every_call_of_the_rest_page_is_answered(shell: Shell) -> None:
    for block in REST.code("sh"):
        young = block.text.replace("at=60", "at=0")  # the server of the tests is no minute old
        out, decoder = shell.run(young), json.JSONDecoder()
        calls = block.text.count("curl ")
        for _ in range(calls):
            answer, end = decoder.raw_decode(out)
            assert "status" not in answer, answer
            out = out[end:].lstrip()
        assert out == ""


def test_health_readiness_and_metrics_are_where_the_page_says(up: Up) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert f"`{path}`" in REST.text
        assert up.get(path)


def test_the_picture_is_small_and_a_picture() -> None:
    picture = (README.path.parent / "docs/screenshot.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 300_000
