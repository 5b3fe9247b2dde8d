"""A recording of a stranger can make nobody read, write or hold anything but itself."""

from __future__ import annotations

import json
import lzma
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gobs_core import Missing, NoData, Proc, UserError
from gobs_core.replay import Header, Recording, Replay, Tick
from gobs_core.replay.layout import LARGEST_FILE, LONGEST_LINE
from gobs_core.replay.writing import Writer

HEADER = b'{"recording":1,"node":"rack7"}\n'


def xz(tmp_path: Path, *parts: bytes, filters: list[dict[str, int]] | None = None) -> Path:
    file = tmp_path / "given.gobs.xz"
    file.write_bytes(lzma.compress(b"".join(parts), filters=filters))
    return file


def tick(at: int = 1, **more: Any) -> bytes:
    return json.dumps({"wall_ns": at, "monotonic_ns": at, **more}).encode() + b"\n"


def played(file: Path) -> int:
    with Replay(file) as replay:
        return sum(1 for _ in replay)


@pytest.mark.parametrize(
    "path",
    ["../etc/passwd", "/etc/passwd", "proc/../../etc/passwd", "proc/1/..", "proc//stat", "proc/./stat", "etc/passwd",
     "", "proc/a\0b", "proc/" + "a" * 300, "proc/" + "a/" * 80 + "a", "sys/", "proc/\u20ac"],
)  # fmt: skip
@pytest.mark.parametrize("where", ["files", "folders", "entries", "links", "stats", "failed"])
def test_a_path_that_leads_elsewhere_is_refused_and_nothing_is_written(tmp_path: Path, path: str, where: str) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "files": {"files": [[path, 3]]},
        "folders": {"folders": {path: []}},
        "entries": {"folders": {"proc/1": [[path, False]]}},
        "links": {"links": {path: "x"}},
        "stats": {"stats": {path: [0] * 7}},
        "failed": {"failed": [["open", path, "ENOENT"]]},
    }
    told = kinds[where]
    file = xz(tmp_path, HEADER, tick(**told), b"bad" if where == "files" else b"")
    with pytest.raises(UserError, match=r"cannot be replayed|no recording"):
        played(file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given.gobs.xz"]


def test_a_link_of_a_recording_is_told_and_leads_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of this machine")
    links = {"proc/stat": str(secret), "proc/1": str(tmp_path)}
    file = xz(tmp_path, HEADER, tick(links=links, folders={"proc": [["stat", False], ["1", False]]}))
    with Replay(file) as replay:
        assert len(list(replay)) == 1
        assert replay.proc.link("stat") == str(secret)
        assert replay.proc.read("stat") == b""
        assert not any(path.is_symlink() for path in replay.proc.root.rglob("*"))
        with pytest.raises(Missing):
            replay.proc.read("1/secret")


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ((b"",), "its first line is not that of one"),
        ((b"\xff\xfe garbage\n",), "its first line is not that of one"),
        ((b'{"node":"rack7"}\n',), "its first line is not that of one"),
        ((b'{"recording":2,"node":"rack7"}\n',), "format 2, and 1 is read here: upgrade gobs-core"),
        ((b'{"recording":1,"node":7}\n',), "node"),
        ((HEADER,), "there is no tick in it"),
        ((HEADER, b"[]\n"), "a tick is not as it should be"),
        ((HEADER, tick(wall_ns=-1)), "wall_ns"),
        ((HEADER, tick(files=[["proc/stat", -5]])), "files"),
        ((HEADER, tick(files=[["proc/stat", LARGEST_FILE + 1]])), "files"),
        ((HEADER, tick(files=[["proc/a", LARGEST_FILE]] * 200)), "the files of one tick have more than 512 MiB"),
        ((HEADER, tick(2), tick(2)), "tick 2 is not after the one before"),
    ],
)
def test_what_is_no_recording_is_refused_with_file_and_fault(
    tmp_path: Path, parts: tuple[bytes, ...], fault: str
) -> None:
    file = xz(tmp_path, *parts)
    with pytest.raises(UserError, match=fault) as refused:
        Recording(file).survey()
    assert str(refused.value).startswith(f"{file}: ")


def test_a_file_that_is_not_there_or_not_compressed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        Recording(tmp_path / "nowhere")
    plain = tmp_path / "plain"
    plain.write_bytes(HEADER)
    with pytest.raises(UserError, match="cannot be decompressed"):
        Recording(plain)


def test_no_bomb_is_held_in_memory(tmp_path: Path) -> None:
    """A line without end, and a dictionary larger than is allowed, both of a few kilobytes on disk."""
    compressor = lzma.LZMACompressor()
    line = b"".join([compressor.compress(HEADER), *(compressor.compress(b" " * (1 << 20)) for _ in range(70))])
    file = tmp_path / "line.xz"
    file.write_bytes(line + compressor.flush())
    assert file.stat().st_size < 100_000
    assert LONGEST_LINE < 70 << 20
    with pytest.raises(UserError, match="a line of more than 64 MiB"):
        Recording(file).survey()
    wide = xz(tmp_path, HEADER, tick(), filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 256 << 20}])
    with pytest.raises(UserError, match="emory"):
        Recording(wide).survey()


def made(tmp_path: Path) -> Path:
    file = tmp_path / "made.gobs.xz"
    with Writer(file, Header(node="rack7")) as writer:
        for at in range(1, 6):
            content = os.urandom(20_000)  # nothing to compress, so that it is spread over the file
            writer.tick(Tick(wall_ns=at, monotonic_ns=at, files=[("proc/stat", len(content))]), [content])
        writer.end()
    return file


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_of_one_that_was_not_copied_whole_what_is_there_is_replayed(tmp_path: Path, share: float) -> None:
    file = made(tmp_path)
    raw = file.read_bytes()
    file.write_bytes(raw[: int(len(raw) * share)])
    found = Recording(file).survey()
    assert not found.whole
    assert 0 < found.ticks == played(file) == int(5 * share)


def test_a_whole_one_says_so(tmp_path: Path) -> None:
    assert Recording(made(tmp_path)).survey() == (5, 4e-9, True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_any_lines_and_bytes_are_replayed_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    names = st.sampled_from(["proc", "proc/1", "proc/1/stat", "proc/1/stat/x", "sys/a", "proc/2"])
    lines = st.builds(
        lambda files, folders, failed: (
            tick(
                files=[[name, len(raw)] for name, raw in files.items()],
                folders=folders,
                failed=[[action, name, error] for action, name, error in failed],
            )
            + b"".join(files.values())
        ),
        st.dictionaries(names, st.binary(max_size=9), max_size=4),
        st.dictionaries(names, st.lists(st.tuples(st.sampled_from(["1", "stat", "a"]), st.booleans()), max_size=3)),
        st.lists(st.tuples(st.sampled_from(["open", "read", "list"]), names, st.sampled_from(["EACCES", "__doc__"]))),
    )
    parts = data.draw(st.lists(lines | st.binary(max_size=30), max_size=5))
    file = xz(tmp_path, HEADER, *parts)
    try:
        with Replay(file) as replay:
            for _ in replay:
                everything(replay.proc)
    except UserError:
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given.gobs.xz"]


def everything(proc: Proc) -> None:
    for action in (proc.read_once, proc.names, proc.stat, proc.link):
        for path in ("1", "1/stat", "1/stat/x", "2", "3"):
            try:
                action(path)
            except (NoData, OSError):
                continue
