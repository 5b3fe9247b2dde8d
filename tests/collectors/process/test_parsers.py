"""What is read out of stat, status, io, net/dev, limits and cmdline; garbage and cut files raise one error."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.process import status_file
from gobs_collectors.process.cmdline import SHOWN, parse_cmdline, shown_cmdline
from gobs_collectors.process.io_file import parse_io
from gobs_collectors.process.limits_file import max_fds, parse_limits
from gobs_collectors.process.net_dev import parse_net_dev
from gobs_collectors.process.smaps_file import parse_smaps
from gobs_collectors.process.stat_file import parse_stat
from gobs_collectors.process.status_file import Cell
from gobs_collectors.process.tables import STAT_CELLS, STATUS_CELLS
from gobs_core import ParseError
from gobs_core.proc import text
from gobs_core.scrub import compile_patterns
from tests.collectors.garbage import Parse, cut_everywhere, fixtures, mutated, parses_or_says_why
from tests.collectors.process.written import LIMITS, SMAPS, Written, net_dev


def parse_status(raw: bytes) -> tuple[Cell, ...]:
    head = status_file.head(raw)
    return status_file.parse_head(head) + status_file.parse_tail(raw[len(head) :])


SH = Written(42, cgroup="/docker")
IO = b"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n"
PARSERS: list[tuple[str, Parse, list[bytes]]] = [
    ("stat", parse_stat, [SH.stat(), *fixtures("[0-9]*/stat")]),
    ("status", parse_status, [SH.status(), *fixtures("[0-9]*/status")]),
    ("io", parse_io, [IO, *fixtures("[0-9]*/io")]),
    ("net/dev", parse_net_dev, [net_dev(9), *fixtures("[0-9]*/net/dev")]),
    ("limits", parse_limits, [LIMITS, *fixtures("[0-9]*/limits")]),
]
HOSTILE = [
    b"a b", b"a) R 1 1 1 (b", b"(", b")", b") S 0", b"((((((((((((((", b"new\nline", b"\xff\xfe\x80", b" ", b"",
    b"<script>alert(1", b"\x1b[31mred\x1b[0m", b"tab\tand\\slash", "žluťoučký".encode()[:15],
]  # fmt: skip


@pytest.mark.parametrize("comm", HOSTILE)
def test_a_name_may_hold_anything(comm: bytes) -> None:
    stat = parse_stat(SH.but(comm=comm).stat())
    assert (stat.pid, stat.comm, stat.start) == (b"42", comm, b"1000")
    assert stat.cells == parse_stat(SH.stat()).cells
    assert parse_status(SH.but(comm=comm).status()) == parse_status(SH.status())


def test_every_field_of_stat_is_where_it_belongs() -> None:
    raw = b"7 (x) S 6 1 1 0 -1 4194304 11 12 13 14 15 16 17 18 -2 -5 3 0 99 1000 10 1 " + b" ".join(
        b"%d" % n for n in range(26, 53)
    )
    cells = dict(zip([column.name for column in STAT_CELLS], parse_stat(raw + b"\n").cells, strict=True))
    assert cells == {
        "state": "S", "ppid": "6", "minor_faults": 11, "major_faults": 13, "utime": 15, "stime": 16, "cutime": 17,
        "cstime": 18, "priority": -2, "nice": -5, "threads": 3, "start_time": 99, "processor": 39, "rt_priority": 40,
    }  # fmt: skip


def test_every_field_of_status_is_where_it_belongs() -> None:
    cells = dict(zip([column.name for column in STATUS_CELLS], parse_status(SH.status()), strict=True))
    assert cells == {
        "uid": "1000", "vm_peak": 9000, "vm_size": 8000, "vm_lck": 0, "vm_pin": 0, "vm_rss": 4096, "vm_data": 400,
        "vm_stk": 132, "vm_exe": 20, "vm_lib": 1500, "vm_swap": 0, "seccomp": "filter",
        "speculation_store_bypass": "thread vulnerable", "cpus_allowed_list": "0-1", "mems_allowed_list": "0",
        "voluntary_ctxt_switches": 20, "nonvoluntary_ctxt_switches": 3,
    }  # fmt: skip


def test_what_a_kernel_thread_or_an_older_kernel_has_no_line_for_is_not_known() -> None:
    cells = dict(zip([column.name for column in STATUS_CELLS], parse_status(SH.but(rss=None).status()), strict=True))
    assert cells["vm_rss"] is None
    assert cells["uid"] == "1000"
    without = SH.status().replace(b"Speculation_Store_Bypass:\tthread vulnerable\n", b"")
    assert None in parse_status(without)


def test_lines_after_the_context_switches_do_not_matter() -> None:
    later = SH.status() + b"x86_Thread_features:\t\nx86_Thread_features_locked:\t\n"
    assert parse_status(later) == parse_status(SH.status())


def test_kernel_threads_are_told_by_their_flag_or_by_being_children_of_kthreadd_without_memory() -> None:
    assert parse_stat(SH.but(flags=0x208040).stat()).kernel
    assert parse_stat(SH.but(pid=2, ppid=0, size=0).stat()).kernel
    assert parse_stat(SH.but(ppid=2, size=0).stat()).kernel
    assert not parse_stat(SH.but(ppid=2).stat()).kernel, "pid 2 of a container is an ordinary process"
    assert not parse_stat(SH.but(ppid=2, size=0, state=b"Z").stat()).kernel


def test_counts_that_do_not_fit_are_not_known() -> None:
    assert parse_stat(SH.but(utime=2**64 - 5).stat()).cells[4] is None
    assert parse_io(IO.replace(b"write_bytes: 6", b"write_bytes: %d" % (2**64 - 1), 1)) == (5, None, 7)


def test_io_is_read_and_written_and_cancelled_bytes() -> None:
    assert parse_io(IO) == (5, 6, 7)


def test_of_a_network_only_what_leads_out_counts() -> None:
    inner = dict.fromkeys(("docker0", "veth12ab", "br-0a1b", "tun0", "tunl0", "cni0", "wg1", "ip6tnl0"), 77)
    assert parse_net_dev(net_dev(100, **inner)) == (100, 2, 3, 4, 101, 6, 7, 8)
    assert parse_net_dev(net_dev(100, eth1=50)) == (150, 4, 6, 8, 152, 12, 14, 16)


def test_an_interface_may_have_a_colon_in_its_name() -> None:
    assert parse_net_dev(net_dev(100).replace(b"eth0:", b"eth0:1:"))[0] == 100


def test_limits_are_told_with_their_units_and_unlimited_is_none() -> None:
    assert parse_limits(LIMITS) == {
        "Max cpu time": (None, None, "seconds"),
        "Max open files": (1024, 524288, "files"),
        "Max nice priority": (0, 0, ""),
    }
    assert max_fds(LIMITS) == 1024


def test_a_command_line_is_its_arguments() -> None:
    assert parse_cmdline(b"a\0b c\0\0d\0") == ["a", "b c", "", "d"]
    assert parse_cmdline(b"retitled: one string") == ["retitled: one string"]
    assert parse_cmdline(b"") == []
    assert shown_cmdline(b"") is None


PATTERNS = compile_patterns(["customer-[0-9]+"])


@pytest.mark.parametrize(
    ("scrubbed", "shown"),
    [(True, "app --password=*** *** https://***@host"), (False, "app --password=s3cret *** https://a:b@host")],
)
def test_a_command_line_is_shown_as_it_is_where_that_is_asked_but_for_what_a_user_hides(
    scrubbed: bool, shown: str
) -> None:
    raw = b"app\0--password=s3cret\0customer-12\0https://a:b@host\0"
    assert shown_cmdline(raw, PATTERNS, scrubbed=scrubbed) == shown


def test_of_a_long_command_line_the_argument_that_is_cut_is_left_out() -> None:
    raw = (b"app\0" + b"x" * 4000 + b"\0--password=secretsecretsecretsecretsecretsecretsecretsecretsecretsecretsecret")[
        :4096
    ]
    assert parse_cmdline(raw.ljust(4096, b"y")) == ["app", "x" * 4000]


@given(st.text(max_size=3000))
def test_at_most_a_kilobyte_of_a_command_line_is_shown_and_no_character_is_cut(line: str) -> None:
    shown = shown_cmdline(b"app\0" + line.encode("utf-8", "replace").replace(b"\0", b" ") + b"\0")
    assert shown is not None
    assert len(shown.encode()) <= SHOWN


@given(st.binary(max_size=5000))
def test_any_bytes_are_a_command_line(raw: bytes) -> None:
    shown = shown_cmdline(raw)
    assert shown is None or len(shown.encode()) <= SHOWN


@pytest.mark.parametrize(
    ("file", "parse", "samples"), PARSERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_any_bytes_parse_or_raise_one_error_that_names_the_file(file: str, parse: Parse, samples: list[bytes]) -> None:
    @given(mutated(*samples))
    def check(raw: bytes) -> None:
        parses_or_says_why(parse, raw, file)

    check()


@pytest.mark.parametrize(
    ("file", "parse", "samples"), PARSERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_file_cut_off_at_any_byte_parses_or_raises_one_error(file: str, parse: Parse, samples: list[bytes]) -> None:
    for raw in dict.fromkeys(samples):
        parse(raw)
        for cut in cut_everywhere(raw):
            parses_or_says_why(parse, cut, file)


def test_every_size_in_smaps_rollup_is_told_and_its_range_is_not() -> None:
    assert parse_smaps(SMAPS) == {
        name: kib * 1024
        for name, kib in {"Rss": 2200, "Pss": 1100, "Pss_Dirty": 12, "Private_Clean": 0, "Swap": 0}.items()
    }


@given(mutated(SMAPS, SMAPS.replace(b"2200", b"9" * 5000)))
def test_any_bytes_of_smaps_rollup_give_whole_sizes_under_names_and_nothing_else(raw: bytes) -> None:
    for name, size in parse_smaps(raw).items():
        assert re.fullmatch("[A-Za-z_]+", name)
        assert size >= 0
        assert size % 1024 == 0
        assert b"%s: " % name.encode() in raw
        assert b"%d kB\n" % (size // 1024) in raw


def test_of_smaps_rollup_cut_off_at_any_byte_only_whole_lines_count() -> None:
    whole = list(parse_smaps(SMAPS).items())
    for cut in cut_everywhere(SMAPS):
        assert list(parse_smaps(cut).items()) == whole[: max(0, cut.count(b"\n") - 1)]


def test_no_cut_of_stat_or_io_is_taken_for_whole() -> None:
    for parse, raw in ((parse_stat, SH.stat()), (parse_io, IO)):
        for cut in cut_everywhere(raw):
            with pytest.raises(ParseError):
                parse(cut)


def test_a_name_in_status_that_is_no_utf_8_is_written_out() -> None:
    assert text(parse_stat(SH.but(comm=b"\xff\xfe").stat()).comm) == "\\xff\\xfe"
