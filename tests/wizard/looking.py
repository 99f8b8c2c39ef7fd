"""What a person would see: axe-core's findings, the width, what is too small to press, and a
picture where one is asked for."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[1] / "journey" / "axe.min.js"
_SMALL = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((one) => !(one.matches("a") && getComputedStyle(one).display === "inline"))
  .map((one) => one.matches("[type=radio], [type=checkbox]")
    ? one.closest(".form-check, .choice") : one)
  .filter((one) => one && one.checkVisibility())
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => box.width > 1 && (box.width < 24 || box.height < 24))
  .map(([one, box]) => `${one.outerHTML.slice(0, 120)} ${box.width} x ${box.height}`)"""
"""Links in running text may be lower; so may what has a label to press beside it."""
SCREENS = {"phone": (390, 844), "desk": (1440, 900)}


def look(page: Page, screen: str, name: str) -> None:
    """Axe-core is run from outside the page's own policy, which would rightly refuse it."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    rules = "{resultTypes: ['violations']}"
    found = page.evaluate(f"axe.run(document, {rules}).then(result => result.violations)")
    serious = [
        (name, one["id"], [node["html"][:160] for node in one["nodes"]][:4])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}-{screen}.png", full_page=True)
    assert not serious, serious
    assert not (small := page.evaluate(_SMALL)), (name, small)
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], f"{name} is {widths[0]} px wide on a screen of {widths[1]} px"
