"""The `gobs` command as people meet it: help, exit codes, no traceback for a mistake."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gobs_core import UserError, __version__
from gobs_core.cli.collect import command as collect
from gobs_core.cli.grid import grid
from gobs_core.cli.run import run
from gobs_core.command import Command
from gobs_core.pidfile import NAME, start_of
from tests.core.fakes import FakeDistribution, FakeEntryPoint
from tests.support.gobs import run as forked
from tests.support.house import ROOT
from tests.support.programs import searched

GOBS = [str(Path(sys.executable).with_name("gobs"))]
VM = Path(__file__).parent.parent / "machines" / "bare-vm"
MACHINE = ["--proc-root", str(VM / "proc"), "--sys-root", str(VM / "sys")]


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOBS_")}
    return {**kept, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}


def gobs(environ: Mapping[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    return forked(*args, environ=environ)


def mistake(environ: Mapping[str, str], *args: str) -> str:
    done = gobs(environ, *args)
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.stderr


def test_the_version_is_told(environ: Mapping[str, str]) -> None:
    done = searched(
        subprocess.run([*GOBS, "--version"], env=environ, capture_output=True, text=True, check=False, timeout=60)
    )
    assert (done.returncode, done.stdout) == (0, f"gobs {__version__}\n")


def test_help_lists_every_command_and_shows_examples(environ: Mapping[str, str]) -> None:
    done = gobs(environ, "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for name in ("agent", "collect", "plugins", "stop", "simulate"):
        assert f"\n    {name} " in done.stdout
    assert "examples:\n  gobs up" in done.stdout


@pytest.mark.parametrize("name", ["agent", "collect", "plugins", "stop"])
def test_each_command_has_help_with_examples(environ: Mapping[str, str], name: str) -> None:
    done = gobs(environ, name, "--help")
    assert done.returncode == 0
    assert f"examples:\n  gobs {name}" in done.stdout


@pytest.mark.parametrize(
    "example",
    [pytest.param(text, id=text.partition("  ")[0]) for text in collect.examples if "--watch" not in text],
)
def test_the_examples_of_collect_do_what_they_say(environ: Mapping[str, str], example: str) -> None:
    path = f"{Path(GOBS[0]).parent}:{environ['PATH']}"
    done = searched(
        subprocess.run(
            ["bash", "-c", example],
            env={**environ, "PATH": path},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    )
    assert done.returncode == 0, done
    assert "gobs: " not in done.stderr
    assert done.stdout


def test_no_command_and_an_unknown_one_are_mistakes(environ: Mapping[str, str]) -> None:
    assert "required: COMMAND" in mistake(environ)
    assert mistake(environ, "colect") == "gobs: there is no command 'colect'; did you mean 'collect'?\n"
    assert "unrecognized arguments: --nonsense" in mistake(environ, "plugins", "--nonsense")
    assert "unrecognized arguments: --onc" in mistake(environ, "collect", "--onc"), "no abbreviations"


def test_every_fault_in_the_settings_is_told_at_once(environ: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('[agent]\ninterval = "no"\n[log]\nlevel = "x"\n[nonsense]\na = 1\n')
    lines = mistake(environ, "agent", "--config", str(tmp_path / "bad.toml"), "--node", "").splitlines()
    assert len(lines) == 3, lines
    assert all(line.startswith(f"gobs: {tmp_path}/bad.toml:") for line in lines)
    assert "gobs: --set x: expected NAME=VALUE" in mistake(environ, "agent", "--set", "x")
    assert "missing.toml: cannot be read" in mistake(environ, "agent", "--config", "missing.toml")


def test_an_agent_that_would_send_nothing_says_so(environ: Mapping[str, str]) -> None:
    denied = {**environ, "GOBS_PLUGINS__DENY": "grpc"}
    assert "no sink would run, so nothing would be sent" in mistake(denied, "agent", *MACHINE)


def test_a_hostile_value_in_a_message_paints_nothing(environ: Mapping[str, str]) -> None:
    said = mistake(environ, "collect", *MACHINE, "\x1b[31mred\u202e")
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_no_proc_is_a_sentence_that_names_the_way_in(environ: Mapping[str, str], tmp_path: Path) -> None:
    for command in ("agent", "collect", "up"):
        said = mistake(environ, command, "--proc-root", str(tmp_path / "none"))
        assert "there is no such folder" in said
        assert "gobs simulate" in said


def test_collecting_once_prints_counters_as_they_stand(environ: Mapping[str, str]) -> None:
    done = gobs(environ, "collect", "--once", *MACHINE, "load", "memory")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("load: Load average")
    assert "\nmemory: " in done.stdout
    assert re.search(r"\n  total +3\.7 GiB\n", done.stdout)


def test_collecting_twice_prints_rates(environ: Mapping[str, str]) -> None:
    done = gobs(environ, "collect", "--interval", "10ms", *MACHINE, "cpu")
    assert done.returncode == 0, done.stderr
    assert "user %" in done.stdout


def test_collecting_as_json_prints_one_object_for_each_row(environ: Mapping[str, str]) -> None:
    done = gobs(environ, "collect", "--json", "--interval", "10ms", *MACHINE, "load", "cpu")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["table"] for row in rows} >= {"load", "cpu"}
    [every] = [row for row in rows if row["table"] == "cpu" and row["key"] == {"cpu": "all"}]
    assert every["rates"]["user"] == 0.0
    assert all(set(row) == {"table", "key", "values", "rates"} for row in rows)


def test_watching_reads_again_and_again_until_interrupted(environ: Mapping[str, str]) -> None:
    command = [*GOBS, "collect", "--watch", "--once", "--interval", "10ms", *MACHINE, "load"]
    with searched(subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)) as child:
        assert child.stdout is not None
        seen = 0
        while seen < 2:
            seen += child.stdout.readline().startswith("load: ")
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 130


def test_everything_is_collected_where_nothing_is_named(environ: Mapping[str, str]) -> None:
    done = gobs(environ, "collect", "--once", "--json", *MACHINE)
    assert done.returncode == 0, done.stderr
    assert {json.loads(line)["table"] for line in done.stdout.splitlines()} >= {
        "cpu",
        "memory",
        "net",
        "disk",
        "process",
    }


def test_an_unknown_collector_and_a_bad_interval_are_mistakes(environ: Mapping[str, str]) -> None:
    assert mistake(environ, "collect", *MACHINE, "memry") == (
        "gobs: there is no collector 'memry'; did you mean 'memory'?\n"
    )
    assert "--interval soon: expected a duration" in mistake(environ, "collect", "--interval", "soon")


def test_a_collector_that_is_switched_off_says_so(environ: Mapping[str, str]) -> None:
    off = {**environ, "GOBS_COLLECTORS__LOAD__ENABLED": "false"}
    assert "'load' does not run: it is disabled: switched off" in mistake(off, "collect", *MACHINE, "load")
    denied = {**environ, "GOBS_PLUGINS__DENY": "load"}
    assert "'load' does not run: it is off: named in [plugins] deny" in mistake(denied, "collect", *MACHINE, "load")


def test_who_reads_only_the_first_lines_gets_no_traceback(environ: Mapping[str, str]) -> None:
    command = " ".join([*GOBS, "collect", "--once", "--json", *MACHINE, "cpu", "load", "memory", "net"])
    done = searched(
        subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command} | head -n 1"],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    )
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_plugins_are_listed_as_a_table_and_as_json(environ: Mapping[str, str]) -> None:
    done = gobs(environ, "plugins")
    assert done.returncode == 0
    assert done.stdout.startswith("KIND")
    states = json.loads(gobs({**environ, "GOBS_PLUGINS__DENY": "load"}, "plugins", "--json").stdout)
    by_name = {state["name"]: state for state in states if state["kind"] in ("collector", "plugin")}
    assert by_name["cpu"]["state"] == "ok"
    assert by_name["cpu"]["distribution"] == "gobs-collectors"
    assert by_name["load"]["state"] == "off"


def test_the_agent_runs_until_it_is_told_to_stop(environ: Mapping[str, str]) -> None:
    for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
        command = [*GOBS, "agent", "--interval", "1s", "--sink", "stdout", "--node", "here", *MACHINE]
        with searched(
            subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ) as agent:
            assert agent.stdout is not None
            first = json.loads(agent.stdout.readline())
            assert first
            agent.send_signal(number)
            _, log = agent.communicate(timeout=30)
        assert agent.returncode == code, log
        assert "Traceback" not in log
        assert json.loads(log.splitlines()[0])["event"] == "agent starts"


def test_stopping_ends_what_was_started_here(environ: Mapping[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "gobservability"
    assert gobs(environ, "stop").stdout == "nothing is running\n"
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        (folder / NAME).write_text(f"{child.pid} {start_of(child.pid)} up\n{os.getpid()} 1 somebody else\n")
        reaper = subprocess.Popen(["bash", "-c", f"tail --pid={child.pid} -f /dev/null"])
        done = gobs_reaping(environ, child)
        reaper.wait(30)
    assert done.returncode == 0
    assert done.stdout == f"stopped gobs up (process {child.pid})\n"


def gobs_reaping(environ: Mapping[str, str], child: subprocess.Popen[bytes]) -> subprocess.CompletedProcess[str]:
    """Run `gobs stop` while this process, the child's parent, waits for the child as a shell would."""
    with searched(subprocess.Popen([*GOBS, "stop"], env=environ, stdout=subprocess.PIPE, text=True)) as stop:
        assert child.wait(30) == -signal.SIGTERM
        out, _ = stop.communicate(timeout=30)
    return subprocess.CompletedProcess(stop.args, stop.returncode, out, "")


