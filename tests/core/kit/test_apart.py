"""A plugin that hangs, ends the program or prints is tried apart: it is told with its line, and the rest is tried."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from gobs_core.cli.run import run
from tests.core.kit.projects import collector, condition, installed, line_of, notifier, project


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOBS_CONFIG", "/dev/null")


def check(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 1) -> list[tuple[str, str, str]]:
    """Check these; return level, about and text of each finding, with FOLDER for the first folder."""
    assert run(["plugin", "check", "--json", *map(str, words)]) == code
    found = json.loads(capsys.readouterr().out.replace(str(words[0]), "FOLDER"))
    return [(level, about, text) for level, about, text in found if "is not installed here" not in text]


SLEEP = "import time; time.sleep(60)"
REGEX = "import re; re.match('(a+)+$', 'a' * 40 + 'b')"


@pytest.mark.parametrize(
    ("collect", "said"),
    [
        (SLEEP, "collect took longer than 1 s {}"),
        (REGEX, "trying it held up all of Python for longer than 2 s {}"),
        ("import sys; sys.exit(143)", "collect raises SystemExit: 143, which would end the program {}"),
        ("import os; os._exit(143)", "trying it ended its process with exit code 143"),
        ("import os; os.kill(os.getpid(), 15)", "trying it ended its process by SIGTERM"),
        ("import ctypes; ctypes.string_at(0)", "trying it ended its process by SIGSEGV {}"),
        ("1 / 0", "raises ZeroDivisionError: division by zero {}"),
        ("raise KeyboardInterrupt", "collect raises KeyboardInterrupt: , which would end the program {}"),
    ],
    ids=["sleeps", "spins", "sys.exit", "os._exit", "kills itself", "crashes", "raises", "interrupts"],
)
def test_a_collector_that_does_not_return_is_told_with_its_line_and_the_next_is_tried(
    collect: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = collector(tmp_path / "bad", collect), collector(tmp_path / "good", name="good")
    found = check(capsys, bad, good, "--deadline", "1s", "--set", "agent.interval=1s")
    wrong = [(about, text) for level, about, text in found if level == "wrong"]
    assert wrong[0][0] == "collector mine"
    assert wrong[0][1].startswith(said.format(line_of(bad, collect))), wrong
    assert ", line " in wrong[0][1]
    assert len(wrong) == 1
    assert ("ok", "collector good", "keeps its contract, whatever is in what it reads (1 file here)") in found


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("import time; time.sleep(60)\n", "importing it took longer than 3 s (FOLDER/gobs_mine.py, line 1)"),
        ("import os; os._exit(3)\n", "importing it ended its process with exit code 3"),
        ("import sys; sys.exit('no licence')\n", "SystemExit: no licence (FOLDER/gobs_mine.py, line 1)"),
        ("import no_such\n", "ModuleNotFoundError: No module named 'no_such' (FOLDER/gobs_mine.py, line 1)"),
        ("def broken(:\n", "SyntaxError: invalid syntax (FOLDER/gobs_mine.py, line 1)"),
    ],
    ids=["sleeps", "os._exit", "sys.exit", "import", "syntax"],
)
def test_a_module_that_cannot_be_imported_is_told_with_its_line_and_the_next_is_tried(
    first: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = collector(tmp_path / "bad", before=first), collector(tmp_path / "good", name="good")
    found = check(capsys, bad, good, "--deadline", "1s")
    assert [(about, text) for level, about, text in found if level == "wrong"] == [("entry point mine", said)]
    assert [about for level, about, _ in found if level == "ok"] == ["collector good"] * 2


def test_a_condition_that_hangs_or_exits_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = condition(tmp_path / "bad", "raise SystemExit(143)")
    [(level, about, text)] = check(capsys, bad)
    assert (level, about) == ("wrong", "condition mine")
    where = line_of(bad, "raise SystemExit")
    assert text == f"judge, of 0 rows, raises SystemExit: 143, which would end the program {where}"


def test_a_notifier_that_blocks_or_exits_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = notifier(tmp_path / "bad", "raise SystemExit(143)")
    [(level, about, text)] = check(capsys, bad, "--send", "--set", "notifiers.mine.address=x")
    assert (level, about) == ("wrong", "notifier mine")
    where = line_of(bad, "raise SystemExit")
    assert text == f"send, of notification 0 (firing), raises SystemExit: 143, which would end the program {where}"


def test_what_a_plugin_prints_is_told_marked_limited_and_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import os, sys\nprint('\\x1b[31mreading')\nos.write(2, b'from C\\n' * 3)\nsys.stdout.write('x' * 300 + '\\n')"
    )
    talking = collector(tmp_path / "talking", code, before="print('imported')\n")
    found = check(capsys, talking, code=0)
    printed = {about: text.splitlines() for _, about, text in found if text.startswith("printed ")}
    assert printed["entry point mine"][1:] == ["| imported"]
    first, *lines = printed["collector mine"]
    assert int(first.split()[1]) > 100
    assert lines == ["| \\x1b[31mreading", "| from C", f"| {'x' * 199}…"]


def test_what_a_plugin_prints_right_before_it_raises_is_told_as_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = check(capsys, collector(tmp_path / "brief", "print('soon')\n1 / 0"))
    assert [about for _, about, text in found if text.startswith("printed ")] == ["collector mine"]


def test_of_a_flood_only_so_much_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flooding = collector(tmp_path / "flooding", "for n in range(20_000): print(n, 'x' * 80)")
    [text] = [text for _, _, text in check(capsys, flooding, code=0) if text.startswith("printed ")]
    assert len(text) < 3000
    assert "bytes that were not kept" in text


def test_the_folder_that_is_given_is_checked_even_where_a_copy_of_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = collector(tmp_path / "here", "1 / 0")
    site = installed(collector(tmp_path / "site", ""))
    monkeypatch.setenv("PYTHONPATH", str(site))
    found = check(capsys, here)
    place = line_of(here, "1 / 0")
    assert [text for level, _, text in found if level == "wrong"] == [
        f"raises ZeroDivisionError: division by zero {place}"
    ]
    [note] = [text for level, _, text in found if level == "note"]
    assert note.startswith(f"FOLDER is checked, and differs from the copy that is installed ({site}/gobs_mine.py)")
    assert note.endswith("python -m pip install FOLDER")
    (site / "gobs_mine.py").write_bytes((here / "gobs_mine.py").read_bytes())
    assert [level for level, _, _ in check(capsys, here)] == ["wrong"], "the same code twice is nothing to tell"


def test_a_folder_without_the_module_of_its_entry_point_does_not_pass_by_another_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here, elsewhere = collector(tmp_path / "here"), collector(tmp_path / "elsewhere")
    (here / "gobs_mine.py").unlink()
    monkeypatch.setenv("PYTHONPATH", str(elsewhere))
    wrong = [text for level, _, text in check(capsys, here) if level == "wrong"]
    assert wrong == [
        f"gobs_mine was read from {elsewhere}/gobs_mine.py, not from FOLDER: what follows is not about the folder"
    ]


def test_settings_that_are_needed_are_named_with_what_to_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needy = notifier(tmp_path / "needy", "return Receipt(said='200 OK')")
    [(level, about, text)] = check(capsys, needy, code=0)
    assert (level, about) == ("note", "notifier mine")
    first, second = text.splitlines()
    assert (
        first
        == "was not tried, since it needs settings: gobs plugin check mine --send --set notifiers.mine.address=VALUE"
    )
    assert second == "notifiers.mine.address: expected a text, at least 1 long, got nothing"


@pytest.mark.parametrize(
    ("send", "code", "said"),
    [
        (
            "return Receipt(said='202 Accepted')",
            0,
            [("ok", "keeps its contract; {} of {} messages of a test were taken; the answer: 202 Accepted ({} times)")],
        ),
        (
            "raise TryLater('no route to ' + self.config.address)",
            1,
            [("wrong", "none of {} messages of a test was taken: TryLater: no route to me ({} times)")],
        ),
    ],
    ids=["taken", "refused"],
)
def test_sending_tells_what_was_sent_and_what_the_service_answered(
    send: str, code: int, said: list[tuple[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = notifier(tmp_path / "sending", send)
    found = check(capsys, folder, "--send", "--set", "notifiers.mine.address=me", code=code)
    [(level, about, text)] = found
    count = next(word for word in text.split() if word.isdigit())
    assert int(count) >= 8
    [(wanted, words)] = said
    assert (level, about) == (wanted, "notifier mine")
    assert text.startswith(words.format(count, count, count))


@pytest.mark.parametrize(
    ("send", "said"),
    [
        ("import asyncio\nawait asyncio.sleep(600)", "none of 1 message of a test was taken: no answer within 2 s"),
        (SLEEP, "send, of notification 0 (firing), took longer than 10 s {}"),
    ],
    ids=["waits", "blocks"],
)
def test_a_notifier_that_sleeps_is_told_at_its_deadline_and_given_no_other_message(
    send: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = notifier(tmp_path / "sleeping", send)
    began = time.monotonic()
    [(_, _, text)] = check(capsys, folder, "--send", "--set", "notifiers.mine.address=me", "--deadline", "2s")
    assert text == said.format(line_of(folder, SLEEP) if send == SLEEP else "")
    assert time.monotonic() - began < 30  # of nine messages, each would have had its time


def test_a_name_that_nobody_has_cannot_be_disabled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gobs.toml"
    file.write_text("")
    assert run(["plugin", "disable", "laod", "--config", str(file)]) == 2
    said = "gobs: no plugin here is called 'laod'; did you mean 'load'?\n"
    assert capsys.readouterr().err == said
    assert file.read_text() == ""
    assert run(["plugin", "disable", "load", "--config", str(file)]) == 0
    assert run(["plugin", "enable", "load", "--config", str(file)]) == 0


def test_a_collector_slower_than_its_own_deadline_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = collector(tmp_path / "slow", "import time; time.sleep(0.3)")
    found = check(capsys, slow, "--set", "collectors.mine.deadline=0.1s")
    [(_, text)] = [(about, text) for level, about, text in found if level == "wrong"]
    assert "its deadline is 100.0 ms: none would count" in text


def test_a_collector_of_something_else_is_told_what_was_not_spoilt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = """\
from gobs_core import Collector, Table, gauge, hookimpl
MINE = Table("mine", "A table", [gauge("level", "A level", source="/etc/hostname")])
class Mine(Collector):
    name, tables = "mine", (MINE,)
    def collect(self, proc):
        with open("/etc/passwd") as file:
            yield MINE.row(level=len(file.read()))
@hookimpl
def gobs_register_collectors():
    return [Mine]
"""
    found = check(capsys, project(tmp_path / "else", code), code=0)
    assert ("ok", "collector mine", "keeps its contract, and reads nothing of /proc and /sys") in found
    past = "what it asks besides was not spoilt, so test that yourself: open /etc/passwd"
    assert ("note", "collector mine", past) in found


@pytest.mark.parametrize("action", ["new", "check", "list", "install", "enable", "disable"])
def test_each_action_has_a_help_of_its_own(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plugin", action, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: gobs plugin {action} ")
    assert ("--send" in out) is (action in ("check", "install"))
    assert ("--into" in out) is (action == "new")
