"""What `perf script` prints, read line by line into stacks. See perf-script(1).

Asked for without names of processes: those are strangers' and could hold whole lines of their own making.
"""

from __future__ import annotations

import re

from gobs_core import StackFrame, Stacks
from gobs_core.profile import MAX_NAME, FrameKind

FIELDS = "pid,tid,time,event,ip,sym,dso"
_HEAD = re.compile(rb"\s*(-?\d{1,10})/(-?\d{1,10})\s")
_LOST = re.compile(rb"PERF_RECORD_LOST(?:_SAMPLES)?\s+lost\s+(\d{1,18})")
_PLACE = re.compile(rb" \((?:/|\[|memfd:|anon_inode:|inlined\))")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_JIT = re.compile(r"/perf-\d+\.map\Z|/jitted-\d+-\d+\.so\Z")
_NOWHERE = b" [unknown] ([unknown])"
"""What unwinding ends in where frame pointers lead nowhere: no caller, though it looks like one."""
_AT_WORK = re.compile(
    rb" (?:asm_)?(?:sysvec_|common_interrupt|do_IRQ|__do_softirq|handle_softirqs|irq_exit|el1h?_\w*irq)"
)
"""Of a CPU that has nothing to do: functions in which it serves an interrupt all the same."""
DEEPEST = 512
"""Frames of one stack that are kept, innermost first."""
MOST_KNOWN = 20_000
"""Callers whose lines are remembered, so that they are read once however often they come."""
_LONGEST_KNOWN = 16_384
_LONGEST = 4 << 20
"""Bytes of one sample that are waited for; what is longer is none of perf's."""


class Script:
    """Collects the samples of one `perf script`. Feed it what that prints, piece by piece, then `finish`."""

    def __init__(self, stacks: Stacks, depth: int = DEEPEST, *, idle: bool = True) -> None:
        self.stacks = stacks
        self.idle = 0
        """Samples of CPUs that had nothing to do; where `idle` is False they are counted here alone."""
        self.depth = depth
        """Frames of one stack that are recorded at most."""
        self.cut = 0
        """Samples whose stacks have as many: their outermost callers may be missing."""
        self.lost = 0
        """Samples the kernel had to drop."""
        self.strange = 0
        """Lines that were none of perf's."""
        self.unnamed: dict[str, int] = {}
        """Module -> samples whose innermost function in it has no name."""
        self._with_idle = idle
        self._rest = b""
        self._frames: dict[bytes, int] = {}
        self._known: dict[bytes, int] = {}
        """Lines of the callers of a function -> their node."""

    def feed(self, part: bytes) -> None:
        """Take what comes next, wherever it is cut off."""
        *samples, self._rest = (self._rest + part).split(b"\n\n")
        for sample in samples:
            self._sample(sample)
        if len(self._rest) > _LONGEST:
            self.finish()

    def finish(self) -> None:
        """Count what has come last."""
        self._sample(self._rest)
        self._rest = b""

    def _sample(self, text: bytes) -> None:
        head, _, body = text.strip(b"\n").partition(b"\n")
        if not head:
            return
        found = self._begins(head)
        if found is None:
            found, body = self._after_others(body.split(b"\n"))
        if found is None or not body:
            return
        if int(found[1]) == 0 and not _AT_WORK.search(body):
            self.idle += 1
            if not self._with_idle:
                return
        innermost, _, callers = body.partition(b"\n")
        self.cut += callers.count(b"\n") + 2 >= self.depth
        node = self._known.get(callers)
        if node is None:
            node = self._place(callers)
            if len(self._known) < MOST_KNOWN and len(callers) <= _LONGEST_KNOWN:
                self._known[callers] = node
        function = self._function(innermost)
        if function is None:
            self.strange += 1
        else:
            node = self.stacks.place((function,), node)
            frame = self.stacks.frames[function]
            if frame.kind == "unknown":
                self.unnamed[frame.module] = self.unnamed.get(frame.module, 0) + 1
        self.stacks.count(int(found[1]), int(found[2]), node)

    def _after_others(self, lines: list[bytes]) -> tuple[re.Match[bytes] | None, bytes]:
        """Whose sample begins after lines of another kind, and its stack."""
        for place, line in enumerate(lines):
            if line and (found := self._begins(line)):
                return found, b"\n".join(lines[place + 1 :])
        return None, b""

    def _begins(self, head: bytes) -> re.Match[bytes] | None:
        """Whose sample begins with this line; None: it is another line, which is noted."""
        if b"PERF_RECORD_LOST" in head and (lost := _LOST.search(head)):
            self.lost += int(lost[1])
            return None
        found = _HEAD.match(head)
        self.strange += found is None
        return found

    def _place(self, callers: bytes) -> int:
        """The node of the callers of a function, the nearest first."""
        stack: list[int] = []
        for line in callers.split(b"\n") if callers else ():
            function = self._function(line)
            if function is None:
                self.strange += 1
            elif len(stack) < DEEPEST - 1 and not line.endswith(_NOWHERE):
                stack.append(function)
        return self.stacks.place(reversed(stack))

    def _function(self, line: bytes) -> int | None:
        """The number of the function of a stack's line; None: it is no such line."""
        if line[:1] not in {b"\t", b" "}:
            return None
        _, _, text = line.strip().partition(b" ")
        number = self._frames.get(text)
        if number is None:
            number = self._frames[text] = self.stacks.frame(frame_of(text))
        return number


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
