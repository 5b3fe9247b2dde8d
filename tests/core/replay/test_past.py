"""A collector that reads past its Proc is told when a machine is recorded, and refused when that is replayed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gobs_core.replay.past import Past
from tests.core.kit.projects import collector, installed, line_of
from tests.support.house import ROOT
from tests.support.programs import searched

GOBS = [sys.executable, "-P", "-c", "import sys; from gobs_core.cli import main; sys.exit(main())"]
PAST = {
    "mounts": ("import os\nyield MINE.row(level=os.statvfs('/').f_bavail)\nreturn", "os.statvfs"),
    "files": ("yield MINE.row(level=len(open('/etc/passwd').read()))\nreturn", "the file /etc/passwd"),
    "runs": ("import subprocess\nyield MINE.row(level=subprocess.call(['true']))\nreturn", "the program true"),
}
WITHIN = "import os\nyield MINE.row(level=len(open(proc.root / 'loadavg').read()))\nreturn"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the path with these collectors, as if they were installed."""
    folder = tmp_path_factory.mktemp("site")
    for name, (code, _) in PAST.items():
        installed(collector(folder, code, name), name)
    installed(collector(folder, WITHIN, "within"), "within")
    return folder


def gobs(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(site), "GOBS_CONFIG": os.devnull}
    command = [*GOBS, *words]
    return searched(
        subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120, cwd=site)
    )


def where(site: Path, name: str) -> str:
    found = line_of(site, "yield MINE", name).replace("FOLDER", str(site))
    return found.strip("()")


def test_who_reads_past_its_proc_is_named_by_record_and_refused_by_replay_and_collect(site: Path) -> None:
    done = gobs(site, "record", "a.gobs.xz", "--ticks", "2", "--interval", "1s", "--only", *PAST, "within", "load")
    assert done.returncode == 0, done.stderr
    for name, (_, what) in PAST.items():
        assert f"{name} reads past its Proc ({what}, {where(site, name)}): what it yields is not in" in done.stderr
    assert "within reads past" not in done.stderr

    done = gobs(site, "collect", "--once", "--json", "--recording", "a.gobs.xz", *PAST, "within", "load")
    assert {json.loads(line)["table"] for line in done.stdout.splitlines()} == {"within", "load"}
    for name, (_, what) in PAST.items():
        said = f"{name}: no data: not in the recording: it reads past its Proc ({what}, {where(site, name)})\n"
        assert said in done.stderr

    done = gobs(site, "replay", "a.gobs.xz", "--only", *PAST, "within", "load")
    assert {name for name in PAST if f'"table":"{name}"' in done.stdout.replace(" ", "")} == set()
    states = [line for line in done.stderr.splitlines() if "collector is no data" in line]
    assert len(states) == len(PAST)
    assert all("not in the recording" in line for line in states)


def test_one_that_hangs_at_a_recording_is_late_and_the_others_are_read(tmp_path: Path) -> None:
    installed(collector(tmp_path, "import time\ntime.sleep(600)"))
    recording = ROOT / "tests" / "recordings" / "bare-vm.gobs.xz"
    done = gobs(
        tmp_path, "collect", "--json", "--recording", str(recording), "--set", "agent.interval=1s", "mine", "load"
    )
    assert {json.loads(line)["table"] for line in done.stdout.splitlines()} == {"load"}
    assert "mine: late: over its deadline; skipped until it has returned" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import os\nos.stat('/')", "os.stat"),
        ("import os\npath = ROOT + '/uptime'\nos.stat(path)", ""),
        ("import os\nos.listdir(ROOT)", ""),
        ("import os\nos.listdir('/')", "the folder /"),
        ("import shutil\nshutil.disk_usage('/')", "os.statvfs"),
        ("import socket\nsocket.gethostname()", "the name of the host"),
        ("import colorsys", ""),
        ("open(__file__).close()", ""),
        ("open('/dev/null').close()", ""),
        ("sum(range(10))", ""),
    ],
)
def test_what_counts_as_past_is_what_another_machine_would_answer_otherwise(
    code: str, found: str, tmp_path: Path
) -> None:
    sys.modules.pop("colorsys", None)
    file = tmp_path / "code" / "mine.py"
    root = tmp_path / "proc"
    for folder in (file.parent, root):
        folder.mkdir()
    (root / "uptime").touch()
    past = Past(root, tmp_path / "sys")
    code = code.replace("ROOT", repr(str(root)))
    compiled = compile(code, str(file), "exec")
    file.write_text(code)
    with past.watching():
        exec(compiled, {"__file__": str(file)})
    said = f"{found}, {file}, line {len(code.splitlines())}" if found else ""
    assert past.found == said


def test_outside_of_its_block_nothing_is_noted() -> None:
    past = Past("/proc", "/sys")
    with past.watching():
        pass
    os.statvfs("/")
    assert past.found == ""
    assert sys.getprofile() is None
