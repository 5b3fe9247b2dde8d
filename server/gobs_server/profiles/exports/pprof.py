"""A profile in pprof's format: gzip of a protobuf message, with pid, thread and kind of each sample as labels."""

from __future__ import annotations

import gzip

from gobs_core import Profile
from gobs_proto import pprof_pb2 as pb


class _Strings:
    """The string table: every text once, by its place."""

    def __init__(self) -> None:
        self.all: list[str] = [""]
        self._places: dict[str, int] = {"": 0}

    def place(self, text: str) -> int:
        known = self._places.get(text)
        if known is None:
            known = self._places[text] = len(self.all)
            self.all.append(text)
        return known


def pprof(profile: Profile) -> bytes:
    """The file's content."""
    strings = _Strings()
    per_sample = 1_000_000_000 // max(profile.frequency, 1)
    message = pb.Profile(
        sample_type=[
            pb.ValueType(type=strings.place("samples"), unit=strings.place("count")),
            pb.ValueType(type=strings.place("cpu"), unit=strings.place("nanoseconds")),
        ],
        time_nanos=int(profile.started * 1e9),
        duration_nanos=int(profile.duration * 1e9),
        period_type=pb.ValueType(type=strings.place("cpu"), unit=strings.place("nanoseconds")),
        period=per_sample,
        comment=[strings.place(note) for note in (f"event: {profile.event}", *profile.notes)],
        default_sample_type=strings.place("cpu"),
    )
    _add_functions(message, profile, strings)
    for count in profile.counts:
        thread = profile.threads[count.thread]
        node, locations = count.stack, []
        while node >= 0:
            locations.append(profile.functions[node] + 1)
            node = profile.parents[node]
        message.sample.add(
            location_id=locations,
            value=[count.samples, count.samples * per_sample],
            label=[
                pb.Label(key=strings.place("pid"), num=thread.pid),
                pb.Label(key=strings.place("tid"), num=thread.tid),
                pb.Label(key=strings.place("process"), str=strings.place(thread.process)),
                pb.Label(key=strings.place("thread"), str=strings.place(thread.name)),
            ],
        )
    message.string_table.extend(strings.all)
    return gzip.compress(message.SerializeToString(), 6, mtime=0)


def _add_functions(message: pb.Profile, profile: Profile, strings: _Strings) -> None:
    mappings: dict[str, int] = {}
    for number, frame in enumerate(profile.frames, start=1):
        mapping = mappings.get(frame.module)
        if mapping is None:
            mapping = mappings[frame.module] = len(mappings) + 1
            message.mapping.add(id=mapping, filename=strings.place(frame.module), has_functions=True)
        name = strings.place(frame.name)
        file = strings.place(frame.module) if frame.kind == "python" else 0
        message.function.add(id=number, name=name, system_name=name, filename=file)
        message.location.add(id=number, mapping_id=mapping, line=[pb.Line(function_id=number)])
