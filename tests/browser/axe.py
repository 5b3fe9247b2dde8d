"""What axe-core finds in a page, in either theme."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.async_api import Page

from scripts.frontend import modules

ALIKE = "tbody tr:nth-child(n + 5), .card:nth-child(n + 5)"
"""What looks like its neighbours, and would only take time, even where it is excluded: it is put back afterwards."""
RUN = """async ([alike, rules]) => {
  const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
  const away = [...document.querySelectorAll(alike)].map((one) => [one, document.createComment("")]);
  for (const [one, place] of away) one.replaceWith(place);
  try {
    return (await axe.run(document, only)).violations;
  } finally {
    for (const [one, place] of away) place.replaceWith(one);
  }
}"""


@cache
def whole() -> str:
    """Return axe-core, to be run in a page; it is no part of what is served."""
    return (modules() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


async def check(page: Page) -> None:
    """Raise AssertionError with what axe finds: in the dark theme all it knows, in the light one of colours."""
    await page.evaluate(whole())
    for theme, rules in (("dark", []), ("light", ["color-contrast"])):
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        found: list[dict[str, Any]] = await page.evaluate(RUN, [ALIKE, rules])
        faults = [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found]
        if faults:
            raise AssertionError(f"in the {theme} theme: {faults}")
