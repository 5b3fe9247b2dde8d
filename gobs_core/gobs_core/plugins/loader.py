"""Loading plugins from the entry points of the groups `gobs` and `gobs.server`, each in its own try.

A broken one costs no other. What is in `gobs.server` is for servers alone: an agent does not even import it.

Own code, because pluggy's loader stops at the first broken entry point and one raising hook aborts the whole call.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

import pluggy

from gobs_core import hookspecs
from gobs_core.errors import DeclarationError
from gobs_core.plugin import Plugin
from gobs_core.plugins.checks import announced, check_class
from gobs_core.plugins.conflicts import without_conflicts
from gobs_core.plugins.installed import Dist
from gobs_core.plugins.installed import silent as silent_distributions
from gobs_core.plugins.origin import EntryPointLike, Origin, installed, origin_of, sort
from gobs_core.plugins.pins import Allowed
from gobs_core.plugins.registry import CONTRACTS, GROUP, SERVER_GROUP, SERVER_KINDS, Contract, Plugins, freeze
from gobs_core.state import MAX_TRACE, PluginState
from gobs_core.text import one_line

GROUPS = (GROUP, SERVER_GROUP)


_SILENT = f"it is installed, and has no entry point of the group `{GROUP}`, so nobody can find a plugin in it"
_MISPLACED = "no agent looks into the group {group!r}, and this is a {kind}: announce it in the group {other!r}"


class Found(NamedTuple):
    """One class that keeps its contract."""

    contract: Contract
    cls: type[Plugin]
    origin: Origin

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.cls.name


def load_plugins(
    entry_points: Iterable[EntryPointLike] | None = None,
    *,
    allow: Collection[str] | None = None,
    deny: Collection[str] = (),
    server: bool = True,
    first: Callable[[EntryPointLike], None] = lambda _: None,
    silent: Iterable[Dist] | None = None,
) -> Plugins:
    """Load every plugin that is installed, allowed and not denied; never raises because of one of them.

    `allow` and `deny` hold names of entry points or of plugins; None allows all. An entry point that is denied, or not
    allowed while every allowed name is an entry point's, is not even imported; without `server`, neither is one of the
    group `gobs.server`. `allow` may ask for a version and a hash as well, as `pins` says; raises ValueError for a line
    that says neither.
    `silent` are distributions that should have an entry point and have none; found where entry points are not given.
    `first` is called with each entry point that is about to be imported; where it raises, that is not done.
    """
    points = installed(*GROUPS) if entry_points is None else sort(entry_points)
    silent = silent_distributions() if entry_points is None and silent is None else silent or ()
    names = frozenset(point.name for point in points)
    points = tuple(point for point in points if server or not _is_servers(point))
    allowed = Allowed(allow, names)
    found: list[Found] = []
    failed: list[PluginState] = []
    for point in points:
        origin = origin_of(point)
        if point.name in deny or not allowed.imports(point.name):
            failed.append(_off("plugin", point.name, origin, denied=point.name in deny))
            continue
        if fault := allowed.fault(point):
            failed.append(_broken("plugin", point.name, origin, fault))
            continue
        for item in _load(point, origin, failed, first):
            denied = item.name in deny
            if denied or not allowed.has(point.name, item.name):
                failed.append(_off(item.contract.kind, item.name, origin, denied=denied))
            else:
                found.append(item)
    failed += [_broken("plugin", dist.name, Origin("", dist.name, dist.version), _SILENT) for dist in silent]
    called = {item.name for item in found} | {state.name for state in failed}
    failed += [_broken("plugin", pin.name, Origin(""), why) for pin, why in allowed.unmatched(called)]
    return _collect(found, failed, entry_points=names, server=server)


def _load(
    point: EntryPointLike, origin: Origin, failed: list[PluginState], first: Callable[[EntryPointLike], None]
) -> list[Found]:
    found: list[Found] = []
    try:
        manager = pluggy.PluginManager("gobs")
        manager.add_hookspecs(hookspecs)
        first(point)
        plugin = point.load()
        manager.register(plugin, name=point.name)
        manager.check_pending()
        if not manager.get_hookcallers(plugin):
            raise DeclarationError(f"{point.value} implements no hook; mark one with @hookimpl")
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a stranger's module raises is its own failure
        failed.append(_raised("plugin", point.name, origin, error))
        return found
    for contract in CONTRACTS:
        try:
            results = getattr(manager.hook, contract.hook)()
            classes = [cls for result in results for cls in announced(contract, result)]
        except (Exception, SystemExit) as error:  # noqa: BLE001  as above
            failed.append(_raised("plugin", point.name, origin, error))
            continue
        for cls in classes:
            try:
                if _is_servers(point) and contract.kind not in SERVER_KINDS:
                    raise DeclarationError(_MISPLACED.format(group=SERVER_GROUP, kind=contract.kind, other=GROUP))
                found.append(Found(contract, check_class(contract, cls), origin))
            except (Exception, SystemExit) as error:  # noqa: BLE001  as above
                name = getattr(cls, "name", None)
                shown = name if isinstance(name, str) and name else getattr(cls, "__qualname__", point.name)
                failed.append(_raised(contract.kind, str(shown), origin, error))
    return found


def _is_servers(point: EntryPointLike) -> bool:
    return getattr(point, "group", GROUP) == SERVER_GROUP


def _collect(found: list[Found], failed: list[PluginState], **rest: Any) -> Plugins:
    good, conflicts = without_conflicts([(item.contract.kind, item.cls, item.origin) for item in found])
    classes: dict[str, dict[str, type[Plugin]]] = {}
    for kind, cls, _ in good:
        classes.setdefault(kind, {})[cls.name] = cls
    failed += [_broken(kind, cls.name, origin, reason) for kind, cls, origin, reason in conflicts]
    origins = {(kind, cls.name): origin for kind, cls, origin in good}
    return freeze(classes, origins=origins, failed=tuple(failed), **rest)


def _broken(kind: str, name: str, origin: Origin, error: str, trace: str = "") -> PluginState:
    where = origin.distribution, origin.version
    return PluginState(
        kind=kind, name=name, distribution=where[0], version=where[1], state="broken", error=error, trace=trace
    )


def _raised(kind: str, name: str, origin: Origin, error: BaseException) -> PluginState:
    """Broken by what it raised: in one line, with the traceback beside it."""
    trace = "".join(traceback.format_exception(error))
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:  # noqa: BLE001  an error of a stranger may be unable to say even that
        text = "it cannot be told"
    ours = isinstance(error, DeclarationError)  # whose other lines are what was printed
    line = one_line(text.strip().partition("\n")[0] if ours else " ".join(text.split()))
    own = type(error).__name__
    return _broken(kind, name, origin, line if ours else f"{own}: {line}" if line else own, trace[-MAX_TRACE:])


def _off(kind: str, name: str, origin: Origin, *, denied: bool) -> PluginState:
    error = "named in [plugins] deny" if denied else "not named in [plugins] allow"
    return PluginState(
        kind=kind, name=name, distribution=origin.distribution, version=origin.version, state="off", error=error
    )
