"""What perf prints, whatever is in it: names with blanks, brackets and semicolons, garbage, and nothing at all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.perf.script import Script, frame_of
from gobs_core import StackFrame, Stacks
from gobs_core.profile import MAX_NAME

TEXT = b"""\
  761/761    2632.676978: cpu-clock:
\t    7f58f226d00b jitted; "fn" one (/tmp/perf-761.map)
\t            16b9 main (/bin/jit)
\t               0 [unknown] ([unknown])

  761/762    2632.686978: cpu-clock:
\tffffffff813a2413 do_syscall_64 ([kernel.kallsyms])
\t            16b9 main (/bin/jit)

  761/761    2632.696978: cpu-clock:
\t    7f58f226d00b jitted; "fn" one (/tmp/perf-761.map)
\t            16b9 main (/bin/jit)
\t               0 [unknown] ([unknown])

  800/800  2632.7: PERF_RECORD_LOST lost 12
"""


def read(text: bytes) -> Script:
    script = Script(Stacks())
    script.feed(text)
    script.finish()
    return script


def stacks_of(script: Script) -> dict[tuple[int, int, tuple[str, ...]], int]:
    stacks = script.stacks
    threads = stacks.threads()
    found = {}
    for count in stacks.counts(threads):
        names, node = [], count.stack
        while node >= 0:
            names.append(stacks.frames[stacks.functions[node]].name)
            node = stacks.parents[node]
        found[(*threads[count.thread], tuple(names[::-1]))] = count.samples
    return found


def test_samples_are_counted_by_stack_and_thread_outermost_first() -> None:
    script = read(TEXT)
    assert stacks_of(script) == {
        (761, 761, ("main", 'jitted; "fn" one')): 2,
        (761, 762, ("main", "do_syscall_64")): 1,
    }
    assert script.stacks.samples == 3
    assert script.lost == 12
    assert script.strange == 0


@pytest.mark.parametrize(
    ("line", "frame"),
    [
        (b"main (/bin/a)", StackFrame("main", "/bin/a", "user")),
        (b"std::map<int, void (*)(char)>::at(int const&) (/usr/lib/libx.so (deleted))",
         StackFrame("std::map<int, void (*)(char)>::at(int const&)", "/usr/lib/libx.so (deleted)", "user")),
        (b"operator() (/opt/my app (1)/bin)", StackFrame("operator()", "/opt/my app (1)/bin", "user")),
        (b"do_idle ([kernel.kallsyms])", StackFrame("do_idle", "[kernel]", "kernel")),
        (b"nf_hook ([nf_conntrack])", StackFrame("nf_hook", "[nf_conntrack]", "kernel")),
        (b"__vdso_gettimeofday ([vdso])", StackFrame("__vdso_gettimeofday", "[vdso]", "user")),
        (b"[unknown] (/usr/lib/libz.so.1)", StackFrame("[libz.so.1]", "/usr/lib/libz.so.1", "unknown")),
        (b"[unknown] ([unknown])", StackFrame("[unknown]", "[unknown]", "unknown")),
        (b"LazyCompile:*f /app/x.js:1 (/tmp/perf-7.map)", StackFrame("LazyCompile:*f /app/x.js:1", "[jit]", "jit")),
        (b"py::work:/app/a b.py (/tmp/perf-7.map)", StackFrame("work", "/app/a b.py", "python")),
        (b"memfd_fn (memfd:x (deleted))", StackFrame("memfd_fn", "memfd:x (deleted)", "user")),
        (b"evil\x1b[31m (/bin/a)", StackFrame("evil\N{REPLACEMENT CHARACTER}[31m", "/bin/a", "user")),
        (b"no brackets at all", StackFrame("no brackets at all", "", "user")),
        (b"", StackFrame("[unknown]", "", "unknown")),
    ],
)  # fmt: skip
def test_a_function_is_told_from_its_file_whatever_their_names_are(line: bytes, frame: StackFrame) -> None:
    assert frame_of(line) == frame


NOTHING_TO_DO = b"""\
      0/0      2632.676978: cpu-clock:
