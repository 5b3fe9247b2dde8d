"""Reads what only the source tells: signatures as written, the text below an assignment, a whole file."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from gobs_core.kit.reference.markdown import fence

ROOT = Path(__file__).resolve().parents[2]


class Assignment(NamedTuple):
    """One name that is given a value or a type."""

    annotation: str
    value: str
    text: str
    """The text below it, in one line."""


@cache
def assignments(module: ModuleType, inside: str = "") -> dict[str, Assignment]:
    """Return the assignments of a module, or of a class in it, by name."""
    body: list[ast.stmt] = ast.parse(inspect.getsource(module)).body
    for name in filter(None, inside.split(".")):
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == name)
    found: dict[str, Assignment] = {}
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            value = ast.unparse(node.value) if node.value else ""
            found[node.target.id] = Assignment(ast.unparse(node.annotation), value, _text(after))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = Assignment("", ast.unparse(node.value), _text(after))
    return found


def signature(function: object) -> str:
    """Return `name(arguments) -> result` as it is written, `async` included."""
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]  # type: ignore[arg-type]
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        raise TypeError(f"{function!r} is no function")
    kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{kind} {node.name}({ast.unparse(node.args)}){returns}"


def first_line(thing: object) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def include(path: str) -> str:
    """Return a file of the repository as a block of code."""
    languages = {".py": "python", ".toml": "toml", ".proto": "text"}
    return fence(languages.get(Path(path).suffix, "text"), (ROOT / path).read_text(encoding="utf-8"))


def _text(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return " ".join(node.value.value.split())
    return ""
