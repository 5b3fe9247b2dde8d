"""Waiting for what holds in a page and no locator can tell, and for news that come when a test wants them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from playwright.async_api import Page, Response, expect

SELDOM = 3600.0
"""Seconds between two polls on the pages of a server whose tests say themselves when news are wanted."""


async def holds(page: Page, expression: str, arg: object = None, seconds: float = 30.0) -> None:
    """Return as soon as an expression, or a function of `arg`, is true in the page; raises TimeoutError.

    It is asked from outside, again and again: `page.wait_for_function` asks from within, by `eval`, which our pages
    forbid.
    """
    async with asyncio.timeout(seconds):
        while not await page.evaluate(expression, arg):  # noqa: ASYNC110  what is waited for is the state of a page
            await asyncio.sleep(0.02)


async def news(page: Page, fragment: str = "/fragments/", status: int = 200, seconds: float = 30.0) -> None:
    """Let the page ask until such an answer has come and is shown; raises TimeoutError.

    A page asks for one thing at a time, so that a beat may be passed over: it is given again.
    """
    there = asyncio.Event()

    def note(response: Response) -> None:
        if fragment in response.url and response.status == status:
            there.set()

    page.on("response", note)
    try:
        async with asyncio.timeout(seconds):
            while not there.is_set():
                await page.evaluate("document.body.dispatchEvent(new Event('gobs:tick'))")
                with suppress(TimeoutError):
                    await asyncio.wait_for(there.wait(), 1)
    finally:
        page.remove_listener("response", note)
    await expect(page.locator(".htmx-request")).to_have_count(0)