\tffffffff81a00f4b pv_native_safe_halt ([kernel.kallsyms])
\tffffffff81a01115 default_idle ([kernel.kallsyms])
\tffffffff8110b4ad do_idle ([kernel.kallsyms])

      0/0      2632.686978: cpu-clock:
\tffffffff81888888 net_rx_action ([kernel.kallsyms])
\tffffffff81c000de __do_softirq ([kernel.kallsyms])
\tffffffff8110b4ad do_idle ([kernel.kallsyms])

      0/0      2632.696978: cpu-clock:
\tffffffff81a00f4b [unknown] ([unknown])

"""


def test_a_cpu_that_has_nothing_to_do_is_told_from_one_that_serves_an_interrupt() -> None:
    script = Script(Stacks(), idle=False)
    script.feed(NOTHING_TO_DO + TEXT)
    script.finish()
    assert (script.idle, script.stacks.samples) == (2, 4)
    assert stacks_of(script)[0, 0, ("do_idle", "__do_softirq", "net_rx_action")] == 1
    assert read(NOTHING_TO_DO).stacks.samples == 3


def test_a_name_of_any_length_is_cut() -> None:
    assert len(frame_of(b"x" * 100_000 + b" (/bin/a)").name) == MAX_NAME


@pytest.mark.parametrize("pid", [0, 1, 9, 10, 4194303])
def test_a_process_of_any_number_is_told_from_its_frames(pid: int) -> None:
    script = read(b"%5d/%-5d  1.0: cycles:\n\t 7f main (/bin/a)\n\n" % (pid, pid))
    assert (script.stacks.threads(), script.strange) == ([(pid, pid)], 0)


@given(st.lists(st.integers(1, len(TEXT)), max_size=6))
def test_however_it_is_cut_into_pieces_the_same_is_read(cuts: list[int]) -> None:
    script, places = Script(Stacks()), [0, *sorted(cuts), len(TEXT)]
    for first, last in pairwise(places):
        script.feed(TEXT[first:last])
    script.finish()
    assert stacks_of(script) == stacks_of(read(TEXT))
    assert (script.lost, script.strange, script.unnamed) == (12, 0, {})


def test_an_endless_sample_is_not_kept() -> None:
    script = Script(Stacks())
    for _ in range(64):
        script.feed(b"\t 7f main (/bin/a)\n" * 10_000)
    assert len(script._rest) < 6 << 20
    assert script.stacks.samples == 0


def test_lines_that_are_not_perfs_are_counted_and_change_nothing_else() -> None:
    script = read(b"nonsense\n 1/1 1.0: cycles:\n\t 7f main (/bin/a)\nmore\n\n\tno head\n\n")
    assert (script.strange, script.stacks.samples) == (3, 1)


def test_what_has_no_name_is_counted_by_its_file() -> None:
    script = read(b" 1/1 1.0: cycles:\n\t 7f [unknown] (/lib/a.so)\n\n" * 3)
    assert script.unnamed == {"/lib/a.so": 3}


def test_a_stack_deeper_than_any_is_kept_from_its_innermost_end() -> None:
    lines = b"".join(b"\t %x f%d (/a)\n" % (n, n) for n in range(2000))
    [(_, _, names)] = stacks_of(read(b" 1/1 1.0: cycles:\n" + lines + b"\n"))
    assert len(names) == 512
    assert names[-1] == "f0"


@given(st.binary(max_size=4000))
def test_any_bytes_are_read_to_the_end(text: bytes) -> None:
    script = read(text)
    assert script.stacks.samples >= 0


@given(st.integers(0, len(TEXT)))
def test_a_text_cut_off_anywhere_counts_no_sample_twice(end: int) -> None:
    assert read(TEXT[:end]).stacks.samples <= 3
