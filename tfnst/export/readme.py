"""What lies beside exported files for those who build with them: a README, Kotlin and Swift."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfnst.export.verification import PLAINEST, SAVED_MODEL

TEMPLATES = Path(__file__).parents[1] / "assets" / "export"
SNIPPETS = ("StylePainter.kt", "StylePainter.swift")


def pages(card: Mapping[str, Any]) -> dict[str, str]:
    """The texts by their files' names, for the files that a card lists."""
    styles = card.get("styles", [])
    plainest = min(card["files"], key=lambda entry: PLAINEST.index(entry["format"]))["format"]
    best = [entry for entry in card["files"] if entry["format"] == plainest]
    fixed = [entry for entry in best if entry["size"].isdecimal()]
    # The one to begin with: of a fixed size if there is one, as all accelerators want it.
    first = max(fixed, key=lambda entry: int(entry["size"]), default=best[0])
    words = {
        "NAME": card["tfnst"],
        "COUNT": str(len(styles) - 1),
        "ROWS": str(len(styles)),
        "FILES": _files(card),
        "STYLES": _styles(card),
        "FILE": first["file"],
        "SIDE": first["size"],
        "SMALLEST": str(card["smallest"]),
        "LAYERS": _layers(card),
        "LICENSE": _license(card),
        "STROKES": ', "stroke": strokes' if "stroke" in card["inputs"] else "",
    }
    chosen = {"README.md": "README.md" if styles else "FEATURES.md"}
    if fixed and styles:
        chosen |= {name: name for name in SNIPPETS}
    texts = {name: (TEMPLATES / file).read_text("utf-8") for name, file in chosen.items()}
    formats = {entry["format"] for entry in card["files"]}
    kept = {"SAVED": SAVED_MODEL in formats, "LITE": formats != {SAVED_MODEL}}
    kept["SNIPPETS"] = set(chosen) > {"README.md"}
    kept["STROKE"] = "stroke" in card["inputs"]
    kept["ONE SIZE"] = not kept["STROKE"]
    return {name: _filled(_parts(text, kept), words) for name, text in texts.items()}


def _parts(text: str, kept: Mapping[str, bool]) -> str:
    """The text with what is between lines @IF WORD@ and @END@ only where that is kept."""
    for word, keep in kept.items():
        part = re.compile(rf"@IF {word}@\n(.*?)@END@\n", re.DOTALL)
        text = part.sub(r"\1" if keep else "", text)
    return text


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
    anywhere = f"any from {card['smallest']} × {card['smallest']}, any batch"
    for entry in card["files"]:
        side = entry["size"]
        size = f"{side} × {side}" if side.isdecimal() else anywhere
        took = "" if entry["milliseconds"] is None else f"{entry['milliseconds']} ms"
        mark = ", experimental" if entry["file"] in card["experimental"] else ""
        kilobytes = round(entry["bytes"] / 1000)
        rows.append(
            f"| {entry['file']}{mark} | {size} | {kilobytes} | {entry['psnr']} dB | {took} |"
        )
    return "\n".join(rows)


def _layers(card: Mapping[str, Any]) -> str:
    rows = [f"| {name} | out | {card['outputs'][name]} |" for name in card.get("layers", ())]
    return "\n".join(rows)


def _license(card: Mapping[str, Any]) -> str:
    license = card.get("license") or "as its author says, who gave none to --license"
    return "\n\n".join([f"License: {license}.", *filter(None, [card.get("credits")])])


def _styles(card: Mapping[str, Any]) -> str:
    artworks = card.get("artworks", {})
    lines = ["0. photo: the photo itself, for strength"]
    for number, name in enumerate(card.get("styles", ())[1:], 1):
        work = artworks.get(name)
        credit = f": {work['artist']}, *{work['title']}*, {work['year']}" if work else ""
        lines.append(f"{number}. {name}{credit}")
    return "\n".join(lines)
