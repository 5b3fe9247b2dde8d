"""What is given out is opened by other people's readers, and they find the same."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from gobs_core import Profile
from gobs_core.profile import stack_of
from gobs_server.profiles.exports import pprof, speedscope
from tests.server.profiles.made import chance, profile
from tests.support.foreign import read_pprof, speedscope_schema

CASES = {
    "chance": chance(1),
    "another": chance(7),
    "one": profile({(1, 1, ("main",)): 1}),
    "nothing": profile({}),
    "deep": profile({(1, 2, tuple(f"f{level}" for level in range(500))): 3}),
}
cases = pytest.mark.parametrize("made", CASES.values(), ids=CASES)


@cases
def test_speedscope_s_own_schema_knows_the_file(made: Profile) -> None:
    schema = speedscope_schema()
    Draft7Validator.check_schema(schema)
    file = json.loads(speedscope(made, "shop/web"))
    assert [fault.message for fault in Draft7Validator(schema).iter_errors(file)] == []
    assert sum(sum(one["weights"]) for one in file["profiles"]) == made.samples


def test_the_schema_would_tell_a_fault() -> None:
    file = json.loads(speedscope(chance(1), "x"))
    del file["profiles"][0]["weights"]
    assert not Draft7Validator(speedscope_schema()).is_valid(file)


@cases
def test_another_library_reads_the_same_stacks_from_pprof(made: Profile, tmp_path: Path) -> None:
    file = tmp_path / "profile.pb.gz"
    file.write_bytes(pprof(made))
    read = read_pprof(file)
    assert read["types"] == [["samples", "count"], ["cpu", "nanoseconds"]]
    found = Counter[tuple[tuple[str, ...], int]]()
    for stack, samples, thread in read["stacks"]:
        found[tuple(stack), thread] += samples
    wanted = Counter[tuple[tuple[str, ...], int]]()
    for count in made.counts:
        stack = tuple(frame.name for frame in stack_of(made, count.stack))
        wanted[stack, made.threads[count.thread].tid] += count.samples
    assert found == wanted
