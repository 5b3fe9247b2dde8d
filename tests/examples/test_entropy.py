"""The example plugin, installed by pip into a fresh environment: its table is everywhere, and nothing else was told."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples.fresh import GOBS, Fresh, fresh, install
from tests.support.programs import searched

EXAMPLE = "gobs-plugin-entropy"
PATIENCE = 60.0

pytestmark = pytest.mark.xdist_group("examples")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    environment = fresh(tmp_path_factory.mktemp("fresh"))
    assert "entropy" not in environment.gobs("plugins").stdout
    install(environment, EXAMPLE)
    return environment


@pytest.fixture
def address(made: Fresh, tmp_path: Path) -> Iterator[str]:
    """Where `gobs up` of the fresh environment shows this machine."""
    ports = ("--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--interval", "1s", "--node", "mine")
    command = [made.python, "-c", GOBS, "up", "--data", str(tmp_path), *ports]
    with searched(subprocess.Popen(command, env=made.environment(), stdout=subprocess.PIPE, text=True)) as child:
        try:
            assert child.stdout is not None
            told = re.search(r"http://\S+", child.stdout.readline())
            assert told is not None
            yield told[0]
        finally:
            child.terminate()
            child.wait(PATIENCE)


def get(url: str) -> str:
    """Ask until there is an answer; the agent's first frame is on its way."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            if error.code != 404 or time.monotonic() > end:
                raise
        time.sleep(0.1)


def test_it_is_among_the_plugins(made: Fresh) -> None:
    line = next(line for line in made.gobs("plugins").stdout.splitlines() if "entropy" in line)
    assert line.split() == ["collector", "entropy", "ok", "worker", "1", EXAMPLE, "0.1.0"]


def test_it_collects(made: Fresh) -> None:
    done = made.gobs("collect", "--once", "--json", "entropy")
    assert done.returncode == 0, done.stderr
    size = int(Path("/proc/sys/kernel/random/poolsize").read_text())
    assert f'"size":{size}' in done.stdout.replace(" ", "")


def test_its_table_is_in_rest_and_on_the_node_s_page(address: str) -> None:
    table = json.loads(get(f"{address}/api/v1/nodes/mine/tables/entropy"))
    assert [column["name"] for column in table["columns"]] == ["available", "size", "filled"]
    (row,) = table["rows"]
    assert row["values"]["filled"] == pytest.approx(100 * row["values"]["available"] / row["values"]["size"])
    assert "entropy" in json.loads(get(f"{address}/api/v1/nodes"))["nodes"][0]["tables"]
    page = get(f"{address}/nodes/mine")
    assert "Randomness the kernel holds ready" in page
    where = json.loads(get(f"{address}/api/v1/nodes/mine/tables/collector"))["rows"]
    assert {row["keys"]["collector"]: row["infos"]["runs_in"] for row in where}.items() >= {
        ("entropy", "worker"),
        ("cpu", "thread"),
    }
    assert "entropy" in page
    plugins = json.loads(get(f"{address}/api/v1/plugins"))
    assert EXAMPLE in json.dumps(plugins)


def test_its_reference_is_written_as_ours_is(made: Fresh) -> None:
    done = made.gobs("plugin", "describe")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert f"A collector, from {EXAMPLE} 0.1.0, for plugin API 1." in lines
    for column in ("available", "size", "filled"):
        assert [line for line in lines if line.startswith(f"| `{column}` | ")], column
    assert "# load" not in lines


def test_it_is_left_out_when_its_user_says_so(made: Fresh) -> None:
    done = made.gobs("collect", "--once", "--set", 'plugins.deny=["entropy"]', "entropy")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_its_own_tests_pass(made: Fresh) -> None:
    done = made.run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=made.folder / EXAMPLE)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