# ---- subcommands by entry point


def command(name: str, action: Any = None) -> Command:
    return Command(name, f"Does {name}.", lambda parser: None, action or (lambda args: 0), (f"gobs {name}",))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    return capsys.readouterr  # type: ignore[return-value]


def test_a_broken_command_is_told_and_the_others_work(said: Any) -> None:
    points = [
        FakeEntryPoint("good", command("good", lambda args: 7)),
        FakeEntryPoint("lost", ImportError("no module \x1b[31m"), FakeDistribution("acme")),
        FakeEntryPoint("odd", object()),
        FakeEntryPoint("other", command("another")),
    ]
    assert run(["good"], points) == 7
    assert said().err == ""
    assert run(["lost"], points) == 1
    assert said().err == (
        "gobs: subcommand 'lost' (entry point 'lost' of acme 1.2.3) cannot be used: ImportError: no module \\x1b[31m\n"
    )
    assert run(["--help"], points) == 0
    found = said()
    assert "Does good." in found.out
    assert found.err.count("cannot be used") == 3
    assert "calls itself 'another'" in found.err


def test_only_the_wanted_command_is_imported() -> None:
    heavy = FakeEntryPoint("heavy", command("heavy"))
    assert run(["good"], [FakeEntryPoint("good", command("good")), heavy]) == 0
    assert heavy.loaded == []


