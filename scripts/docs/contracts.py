"""Writes the page of each contract: what holds, every method in full, what it is given, how it is checked."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import gobs_core
from gobs_core import Plugin, testing
from gobs_core.kit.reference.markdown import code, fence, table
from gobs_core.plugins.placing import APART, INSIDE
from gobs_core.plugins.registry import CONTRACTS, Contract
from scripts.docs.source import assignments, first_line, signature


class Told(NamedTuple):
    """What stands on the page of a kind, besides its own contract."""

    more: tuple[str, ...]
    """What it deals with, by its name in the plugin API."""
    raises: tuple[str, ...] = ()


PAGES = {
    "collector": Told(
        ("CollectorConfig", "Inspector", "Context", "Proc", "Rows"), ("NoData", "Missing", "Forbidden", "Gone")
    ),
    "sink": Told(("SinkConfig", "Source", "Frame", "Reading", "PluginState"), ("NoData",)),
    "inventory": Told(("Report", "WorkloadInfo", "ContainerInfo"), ("NoData",)),
    "profiler": Told(
        ("ProfilerConfig", "ProfileOrder", "ProfileTarget", "ProfileProcesses", "ProfileProgress", "Stacks", "Profile"),
        ("ProfileFailed", "NoData"),
    ),
    "condition": Told(("ConditionParameters", "Sample")),
    "notifier": Told(
        ("NotifierConfig", "Channel", "Notification", "AlertState", "Event", "Severity", "Receipt"),
        ("TryLater", "Rejected", "Unusable"),
    ),
}


def contract(kind: str) -> str:
    """Return all of the page of a kind but its heading."""
    found = next(one for one in CONTRACTS if one.kind == kind)
    told, check = PAGES[kind], getattr(testing, f"check_{kind}")
    parts = [
        inspect.getdoc(sys.modules[found.base.__module__]) or "",
        _where(found),
        "## The class",
        *_class(found.base),
        "## What it deals with",
        *(part for name in told.more for part in _class(getattr(gobs_core, name), "###")),
    ]
    if told.raises:
        rows = ((code(name), first_line(getattr(gobs_core, name))) for name in told.raises)
        parts += ["## What it may raise", table(("error", "what it says"), rows)]
    parts += [
        "## How it is checked",
        fence("text", f"from gobs_core.testing import check_{kind}\n\n{signature(check)}"),
    ]
    parts.append(inspect.getdoc(check) or "")
    return "\n\n".join(parts)


def contracts() -> str:
    """Return the list of the pages."""
    return "\n".join(
        f"- [{one.base.__name__}](contract-{one.kind}.md): {first_line(one.base)[0].lower()}{first_line(one.base)[1:]}"
        for one in CONTRACTS
    )


def _where(found: Contract) -> str:
    place = {"thread": "a thread of the agent", "loop": "the program's event loop"}[INSIDE[found.kind]]
    apart = " One of others runs in a worker, a process of its own." if found.kind in APART else ""
    return (
        f"Announced by `{found.hook}`, set in `[{found.section}.<name>]`. One that came with Gobservability runs in"
        f" {place}.{apart}"
    )


def _class(cls: type, heading: str = "") -> Iterator[str]:
    """A class: what it says of itself, what it has, and what each method promises."""
    module = sys.modules[cls.__module__]
    if heading:
        yield f"{heading} {cls.__name__}"
    yield inspect.getdoc(cls) or ""
    rows = list(_attributes(cls, module))
    if rows:
        yield table(("attribute", "type", "default", "what it is"), rows)
    for method in _methods(cls):
        yield fence("text", signature(method))
        if method.__doc__:
            yield inspect.getdoc(method) or ""


def _attributes(cls: type, module: ModuleType) -> Iterator[tuple[str, ...]]:
    own = assignments(module, cls.__name__)
    base = assignments(sys.modules[Plugin.__module__], Plugin.__name__) if issubclass(cls, Plugin) else {}
    for name, told in {**base, **own}.items():
        if not name.startswith("_"):
            yield code(name), code(told.annotation), code(told.value), told.text or base.get(name, told).text


def _methods(cls: type) -> list[Callable[..., Any]]:
    written = inspect.getsourcefile(cls)
    found = [value for value in vars(cls).values() if inspect.isfunction(value)]
    found = [one for one in found if one.__code__.co_filename == written and one.__qualname__.startswith(cls.__name__)]
    return [one for one in found if one.__name__ == "__init__" or not one.__name__.startswith("_")]
