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
        "COUNT": str(len(card.get("styles", ())) - 1),
        "ROWS": str(len(card.get("styles", ()))),
        "FILES": _files(card),
        "STYLES": _styles(card),
        "FILE": first["file"] if first else "",
        "SIDE": first["size"] if first else "",
        "LAYERS": _layers(card),
        "LICENSE": _license(card),
    }
    paints = "styles" in card
    wanted = PAGES if first and paints else PAGES[:1]
    pages = {name: _filled((TEMPLATES / name).read_text("utf-8"), words) for name in wanted}
    if not paints:
        pages["README.md"] = _filled((TEMPLATES / "FEATURES.md").read_text("utf-8"), words)
    return pages


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
    anywhere = f"any, of multiples of {card['multiple']}" if "multiple" in card else "any"
    for each in card["files"]:
        side = each["size"]
        size = f"{side} × {side}" if side.isdecimal() else anywhere
        took = "" if each["milliseconds"] is None else f"{each['milliseconds']} ms"
        mark = ", experimental" if each["file"] in card["experimental"] else ""
        kilobytes = round(each["bytes"] / 1000)
        rows.append(f"| {each['file']}{mark} | {size} | {kilobytes} | {each['psnr']} dB | {took} |")
    return "\n".join(rows)


def _layers(card: Mapping[str, Any]) -> str:
    told = [f"| {name} | out | {card['outputs'][name]} |" for name in card.get("layers", ())]
    return "\n".join(told)


def _license(card: Mapping[str, Any]) -> str:
    told = [f"License: {card['license']}."] if card.get("license") else []
    return "\n\n".join([*told, *([card["credits"]] if card.get("credits") else [])])


def _styles(card: Mapping[str, Any]) -> str:
    artworks = card.get("artworks", {})
    lines = ["0. photo: the photo itself, for strength"]
    for number, name in enumerate(card.get("styles", ())[1:], 1):
        work = artworks.get(name)
        told = f": {work['artist']}, *{work['title']}*, {work['year']}" if work else ""
        lines.append(f"{number}. {name}{told}")
    return "\n".join(lines)
