"""What one has to scroll sideways for, where nothing should be."""

from __future__ import annotations

ASIDE = """() => [...document.querySelectorAll("main .scroll, main :is(button, summary, input, select)")]
  .filter((one) => one.checkVisibility())
  .filter((one) => one.matches(".scroll") ? one.scrollWidth > one.clientWidth
    : one.getBoundingClientRect().left < 0 || one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML.slice(0, 160))"""
