"""What a plugin may use besides the plugin API: tools that the built-in plugins share, module by module."""

from __future__ import annotations

from collections.abc import Mapping

HELPERS: Mapping[str, tuple[str, ...]] = {
    "gobs_core.accumulator": ("Accumulator", "Member", "Sums"),
    "gobs_core.cgroup_path": ("paths", "unified_path"),
    "gobs_core.control_groups": ("MAX_DEPTH", "TOP", "Group", "below", "is_unified", "mounted", "walk"),
    "gobs_core.descriptors": ("UNREADABLE", "Descriptors", "Pread", "on_procfs"),
    "gobs_core.exposition": ("Exposition", "Families", "Form", "form_of"),
    "gobs_core.exposition.naming": ("PREFIX", "dotted", "texts"),
    "gobs_core.exposition.rows": ("Labels", "expose", "samples"),
    "gobs_core.exposition.text": ("CONTENT_TYPES",),
    "gobs_core.folders": ("state_dir",),
    "gobs_core.later": ("put_off",),
    "gobs_core.logs": ("get_logger",),
    "gobs_core.outgoing": ("ForbiddenAddress", "Inside"),
    "gobs_core.parse": ("flat", "garbage", "lines", "numbers"),
    "gobs_core.proc": ("text",),
    "gobs_core.profile": ("MAX_NAME", "FrameKind"),
    "gobs_core.profiler": ("ProfileKind",),
    "gobs_core.scrub": ("compile_patterns", "hide", "scrub"),
    "gobs_core.shown": ("derived", "levels", "shown"),
    "gobs_core.sink": ("Inspect", "Recordings"),
    "gobs_core.table": ("MAX_ROWS",),
    "gobs_core.text": ("cut", "one_line"),
    "gobs_core.units": ("UNIT_NAMES",),
    "gobs_core.values": ("show_duration",),
    "gobs_core.workloads": ("KERNEL",),
}
"""Module -> the names that are as dependable as those of the plugin API; only ever added to."""
