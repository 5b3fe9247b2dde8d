"""A rule: everything a user may say about what to be told of, with a default for all but its name and metric."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from gobs_core import Duration, Severity

Text = Annotated[str, Meta(max_length=253)]
Globs = Annotated[
    str | Annotated[list[Text], Meta(max_length=20)],
    Meta(description="A glob such as web-*, or a list of them; one that begins with ! leaves out what it matches."),
]
Limit = Annotated[float | Annotated[str, Meta(max_length=40)], Meta(description="A number, or a text such as 1.5GiB.")]
Span = Annotated[Duration, Meta(ge=0, le=7 * 86400)]

Target = Literal["node", "pod", "row"]
Operator = Literal[">", ">=", "<", "<="]
Origin = Literal["user", "starter", "file"]

LEAST_REPEAT = 300.0
"""Seconds between two reminders at least."""
MOST_WINDOW = 3600.0
"""Seconds a window may have: as much as is kept of a column for judging it."""


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further severity of the same rule; what is not said is as in the rule itself."""

    severity: Severity
    threshold: Limit | None = None
    clear_threshold: Limit | None = None
    parameters: dict[str, Any] | None = None
    for_seconds: Span | None = None


class RuleFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user says."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    enabled: bool = True
    target: Target = "node"
    """node: a figure of a node as a whole. pod: pods or other workloads, or their containers. row: any table's rows."""
    metric: Annotated[str, Meta(max_length=130)] = ""
    """A friendly name such as cpu, memory, network, disk, or `table.column`; not needed by `absent`."""
    value: Literal["auto", "rate", "level"] = "auto"
    """What of a counter is judged; auto: its rate per second."""
    node: Globs = "*"
    namespace: Globs = "*"
    owner: Globs = "*"
    """`KIND/NAME`, e.g. `Deployment/web`."""
    pod: Globs = "*"
    container: Globs = "*"
    labels: Annotated[dict[str, Globs], Meta(max_length=20)] = {}
    """Label -> globs its value must match."""
    where: Annotated[dict[str, Globs], Meta(max_length=20)] = {}
    """Key or info column -> globs its text must match."""
    window: Literal["last", "avg", "min", "max"] = "last"
    window_seconds: Annotated[Duration, Meta(ge=0, le=MOST_WINDOW)] = 0.0
    condition: Annotated[str, Meta(max_length=63)] = "threshold"
    operator: Operator = ">"
    threshold: Limit | None = None
    clear_threshold: Limit | None = None
    """An alert is over only beyond this; unset: the threshold itself."""
    parameters: dict[str, Any] = {}
    """Of other conditions than `threshold`."""
    severity: Severity = Severity.WARNING
    levels: Annotated[list[Level], Meta(max_length=2)] = []
    for_seconds: Span = 0.0
    """How long it must hold without a break before it fires."""
    keep_firing_seconds: Span = 0.0
    """How long after it held last an alert goes on."""
    no_data: Literal["keep", "ok", "alert"] = "keep"
    """What a value that is not known counts as: as it was, as if all were well, or as breaching."""
    repeat_seconds: Annotated[Duration, Meta(ge=0, le=7 * 86400)] = 4 * 3600.0
    """Time between two reminders of what still fires; 0: none."""
    channels: Annotated[list[Text], Meta(max_length=20)] | None = None
    """Names of the channels that are told; unset: all there are."""
    group_by: Annotated[list[Text], Meta(max_length=5)] = []
    """Columns, or `node`, by whose values messages are kept apart; all alerts of a rule are one message otherwise."""
    mention: Text = ""
    """Whom to call, in the words of the service."""
    about: Annotated[str, Meta(max_length=1000)] = ""
    """Why the rule is as it is, for those who read it."""
    note: Annotated[str, Meta(max_length=2000)] = ""
    """What is said in every message."""
    runbook: Annotated[str, Meta(max_length=1000)] = ""
    """http(s) address of what to do."""


class Rule(RuleFields, frozen=True, kw_only=True):
    """A rule as it is kept. A value; a change makes another one."""

    id: str
    origin: Origin = "user"
    source: str = ""
    """The file it is from."""
    created: float = 0.0
    changed: float = 0.0
    judged: float = 0.0
    """When anything of what is judged was changed last: lanes from before that begin anew."""
    by: str = ""
    """Who changed it last."""

    @property
    def read_only(self) -> bool:
        """Whether it can only be changed where it is written."""
        return self.origin == "file"

    def fields(self) -> RuleFields:
        """What the user said."""
        return RuleFields(**{name: getattr(self, name) for name in RuleFields.__struct_fields__})


_TOLD = frozenset({"name", "mention", "note", "about", "runbook", "channels", "group_by", "repeat_seconds", "enabled"})
"""Fields that change who is told what, and nothing of what is judged."""


def judged_alike(one: Rule, other: Rule) -> bool:
    """Whether both fire at the same moments."""
    return all(getattr(one, name) == getattr(other, name) for name in RuleFields.__struct_fields__ if name not in _TOLD)
