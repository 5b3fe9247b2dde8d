"""What every parser owes: any bytes parse or raise ParseError, and so does every file cut off anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hypothesis import strategies as st

from gobs_core import ParseError
from tests.collectors.reading import MACHINES

Parse = Callable[[bytes], object]


def parses_or_says_why(parse: Parse, raw: bytes, file: str) -> bool:
    """Whether the bytes parse; if not, the error must name the file and what was expected there."""
    try:
        parse(raw)
    except ParseError as error:
        said = str(error)
    else:
        return True
    assert re.match(rf"{re.escape(file)}: expected .+, found b['\"]", said), said
    return False


def mutated(*samples: bytes) -> st.SearchStrategy[bytes]:
    """Bytes of any kind, and real files with a piece replaced by anything."""

    def spoil(raw: bytes) -> st.SearchStrategy[bytes]:
        places = st.integers(0, len(raw))
        return st.builds(
            lambda a, b, piece: raw[: min(a, b)] + piece + raw[max(a, b) :], places, places, st.binary(max_size=24)
        )

    numbers = st.from_regex(rb"[ :0-9a-z.=/|\n]{0,80}", fullmatch=True)
    return st.one_of(st.binary(max_size=200), numbers, st.sampled_from(samples).flatmap(spoil))


def fixtures(path: str) -> list[bytes]:
    """Return the file as every fixture machine that has it has it."""
    return [file.read_bytes() for file in sorted(MACHINES.glob(f"*/proc/{path}"))]


def cut_everywhere(raw: bytes) -> Iterator[bytes]:
    """Return the file cut off at every byte."""
    return (raw[:end] for end in range(len(raw)))
