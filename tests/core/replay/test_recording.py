"""What goes into a recording and what does not: secrets, errors, what is read past the Proc, what has gone."""

from __future__ import annotations

import asyncio
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from gobs_core import (
    Collector,
    Forbidden,
    Gone,
    Missing,
    NoData,
    Proc,
    Rows,
    Table,
    UserError,
    WorkloadInfo,
    gauge,
    info,
)
from gobs_core.plugins import Plugins
from gobs_core.replay import Recording, Replay
from gobs_core.replay.layout import Tick
from gobs_core.replay.proc import Machine, ReplayedProc
from gobs_core.replay.recorder import Recorder
from gobs_core.replay.secrets import without_secrets
from gobs_core.replay.tape import Tape
from gobs_core.replay.taping import TapingProc
from gobs_core.testing import FakeProc
from tests.core.replay.test_same import SETTINGS, Hasty, recorded, replayed, shown

PAST = Table("past", "Read past the Proc", [gauge("size", "How many"), info("name", "What it is called")])


class Past(Collector):
    """Reads by path, as somebody would who does not know better."""

    name = "past"
    tables = (PAST,)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        yield PAST.row(size=len((proc.root / "version").read_bytes()), name=min(os.listdir(proc.root)))


def taped(machine: FakeProc) -> tuple[Tape, TapingProc]:
    tape = Tape()
    return tape, TapingProc(machine.root, machine.sys, tape, time.monotonic)


def again(folder: Path, *ticks: tuple[Tick, list[bytes]]) -> ReplayedProc:
    machine = Machine(folder)
    for tick, contents in ticks:
        machine.apply(tick, contents)
    return ReplayedProc(machine)


def test_within_a_tick_everybody_is_told_the_same_and_at_the_next_what_is_new(proc: FakeProc, tmp_path: Path) -> None:
    proc.write("stat", "first")
    tape, reader = taped(proc)
    other = reader.clone()
    assert reader.read("stat") == b"first"
    proc.write("stat", "second")
    assert other.read_once("stat") == b"first"
    one = tape.take()
    assert other.read("stat") == reader.read_once("stat") == b"second"
    two = tape.take()
    assert again(tmp_path / "1", one).read("stat") == b"first"
    assert again(tmp_path / "2", one, two).read("stat") == b"second"
    assert reader.read("stat") == b"second"
    assert tape.take()[0].files == [], "nothing is written twice"


def test_what_has_gone_is_gone_and_what_comes_again_under_its_name_is_another(proc: FakeProc, tmp_path: Path) -> None:
    proc.write("7/stat", "old")
    proc.write("7/status", "old")
    tape, reader = taped(proc)
    assert (reader.pids(), reader.read_once("7/stat"), reader.read_once("7/status")) == (["7"], b"old", b"old")
    ticks = [tape.take()]
    proc.remove("7")
    assert reader.pids() == []
    ticks.append(tape.take())
    proc.write("7/stat", "old")
    assert (reader.pids(), reader.read_once("7/stat")) == (["7"], b"old")
    with pytest.raises(Missing):
        reader.read_once("7/status")
    ticks.append(tape.take())
    gone = again(tmp_path / "gone", *ticks[:2])
    assert gone.pids() == []
    assert not (gone.root / "7").exists()
    new = again(tmp_path / "new", *ticks)
    assert new.read_once("7/stat") == b"old"
    with pytest.raises(Missing):
        new.read_once("7/status")


class Failing(TapingProc):
    """A machine on which some may not be read, and others vanish while they are."""

    def _open(self, path: str) -> int:
        if path.endswith("/io"):
            return self.tape.open(str(self.name(path)), lambda: fail(13), lambda: -1)
        return super()._open(path)


def fail(number: int) -> int:
    raise OSError(number, os.strerror(number))


def test_what_was_refused_is_refused_again_for_the_same_reason(proc: FakeProc, tmp_path: Path) -> None:
    tape = Tape()
    reader = Failing(proc.root, proc.sys, tape, time.monotonic)
    proc.write("7/io", "unreadable")
    proc.write("7/stat", "vanishes")
    with pytest.raises(Forbidden):
        reader.read_once("7/io")
    fd = reader.open("7/stat")
    with pytest.raises(ProcessLookupError):
        tape.content("proc/7/stat", lambda: bytes(fail(3)))
    os.close(fd)
    for ask in (reader.stat, reader.names, reader.link):
        with pytest.raises(Missing):
            ask("nothing")
    found = again(tmp_path / "again", tape.take())
    with pytest.raises(Forbidden):
        found.read_once("7/io")
    os.close(found.open("7/stat"))
    with pytest.raises(Gone):
        found.read_once("7/stat")
    for ask in (found.stat, found.names, found.link):
        with pytest.raises(NoData):
            ask("nothing")


