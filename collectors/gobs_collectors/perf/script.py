"""What `perf script` prints, read line by line into stacks. See perf-script(1).

Asked for without names of processes: those are strangers' and could hold whole lines of their own making.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gobs_core.profile import MAX_NAME, FrameKind, StackFrame, Stacks

FIELDS = "pid,tid,time,event,ip,sym,dso"
_HEAD = re.compile(rb"\s*(-?\d{1,10})/(-?\d{1,10})\s")
_LOST = re.compile(rb"PERF_RECORD_LOST(?:_SAMPLES)?\s+lost\s+(\d{1,18})")
_PLACE = re.compile(rb" \((?:/|\[|memfd:|anon_inode:|inlined\))")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_JIT = re.compile(r"/perf-\d+\.map\Z|/jitted-\d+-\d+\.so\Z")
_NOWHERE = b"[unknown] ([unknown])"
"""What unwinding ends in where frame pointers lead nowhere: no caller, though it looks like one."""
DEEPEST = 512
"""Frames of one stack that are kept, innermost first; perf keeps 127 unless told otherwise."""


class Script:
    """Collects the samples of one `perf script`. Feed it lines, then `finish`."""

    def __init__(self, stacks: Stacks) -> None:
        self.stacks = stacks
        self.lost = 0
        """Samples the kernel had to drop."""
        self.strange = 0
        """Lines that were none of perf's."""
        self.unnamed: dict[str, int] = {}
        """Module -> samples whose innermost function in it has no name."""
        self._known: dict[bytes, int] = {}
        self._who: tuple[int, int] | None = None
        self._stack: list[int] = []

    def feed(self, lines: Iterable[bytes]) -> None:
        """Take lines, each with or without its end."""
        for line in lines:
            if line[:1] == b"\t" or line[:4] == b"    ":
                self._frame(line)
            elif line.strip():
                self._begin(line)
            else:
                self.finish()

    def finish(self) -> None:
        """StackCount the sample that is being read."""
        who, stack = self._who, self._stack
        if who is not None and stack:
            innermost = self.stacks.frames[stack[0]]
            if innermost.kind == "unknown":
                self.unnamed[innermost.module] = self.unnamed.get(innermost.module, 0) + 1
            self.stacks.add(*who, reversed(stack))
        self._who, self._stack = None, []

    def _begin(self, line: bytes) -> None:
        self.finish()
        lost = _LOST.search(line)
        if lost:
            self.lost += int(lost[1])
            return
        head = _HEAD.match(line)
        if head is None:
            self.strange += 1
            return
        self._who = (int(head[1]), int(head[2]))

    def _frame(self, line: bytes) -> None:
        if self._who is None:
            self.strange += 1
            return
        if len(self._stack) >= DEEPEST:
            return
        _, _, text = line.strip().partition(b" ")
        if text == _NOWHERE and self._stack:
            return
        number = self._known.get(text)
        if number is None:
            number = self._known[text] = self.stacks.frame(frame_of(text))
        self._stack.append(number)


def frame_of(text: bytes) -> StackFrame:
    """One line's function: `NAME (FILE)`, where either may hold blanks and brackets."""
    places = list(_PLACE.finditer(text))
    if places and text.endswith(b")"):
        name, module = text[: places[-1].start()], text[places[-1].start() + 2 : -1]
    else:
        name, _, module = text.rpartition(b" (")
        name, module = (name, module[:-1]) if name and module.endswith(b")") else (text, b"")
    return _judged(_shown(name), _shown(module))


def _judged(name: str, module: str) -> StackFrame:
    kernel = module.startswith("[") and not module.startswith(("[vdso", "[vsyscall", "[heap", "[stack", "[unknown"))
    if kernel:
        module = "[kernel]" if module.startswith(("[kernel", "[guest.kernel")) else module
    kind: FrameKind = "kernel" if kernel else "user"
    if name in {"", "[unknown]"}:
        return StackFrame(f"[{module.rpartition('/')[2].strip('[]') or 'unknown'}]", module, "unknown")
    if name.startswith("py::"):
        function, _, file = name[4:].partition(":")
        return StackFrame(function or name, file, "python")
    if _JIT.search(module):
        return StackFrame(name, "[jit]", "jit")
    return StackFrame(name, module, kind)


def _shown(raw: bytes) -> str:
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", raw.strip().decode("utf-8", "replace"))[:MAX_NAME]