def test_two_commands_of_one_name_both_fail_and_are_named(said: Any) -> None:
    points = [FakeEntryPoint("x", command("x"), FakeDistribution(name)) for name in ("one", "two")]
    assert run(["x"], points) == 1
    err = said().err
    assert "of two 1.2.3" in err
    assert "of one 1.2.3" in err


@pytest.mark.parametrize(
    ("raised", "code"), [(UserError("that\nwas wrong"), 2), (KeyboardInterrupt(), 130), (None, 0)], ids=str
)
def test_what_a_command_raises_becomes_an_exit_code(said: Any, raised: BaseException | None, code: int) -> None:
    def action(args: Any) -> int:
        if raised is not None:
            raise raised
        return 0

    assert run(["x"], [FakeEntryPoint("x", command("x", action))]) == code
    if code == 2:
        assert said().err == "gobs: that\ngobs: was wrong\n"


def test_a_grid_is_cut_into_blocks_that_fit_and_repeat_the_key() -> None:
    rows = [("a", "1", "22", "333"), ("bbb", "4444", "5", "6\x1b")]
    assert grid(("key", "x", "y", "z"), rows) == [
        "key     x   y      z",
        "a       1  22    333",
        "bbb  4444   5  6\\x1b",
    ]
    assert grid(("key", "x", "y", "z"), rows, width=14) == [
        "key     x   y",
        "a       1  22",
        "bbb  4444   5",
        "",
        "key      z",
        "a      333",
        "bbb  6\\x1b",
    ]


def test_importing_the_command_is_cheap() -> None:
    script = (
        "import sys, gobs_core.cli.run, gobs_core.cli.agent\n"
        "heavy = ('rich', 'typer', 'click', 'numpy', 'grpc', 'quart', 'structlog', 'asyncio')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = searched(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    )
    assert done.stdout.strip() == "[]"
