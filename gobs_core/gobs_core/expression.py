"""The small safe language of derived columns: `+ - * /`, parentheses, numbers, columns of the row, and `rate(column)`.

An expression is parsed once where it is declared or received and evaluated by whoever holds the columns, with any type
that has the four operators: a float for one row, a numpy array for all rows at once. Division by zero is the
evaluator's business; it must end as "not known", never as an infinity.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from gobs_core.errors import DeclarationError

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)
MAX_LENGTH = 1024
MAX_DEPTH = 32
MAX_NUMBER = 1e300
MAX_SHOWN = 100
"""Characters of a part that is not allowed, in an error."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One parsed expression. Immutable; evaluating it never fails but through the operators of the values given."""

    text: str
    levels: frozenset[str]
    """Columns whose level it uses."""
    rates: frozenset[str]
    """Columns whose rate it uses."""

    def evaluate(self, level: Callable[[str], Any], rate: Callable[[str], Any]) -> Any:
        """Compute the value; `level` and `rate` look a column up by name."""
        return _program(self.text)(level, rate)


def parse_expression(text: str) -> Expression:
    """Parse `text`; raises DeclarationError that names the part that is not allowed."""
    if len(text) > MAX_LENGTH:
        raise DeclarationError(f"expression of {len(text)} characters, at most {MAX_LENGTH} are allowed")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DeclarationError(f"expression {text!r} is not valid: {str(error) or 'nested too deeply'}") from None
    levels: set[str] = set()
    rates: set[str] = set()
    _check(tree, text, levels, rates, 0)
    return Expression(text, frozenset(levels), frozenset(rates))


def _check(node: ast.expr, text: str, levels: set[str], rates: set[str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise DeclarationError(f"expression {text!r} is nested deeper than {MAX_DEPTH}")
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            _check(left, text, levels, rates, depth + 1)
            _check(right, text, levels, rates, depth + 1)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            _check(operand, text, levels, rates, depth + 1)
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and abs(value) <= MAX_NUMBER:
            pass
        case ast.Name(id=name):
            levels.add(name)
        case ast.Call(func=ast.Name(id="rate"), args=[ast.Name(id=name)], keywords=[]):
            rates.add(name)
        case _:
            raise DeclarationError(
                f"expression {text!r} uses {_source(node, text)!r}; "
                "allowed are + - * / ( ), numbers, columns and rate(column)"
            )


def _source(node: ast.expr, text: str) -> str:
    """The part of the text a node was made of, which may be nested too deeply to be written anew from the tree."""
    return (ast.get_source_segment(text, node) or text)[:MAX_SHOWN]


Lookup = Callable[[str], Any]


@lru_cache(maxsize=4096)
def _program(text: str) -> Callable[[Lookup, Lookup], Any]:
    """An expression that was checked, as one function: walking its tree takes many times longer than computing."""
    level, rate = (ast.arg(name) for name in ("level", "rate"))
    arguments = ast.arguments(posonlyargs=[], args=[level, rate], kwonlyargs=[], kw_defaults=[], defaults=[])
    tree = ast.Expression(ast.Lambda(arguments, _made(ast.parse(text, mode="eval").body)))
    code = compile(ast.fix_missing_locations(tree), "<expression>", "eval")
    # Nothing of the text is in it but numbers and strings: `_made` makes every other part of it.
    return cast("Callable[[Lookup, Lookup], Any]", eval(code, {"__builtins__": {}}))  # noqa: S307


def _made(node: ast.expr) -> ast.expr:
    """The same made anew, with a call of `level` or `rate` for each column; refuses what `_check` refuses."""
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return ast.BinOp(_made(left), type(op)(), _made(right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return ast.UnaryOp(ast.USub(), _made(operand))
        case ast.Constant(value=int() | float() as value):
            return ast.Constant(value)
        case ast.Name(id=name):
            return _call("level", name)
        case ast.Call(func=ast.Name(id="rate"), args=[ast.Name(id=name)], keywords=[]):
            return _call("rate", name)
    raise AssertionError(ast.dump(node))


def _call(lookup: str, column: str) -> ast.expr:
    return ast.Call(ast.Name(lookup, ast.Load()), [ast.Constant(column)], [])