@pytest.mark.parametrize(
    ("path", "raw", "kept"),
    [
        ("proc/7/cmdline", b"app\0--token=hunter2\0-v\0", b"app\0--token=***\0-v\0"),
        ("proc/7/cmdline", b"mysql\0-phunter2\0", b"mysql\0-p***\0"),
        ("proc/7/cmdline", b"app\0--password\0hunter2\0--quiet\0", b"app\0--password\0***\0--quiet\0"),
        ("proc/7/cmdline", b"app: user=me password=hunter2\0\0\0", b"app: user=me password=***\0\0\0"),
        ("proc/7/cmdline", b"app\0\xff\xfe\0", b"app\0\xff\xfe\0"),
        ("proc/7/cmdline", b"app\0--pin\x0042 17\0", b"app --pin ***\0"),
        ("proc/7/cmdline", b"", b""),
        ("proc/cmdline", b"root=/dev/sda ro luks.password=hunter2\n", b"root=/dev/sda ro luks.password=***\n"),
        ("proc/7/task/8/environ", b"HOME=/\0KEY=hunter2\0EMPTY=\0junk\0", b"HOME=***\0KEY=***\0EMPTY=\0***\0"),
        ("proc/7/status", b"Name:\tpassword=hunter2\n", b"Name:\tpassword=hunter2\n"),
    ],
)  # fmt: skip
def test_no_secret_of_a_command_line_and_no_value_of_an_environment_is_kept(path: str, raw: bytes, kept: bytes) -> None:
    assert without_secrets(path, raw, (re.compile(r"--pin (?P<secret>.*)"),)) == kept


async def test_a_collector_sees_no_more_than_is_kept_and_what_it_reads_past_its_proc_is_copied(
    proc: FakeProc, tmp_path: Path
) -> None:
    proc.write("version", "Linux")
    loaded = Plugins(collectors=MappingProxyType({"past": Past}))
    file = tmp_path / "past.gobs.xz"
    frames = await recorded(file, (proc.root, proc.sys), lambda tick: proc.write("version", "Linux 6"), 2, loaded)
    first, second = [tick for tick, _ in Recording(file).ticks()]
    assert first.past == second.past == ["proc/version"]
    assert [one["past"][1] for one in shown(frames)] == [((5, "version"),), ((7, "version"),)]
    assert shown(await replayed(file, tmp_path / "again", loaded)) == shown(frames)


async def test_a_recording_is_its_owners_alone_and_one_that_fails_leaves_nothing(
    proc: FakeProc, tmp_path: Path
) -> None:
    file = tmp_path / "here.gobs.xz"
    proc.write("version", "Linux")
    loaded = Plugins(collectors=MappingProxyType({"past": Past}))
    await recorded(file, (proc.root, proc.sys), lambda _: None, 1, loaded)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()

    def interrupted(_: object) -> None:
        raise UserError("enough")

    recorder = Recorder(SETTINGS, loaded, proc.root, proc.sys, clock=Hasty())
    with pytest.raises(UserError, match="enough"):
        await recorder.record(file, 2, asyncio.Event(), interrupted)
    assert file.read_bytes() == before
    assert [name for name in os.listdir(tmp_path) if "gobs.xz" in name] == ["here.gobs.xz"]
    with pytest.raises(UserError, match="No such file or directory"):
        await recorded(tmp_path / "nowhere" / "file", (proc.root, proc.sys), lambda _: None, 1, loaded)


async def test_names_that_inventories_told_are_told_again(proc: FakeProc, tmp_path: Path) -> None:
    proc.write("version", "Linux")
    file = tmp_path / "named.gobs.xz"
    pod = WorkloadInfo(id="uid", name="web-1", namespace="shop", labels={"app": "web"})
    seen: list[Any] = []

    class Named(Past):
        def collect(self, proc: Proc) -> Iterator[Rows]:
            seen.append(dict(self.context.workloads.known()))
            if len(seen) == 1:
                self.context.workloads.told("kubernetes", [pod])
            return super().collect(proc)

    recorder = Recorder(
        SETTINGS, Plugins(collectors=MappingProxyType({"past": Named})), proc.root, proc.sys, clock=Hasty()
    )
    await recorder.record(file, 3, asyncio.Event())
    assert [tick.known is not None for tick, _ in Recording(file).ticks()] == [True, True, False]
    with Replay(file) as replay:
        named = [dict(replay.workloads.known()) for _ in replay]
    assert named == seen == [{}, {"uid": pod}, {"uid": pod}]
