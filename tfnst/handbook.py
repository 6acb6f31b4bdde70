"""What lies beside exported files for those who build with them: a README, Kotlin and Swift."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "assets" / "export"
PAGES = ("README.md", "StylePainter.kt", "StylePainter.swift")


def pages(card: Mapping[str, Any]) -> dict[str, str]:
    """The texts by their files' names, for the files that a card lists."""
    fixed = [each for each in card["files"] if each["size"].isdecimal()]
    # The one to begin with: of a fixed size, as all accelerators want it, the largest and plainest.
    first = max(fixed, key=lambda each: int(each["size"]), default=None)
    words = {
        "NAME": card["tfnst"],
        "COUNT": str(len(card["styles"]) - 1),
        "ROWS": str(len(card["styles"])),
        "FILES": _files(card),
        "STYLES": _styles(card),
        "FILE": first["file"] if first else "",
        "SIDE": first["size"] if first else "",
        "LICENSE": f"License: {card['license']}.\n" if "license" in card else "",
    }
    wanted = PAGES if first else PAGES[:1]
    return {name: _filled((TEMPLATES / name).read_text("utf-8"), words) for name in wanted}


def _filled(text: str, words: Mapping[str, str]) -> str:
    """The text with its @WORDS@; not `string.Template`, whose $ is Kotlin's own."""
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text


def _files(card: Mapping[str, Any]) -> str:
    rows = [
        "| file | input | kB | PSNR to Keras | one pass here |",
        "| --- | --- | --- | --- | --- |",
    ]
    for each in card["files"]:
        side = each["size"]
        size = f"{side} × {side}" if side.isdecimal() else "any, of multiples of 4"
        took = "" if each["milliseconds"] is None else f"{each['milliseconds']} ms"
        mark = ", experimental" if each["file"] in card["experimental"] else ""
        kilobytes = round(each["bytes"] / 1000)
        rows.append(f"| {each['file']}{mark} | {size} | {kilobytes} | {each['psnr']} dB | {took} |")
    return "\n".join(rows)


def _styles(card: Mapping[str, Any]) -> str:
    artworks = card.get("artworks", {})
    lines = ["0. photo: the photo itself, for strength"]
    for number, name in enumerate(card["styles"][1:], 1):
        work = artworks.get(name)
        told = f": {work['artist']}, *{work['title']}*, {work['year']}" if work else ""
        lines.append(f"{number}. {name}{told}")
    return "\n".join(lines)
