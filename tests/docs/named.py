"""Finds the tests that a page names."""

from __future__ import annotations

import ast

from tests.support.house import ROOT


def named_tests(path: str) -> set[str]:
    """Return the names of the tests in a file of the repository; none where there is no such file."""
    if not (ROOT / path).is_file():
        return set()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name for node in functions if node.name.startswith("test_")}
