"""Writes every generated block anew; with --check, says which pages are out of date and changes nothing."""

from __future__ import annotations

import argparse
import sys

from scripts.docs.pages import pages, written
from scripts.docs.source import ROOT


def main() -> int:
    """Return 1 when --check found a page that is out of date."""
    parser = argparse.ArgumentParser(prog="python -m scripts.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a page is out of date")
    check = parser.parse_args().check
    stale = 0
    for page in pages():
        text = written(page)
        if text != page.read_text(encoding="utf-8"):
            stale += 1
            print(f"{page.relative_to(ROOT)}: {'out of date; run `make docs`' if check else 'written'}")
            if not check:
                page.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
