"""Waiting for what holds in a page and no locator can tell."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page


async def holds(page: Page, expression: str, arg: object = None, seconds: float = 30.0) -> None:
    """Return as soon as an expression, or a function of `arg`, is true in the page; raises TimeoutError.

    It is asked from outside, again and again: `page.wait_for_function` asks from within, by `eval`, which our pages
    forbid.
    """
    async with asyncio.timeout(seconds):
        while not await page.evaluate(expression, arg):  # noqa: ASYNC110  what is waited for is the state of a page
            await asyncio.sleep(0.02)
