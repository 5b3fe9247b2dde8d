"""A project to start from: which files a new plugin of each kind has, and what may be written in them."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from string import Template

from gobs_core.errors import UserError
from gobs_core.plugins import Plugins
from gobs_core.plugins.checks import OWN_TABLES
from gobs_core.plugins.registry import GROUP, SERVER_GROUP, SERVER_KINDS, plural
from gobs_core.suggest import did_you_mean

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
KINDS = ("collector", "sink", "notifier", "condition", "profiler")
"""The kinds of plugin that a project can be begun for."""
_SEE = {
    "collector": "`gobs collect $name --watch`\nprints its rows again and again, as the code is then: leave it open "
    "while you edit. Every node's page has a table `$name`\nwith its chart.",
    "sink": "It runs once it has a section in the settings file, `[sinks.$name]` with `path`.",
    "notifier": "It is a channel once it has a section in the server's settings file, or is made one on the pages.",
    "condition": "A rule chooses it by its name, in the editor of rules or as `condition` over REST.",
    "profiler": "The pages of nodes, workloads and processes offer it beside `perf`. The\nagent makes it anew for "
    "every recording, in a process that ends with it: what it is to remember longer belongs in a\nfile.",
}
_EDIT = {
    "collector": "Declare your table: `key` for what identifies a row for good, `counter` for what only grows, `gauge` "
    "for levels,\n`info` for text, `derived` for what follows from the others. Then read your file in `collect`. What "
    "is not known is\n`None`, never 0; rates are the server's business.",
    "sink": "Write your own `send`. It gets a frame with the raw values and the tables they belong to; it may wait for "
    "its peer\nas long as it likes, since its queue is its own.",
    "notifier": "Write your own `send`. It returns a `Receipt`, or raises `TryLater`, `Rejected` or `Unusable`; queue, "
    "order, rate and\nretries are not its business.",
    "condition": "Write your own `judge` and `describe`, and what a rule may set as fields of the parameters. `judge` "
    "is a plain function of\nits input: no file, no clock, no memory.",
    "profiler": "Write your own `record`. Start a child or ask a thread, tell how far you are, and put what was found "
    "together with\n`Stacks`. It may be cancelled at any moment.",
}


def new_project(kind: str, name: str, into: Path, plugins: Plugins) -> Path:
    """Write a project for a plugin of that kind and return its folder; raises UserError, and then nothing is left."""
    _check(kind, name, plugins)
    folder = into / f"gobs-plugin-{name.replace('_', '-')}"
    words = {
        "kind": kind,
        "name": name,
        "section": plural(kind),
        "group": f'"{SERVER_GROUP}"' if kind in SERVER_KINDS else GROUP,
        "project": folder.name,
        "module": f"gobs_{name}",
        "class_name": "".join(part.capitalize() for part in name.split("_")) + kind.capitalize(),
    }
    words |= {"see": Template(_SEE[kind]).substitute(words), "edit": Template(_EDIT[kind]).substitute(words)}
    files = {path: _template(source).substitute(words) for path, source in _sources(kind, name).items()}
    try:
        folder.mkdir(parents=True)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content, encoding="utf-8")
    except FileExistsError:
        raise UserError(f"{folder}: is there already; choose another name, or another folder with --into") from None
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be written: {error.strerror}") from None
    return folder


def _sources(kind: str, name: str) -> dict[str, str]:
    return {
        "pyproject.toml": "common/pyproject.toml",
        "README.md": "common/README.md",
        ".gitignore": "common/gitignore",
        ".github/workflows/test.yml": "common/test.yml",
        f"gobs_{name}.py": f"{kind}/plugin.py",
        f"tests/test_{name}.py": f"{kind}/test.py",
    }


def _template(source: str) -> Template:
    return Template(resources.files("gobs_core.kit").joinpath("templates", f"{source}.txt").read_text("utf-8"))


def _check(kind: str, name: str, plugins: Plugins) -> None:
    if kind not in KINDS:
        raise UserError(f"expected a kind of plugin, got {kind!r}{did_you_mean(kind, KINDS)}")
    if not NAME.match(name):
        meant = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_0123456789")[:40]
        hint = f"; did you mean {meant!r}?" if NAME.match(meant) else ""
        raise UserError(f"expected a name of lower-case letters, digits and _, at most 40, got {name!r}{hint}")
    taken = {name: plugins.origin(kind, name).distribution for name in plugins.of_kind(kind)}
    if kind == "collector":
        taken |= {
            table.name: plugins.origin("collector", cls.name).distribution
            for cls in plugins.collectors.values()
            for table in cls.tables
        }
        taken |= dict.fromkeys(OWN_TABLES, "gobs-core")
    if name in taken:
        raise UserError(f"{kind} {name!r}: the name is taken by {taken[name]}; choose another one")
