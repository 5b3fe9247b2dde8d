"""The check names what is wrong with a plugin precisely, and tries out what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from gobs_core import Collector, Proc, Rows, Sink, Table, UserError, gauge
from gobs_core.collector import Context
from gobs_core.kit.check import Wanted, beside, check, read_words
from gobs_core.kit.findings import Finding, Level
from gobs_core.kit.trial import Bench
from gobs_core.plugins import EntryPointLike
from gobs_core.settings import Setup, load_settings
from gobs_core.settings.sources import Flag
from gobs_core.testing import FakeProc
from tests.core.fakes import FakeDistribution, FakeEntryPoint, module

FILE = "acme"
MINE = Table("mine", "A table", [gauge("level", "A level", source="/proc/acme")])


class Good(Collector):
    name = "mine"
    tables = (MINE,)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        yield MINE.row(level=proc.numbers(FILE)[0])


def point(gives: Any, name: str = "acme", dist: str = "acme-plugin") -> FakeEntryPoint:
    return FakeEntryPoint(name, gives, FakeDistribution(dist))


def collectors(*classes: Any) -> Any:
    return module(collectors=list(classes))


def findings(
    *points: EntryPointLike, machine: FakeProc | None = None, wanted: Wanted | None = None, **settings: Any
) -> list[Finding]:
    flags = [Flag(path.replace("__", "."), value, f"--set {path}") for path, value in settings.items()]

    def load(make: Any) -> Setup:
        return load_settings(environ={"GOBS_CONFIG": "/dev/null"}, flags=flags, plugins=make, owners=())

    def bench(setup: Setup) -> Bench:
        return Bench(machine or Proc(), Context(), 5.0)

    meant = wanted or Wanted((), ())
    return [*beside(meant), *check(meant, points, load, bench)]


def wrong(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.about, finding.text) for finding in found if finding.level is Level.WRONG]


@pytest.fixture
def machine(proc: FakeProc) -> FakeProc:
    proc.write(FILE, "7\n")
    return proc


def test_a_good_collector_is_tried_out_and_its_cost_is_told(machine: FakeProc) -> None:
    found = findings(point(collectors(Good)), machine=machine)
    assert wrong(found) == []
    contract, cost = (finding.text for finding in found)
    assert contract == "keeps its contract, whatever is in what it reads (1 file here)"
    assert cost.startswith("1 row in ")


def test_what_a_machine_lacks_is_no_fault(proc: FakeProc) -> None:
    [finding] = findings(point(collectors(Good)), machine=proc)
    assert finding.level is Level.NOTE
    assert finding.text == "has no data on this machine: acme: No such file or directory"


class Needing(Good):
    needs = ("CAP_SYSLOG",)
    tables = (Table("mine", "A table", [gauge("level", "A level", needs="Linux 5.8", source="/proc/acme")]),)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        yield self.tables[0].row(level=proc.numbers(FILE)[0])


def test_what_a_plugin_and_its_columns_need_is_told(machine: FakeProc) -> None:
    found = findings(point(collectors(Needing)), machine=machine)
    assert wrong(found) == []
    notes = [finding.text for finding in found if finding.level is Level.NOTE]
    assert notes == ["needs CAP_SYSLOG", "level needs Linux 5.8"]


class Renamed(Good):
    name = "Not Legal"


class Future(Good):
    api = 99


class Strange(Good):
    api: ClassVar[Any] = "1"


class Undeclared(Good):
    tables = (Table("other", "Another", [gauge("level", "A level", source="/proc/acme")]),)


class WrongCells(Good):
    def collect(self, proc: Proc) -> Iterator[Rows]:
        proc.read(FILE)
        yield Rows(MINE, (("a text",),))


class Raising(Good):
    def collect(self, proc: Proc) -> Iterator[Rows]:
        yield MINE.row(level=int(proc.read(FILE)))


class Column(Good):
    def collect(self, proc: Proc) -> Iterator[Rows]:
        proc.read(FILE)
        yield MINE.row(level=1, depth=2)


class ConfigOfNoKind(Good):
    Config: ClassVar[Any] = dict


class InConstructor(Good):
    def __init__(self, config: Any, context: Any) -> None:
        super().__init__(config, context)
        Path("/proc/version").read_text()


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        (Renamed, "`name` must be lower-case letters, digits and _, at most 63, not 'Not Legal'"),
        (Future, "is written for plugin API 99, and 1 is spoken here: upgrade gobs-core"),
        (Strange, "`api` must be a plugin API number such as 1, not '1'"),
        (Undeclared, "table 'mine' is not declared in `tables`"),
        (Column, "table 'mine' has no stored column 'depth'"),
        (WrongCells, "table 'mine', column 'level': expected a number or None, got 'a text'"),
        (Raising, "raises ValueError with "),
        (ConfigOfNoKind, "`Config` must be a subclass of CollectorConfig, not <class 'dict'>"),
        (InConstructor, "its constructor does input or output: ('open', '/proc/version'); do it in open()"),
        (dict, "which is not a subclass of Collector"),
        (Good({}, None), "(announce the class, not an instance)"),  # type: ignore[arg-type]
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_wrong_with_a_class_is_named(cls: Any, said: str, machine: FakeProc) -> None:
    [(_, text)] = wrong(findings(point(collectors(cls)), machine=machine))
    assert said in text
    assert "\n" not in text


def raising(error: BaseException) -> FakeEntryPoint:
    return point(error)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (raising(ImportError("No module named 'acme'")), "ImportError: No module named 'acme' ("),
        (raising(SystemExit(3)), "SystemExit: 3"),
        (point(module()), "implements no hook; mark one with @hookimpl"),
        (point(module(collectors=ValueError("no"))), "ValueError: no ("),
        (point(module(collectors=7)), "gobs_register_collectors must return a list of classes, not 7"),
    ],
    ids=["import", "exit", "no hook", "raising hook", "no list"],
)
def test_what_keeps_an_entry_point_from_being_a_plugin_is_named(broken: FakeEntryPoint, said: str) -> None:
    [(about, text)] = wrong(findings(broken))
    assert about == "entry point acme"
    assert said in text
    assert "Traceback" not in text


def test_two_that_claim_one_name_are_both_named(machine: FakeProc) -> None:
    found = wrong(findings(point(collectors(Good)), point(collectors(Good), "zoo", "zoo-plugin"), machine=machine))
    assert [about for about, _ in found] == ["collector mine", "collector mine"]
    assert all("acme-plugin" in text and "zoo-plugin" in text for _, text in found)


def test_settings_of_the_wrong_type_and_lists_that_match_nothing_are_named(machine: FakeProc) -> None:
    [(about, text)] = wrong(findings(point(collectors(Good)), machine=machine, collectors__mine__interval="soon"))
    assert about == "collector mine"
    assert "collectors__mine__interval: expected" in text
    found = findings(point(collectors(Good)), machine=machine, plugins__allow=["nobody"])
    assert wrong(found) == [
        ("entry point nobody", "plugins.allow: no plugin here is called 'nobody'; there is acme, mine")
    ]


def test_a_collector_that_is_left_out_says_why(machine: FakeProc) -> None:
    [finding] = findings(point(collectors(Good)), machine=machine, plugins__deny=["mine"])
    assert (finding.level, finding.text) == (Level.NOTE, "named in [plugins] deny")


def test_only_those_that_are_meant_are_looked_at(machine: FakeProc) -> None:
    points = (point(ImportError("x"), "bad", "bad-plugin"), point(collectors(Good)))
    for name in ("mine", "acme", "acme-plugin", "ACME_Plugin"):
        found = findings(*points, machine=machine, wanted=Wanted((name,), ()))
        assert {finding.about for finding in found} == {"collector mine"}
    with pytest.raises(UserError, match=r"no plugin here is called 'mime'; did you mean 'mine'\?"):
        findings(*points, machine=machine, wanted=Wanted(("mime",), ()))


class Sending(Sink):
    name = "sending"
    sent: list[int] = []  # noqa: RUF012  what a test looks at

    async def send(self, frame: Any) -> None:
        self.sent.append(frame.sequence)


def test_nothing_is_sent_that_nobody_asked_for() -> None:
    [finding] = findings(point(module(sinks=[Sending])))
    assert finding.text.startswith("not tried: it would send")
    assert Sending.sent == []


PROJECT = '[project]\nname = "gobs-plugin-mine"\nversion = "1"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            PROJECT,
            "no entry point of the group `gobs`, so nobody will find the plugin: add\n[project.entry-points.gobs]",
        ),
        (f'{PROJECT}[project.entry-points.gobz]\nmine = "mine"\n', "there are entry points, but of the groups gobz"),
    ],
)
def test_a_project_without_an_entry_point_is_told_how_to_add_one(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    [(about, found)] = wrong(findings(wanted=read_words([str(tmp_path)])))
    assert about == "gobs-plugin-mine"
    assert said in found
    assert 'mine = "gobs_plugin_mine"' in found


@pytest.mark.parametrize("file", ["mine.py", "src/thing/__init__.py", "src/thing/deep.py", "thing/deep.py"])
def test_the_hint_names_the_module_that_has_the_hook_and_works_as_it_stands(file: str, tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(PROJECT)
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "other.py").write_text("def announce(): ...\n")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("from gobs_core import hookimpl\n\n@hookimpl\ndef gobs_register_sinks(): return []\n")
    [(_, said)] = wrong(findings(wanted=read_words([str(tmp_path)])))
    table = said[said.index("[project.entry-points") :]
    module = file.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert f'mine = "{module}"' in table
    project.write_text(f"{PROJECT}\n{table.partition(' (')[0]}\n")
    wanted = read_words([str(tmp_path)])
    assert wrong(list(beside(wanted))) == []
    assert [point.value for project in wanted.projects for point in project.points] == [module]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: None, "cannot be read: No such file or directory"),
        (lambda folder: (folder / "pyproject.toml").write_text("["), "cannot be read: "),
        (lambda folder: (folder / "pyproject.toml").write_text("[tool]\n"), r"expected \[project\] with a name"),
    ],
)
def test_a_folder_that_is_no_project_is_refused(spoil: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    spoil(tmp_path)
    with pytest.raises(UserError, match=said):
        read_words([str(tmp_path)])
