"""Expressions of derived columns: what is allowed computes as in Python, and nothing else gets through."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import DeclarationError
from gobs_core.expression import MAX_DEPTH, MAX_LENGTH, parse_expression

LEVELS = {"a": 3.0, "b": -2.5, "c": 0.125}
RATES = {"n": 7.0, "m": 0.5}

leaves = st.one_of(
    st.sampled_from(sorted(LEVELS)),
    st.sampled_from([f"rate({name})" for name in sorted(RATES)]),
    st.integers(0, 10**6).map(str),
    st.floats(0.001, 1e6).map(repr),
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner), st.builds("-({})".format, inner)
    ),
    max_leaves=12,
)


@given(expressions)
def test_an_expression_computes_what_python_would(text: str) -> None:
    parsed = parse_expression(text)
    names: dict[str, Any] = {**LEVELS, "rate": RATES.__getitem__, **{name: name for name in RATES}}
    try:
        expected = eval(text, {"__builtins__": {}}, names)
    except ZeroDivisionError:
        with pytest.raises(ZeroDivisionError):
            parsed.evaluate(LEVELS.__getitem__, RATES.__getitem__)
        return
    found = parsed.evaluate(LEVELS.__getitem__, RATES.__getitem__)
    assert found == expected or (math.isnan(found) and math.isnan(expected))


def test_it_tells_which_levels_and_rates_it_uses() -> None:
    parsed = parse_expression("100 * rate(busy) / (total - free) + -free")
    assert parsed.rates == {"busy"}
    assert parsed.levels == {"total", "free"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a +",
        "a ** b",
        "a // b",
        "a % b",
        "a if b else c",
        "a < b",
        "a and b",
        "not a",
        "+a",
        "~a",
        "'text'",
        "True",
        "None",
        "1j",
        "...",
        "a.b",
        "a[0]",
        "[a]",
        "f(a)",
        "rate(a + b)",
        "rate(1)",
        "rate(a, b)",
        "rate(name=a)",
        "rate()",
        "rate(*a)",
        "rate(rate(a))",
        "__import__('os')",
        "(lambda: 1)()",
        "a := 1",
        "(a := 1)",
        "a; b",
        "a\nb",
        "a = b",
        "yield a",
        "\0",
        "1 +" * 300 + "1",
        "(" * 300 + "a" + ")" * 300,
        "9" * 400,
        "1e999",
        "-" * (MAX_DEPTH + 2) + "a",
        "a" * (MAX_LENGTH + 1),
    ],
)
def test_nothing_else_is_allowed(text: str) -> None:
    with pytest.raises(DeclarationError, match="expression"):
        parse_expression(text)


@given(st.text(st.characters(), max_size=60))
def test_any_text_parses_or_raises_the_declared_error(text: str) -> None:
    try:
        parsed = parse_expression(text)
    except DeclarationError:
        return
    assert parsed.text == text


@given(st.text("ab()+-*/., rate01", max_size=40))
def test_any_text_that_looks_like_one_does_too(text: str) -> None:
    try:
        parse_expression(text).evaluate(lambda _: 1.0, lambda _: 2.0)
    except (DeclarationError, ZeroDivisionError, OverflowError):
        return


NESTED = [
    ("-", ""),
    ("+", ""),
    ("~", ""),
    ("not ", ""),
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("f(", ")"),
    ("rate(", ")"),
    ("a[", "]"),
    ("lambda: ", ""),
    ("a if a else ", ""),
    ("a**", ""),
    ("(a:=", ")"),
    ("f'{", "}'"),
    ("[*", "]"),
    ("(yield ", ")"),
    ("", ".a"),
    ("", "()"),
    ("", "[0]"),
    ("", " if a else a"),
    ("", " for a in a"),
    *(
        (before.format(op), after.format(op))
        for op in (
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "@",
            "**",
            "<<",
            ">>",
            "&",
            "|",
            "^",
            "<",
            "==",
            " and ",
            " or ",
            " in ",
        )
        for before, after in (("a{}", ""), ("", "{}a"), ("(a{}", ")"), ("(", "{}a)"))
    ),
]
"""How each kind of operator nests, to the left and to the right."""


@given(st.lists(st.sampled_from(NESTED), min_size=1, max_size=4), st.integers(1, MAX_LENGTH))
def test_any_nesting_of_any_operators_parses_or_raises_the_declared_error(
    kinds: list[tuple[str, str]], depth: int
) -> None:
    text = "a"
    for before, after in kinds:
        times = min(depth, max((MAX_LENGTH - len(text)) // len(before + after), 0))
        text = before * times + text + after * times
    try:
        parsed = parse_expression(text)
    except DeclarationError:
        return
    assert parsed.levels | parsed.rates == {"a"}


@pytest.mark.parametrize(("before", "after"), NESTED)
def test_each_operator_nested_as_deeply_as_fits_is_refused(before: str, after: str) -> None:
    times = (MAX_LENGTH - 1) // len(before + after)
    with pytest.raises(DeclarationError, match="expression"):
        parse_expression(before * times + "a" + after * times)


def test_an_error_shows_the_part_that_is_not_allowed_as_it_was_written() -> None:
    with pytest.raises(DeclarationError, match=r"uses 'b  %  c'; allowed are"):
        parse_expression("a + (b  %  c)")
