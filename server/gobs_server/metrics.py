"""The server's own metrics: counters the parts add to, and their text in both forms that Prometheus knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from gobs_core.exposition import Form

Labels = tuple[tuple[str, str], ...]
_HELP: Mapping[str, tuple[str, str]] = {
    "gobs_server_frames": ("counter", "Frames taken from agents."),
    "gobs_server_received_bytes": ("counter", "Bytes of messages from agents."),
    "gobs_server_dropped": ("counter", "What agents sent and was not taken, by reason."),
    "gobs_server_filled_frames": ("counter", "Frames of the past that agents sent late and history took."),
    "gobs_server_acks": ("counter", "Acknowledgements sent."),
    "gobs_server_refused_streams": ("counter", "Streams refused before a frame was taken, by reason."),
    "gobs_server_set_aside": (
        "counter",
        "Frames refused again and again that were set aside while their stream goes on.",
    ),
    "gobs_server_waiting_bytes": ("gauge", "Messages of agents that were read and wait to be taken."),
    "gobs_server_rotated_streams": ("counter", "Streams that were asked to come back because they were old."),
    "gobs_server_streams": ("gauge", "Agents connected now."),
    "gobs_server_nodes": ("gauge", "Nodes known, by state."),
    "gobs_server_plugins": ("gauge", "Plugins of the server and of all nodes, by state."),
    "gobs_server_plugin_state": ("gauge", "The state of each plugin of the server: 1 at the one it has."),
    "gobs_server_plugin_info": ("gauge", "What each plugin of the server is: where it came from and where it runs."),
    "gobs_server_plugin_rows": ("gauge", "What the last run of each was about: rows judged, alerts told."),
    "gobs_server_plugin_lacking": ("gauge", "How much of what each needs is not here."),
    "gobs_server_plugin_runs": ("counter", "What each plugin of the server has been asked."),
    "gobs_server_plugin_failures": ("counter", "What each failed at."),
    "gobs_server_plugin_restarts": ("counter", "Times the worker of each was started again."),
    "gobs_server_plugin_duration_seconds": ("gauge", "How long the last run of each took."),
    "gobs_server_plugin_cpu_seconds": ("gauge", "CPU time of its last run."),
    "gobs_server_plugin_memory_bytes": ("gauge", "Memory of the worker of each."),
    "gobs_server_plugin_succeeded_seconds": ("gauge", "When each last did its work, since 1970."),
    "gobs_server_history_bytes": ("gauge", "Memory history takes."),
    "gobs_server_history_evicted_segments": ("counter", "Segments let go for want of memory."),
    "gobs_server_fill_queue_bytes": ("gauge", "Segments that wait to be taken into history."),
    "gobs_server_loop_lag_seconds": ("gauge", "How late the event loop last ran what was due."),
    "gobs_server_loop_lag_max_seconds": ("gauge", "The latest it ever ran what was due."),
    "gobs_server_database_up": ("gauge", "Whether the database took the last write: 1 or 0."),
    "gobs_server_database_failures": ("counter", "Openings and writes of the database that failed."),
    "gobs_server_resident_bytes": ("gauge", "Memory of the server's process."),
    "gobs_server_cpu_seconds": ("counter", "CPU time of the server's process."),
    "gobs_server_start_time_seconds": ("gauge", "When the server started, since 1970."),
}

Gauge = Callable[[], Mapping[Labels, float]]


class Counter:
    """One counter without labels, for where adding to it must cost next to nothing."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0


class Metrics:
    """Counters and gauges by name. Lives as long as the server; counters are added to from the event loop alone."""

    def __init__(self) -> None:
        self._counters: defaultdict[str, defaultdict[Labels, float]] = defaultdict(lambda: defaultdict(float))
        self._gauges: dict[str, Gauge] = {}

    def add(self, name: str, count: float = 1, **labels: str) -> None:
        """Add to a counter."""
        self._counters[name][tuple(labels.items())] += count

    def counter(self, name: str) -> Counter:
        """A counter to add to directly."""
        made = Counter()
        self.watch(name, lambda: {(): made.value})
        return made

    def count(self, name: str, **labels: str) -> float:
        """What a counter stands at."""
        if not labels and name in self._gauges:
            return self._gauges[name]()[()]
        return self._counters[name][tuple(labels.items())]

    def watch(self, name: str, gauge: Gauge) -> None:
        """Ask `gauge` for labels -> value whenever the metrics are read."""
        self._gauges[name] = gauge

    def text(self, form: Form = "openmetrics") -> str:
        """All of it. A counter's family has the `_total` of its samples in the older form, and in OpenMetrics not."""
        lines: list[str] = []
        for name, (kind, text) in _HELP.items():
            samples = self._gauges[name]() if name in self._gauges else self._counters.get(name, {})
            if samples:
                sample = f"{name}_total" if kind == "counter" else name
                family = name if form == "openmetrics" else sample
                lines += [f"# HELP {family} {text}", f"# TYPE {family} {kind}"]
                lines += [f"{sample}{_labels(at)} {value!r}" for at, value in samples.items()]
        return "\n".join([*lines, *(["# EOF"] if form == "openmetrics" else []), ""])


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels) + "}" if labels else ""


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
