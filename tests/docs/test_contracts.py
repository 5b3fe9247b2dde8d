"""Each contract has a page of its own, with every method, attribute and type it deals with, as the code says."""

from __future__ import annotations

import inspect

import pytest

import gobs_core
from gobs_core import Plugin, testing
from gobs_core.plugins.registry import CONTRACTS, Contract
from scripts.docs.contracts import PAGES
from scripts.docs.source import signature
from tests.docs.markdown import page


def public(cls: type) -> list[str]:
    return [
        name for name, value in vars(cls).items()
        if inspect.isfunction(value) and value.__qualname__ == f"{cls.__name__}.{name}" and not name.startswith("_")
    ]  # fmt: skip


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.kind)
def test_every_method_stands_there_with_its_exact_signature_and_what_it_promises(contract: Contract) -> None:
    text = page(f"docs/contract-{contract.kind}.md").text
    for cls in (contract.base, *(getattr(gobs_core, name) for name in PAGES[contract.kind].more)):
        for name in public(cls):
            method = getattr(cls, name)
            assert f"\n{signature(method)}\n" in text, f"{cls.__name__}.{name}"
            for line in (inspect.getdoc(method) or "").splitlines():
                assert line in text
        for line in (inspect.getdoc(cls) or "").splitlines():
            assert line in text, cls.__name__
    assert f"`{contract.hook}`" in text
    check = getattr(testing, f"check_{contract.kind}")
    assert signature(check) in text
    assert (inspect.getdoc(check) or "").splitlines()[0] in text


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.kind)
def test_every_attribute_stands_there(contract: Contract) -> None:
    text = page(f"docs/contract-{contract.kind}.md").text
    for cls in (Plugin, contract.base, *(getattr(gobs_core, name) for name in PAGES[contract.kind].more)):
        for name in getattr(cls, "__annotations__", {}):
            if not name.startswith("_"):
                assert f"| `{name}` |" in text, f"{cls.__name__}.{name}"


def test_the_page_for_authors_leads_to_each() -> None:
    section = page("docs/plugins.md").section("Contracts")
    for contract in CONTRACTS:
        assert f"[{contract.base.__name__}](contract-{contract.kind}.md)" in section
    assert {contract.kind for contract in CONTRACTS} == set(PAGES)
