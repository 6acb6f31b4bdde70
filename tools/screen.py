"""`python -m tools.screen FILE`: draw a screen of an app that does not exist, to be restyled."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfnst import images

WIDTH, HEIGHT = 720, 1280
PAPER, CARD, INK, PALE = "#f6f7fb", "#ffffff", "#1b2030", "#697086"
BLUE, GREEN, ROSE, SAND = "#3f63d8", "#2f9e77", "#d9546b", "#e0a63c"
WALKS = (
    ("Harbour walk", "6.2 km along the quay", BLUE),
    ("Old town loop", "4.8 km, bridges and towers", ROSE),
    ("Lake and forest", "11.5 km, some climbing", GREEN),
    ("Vineyard path", "8.0 km, best in autumn", SAND),
)


def screen() -> np.ndarray:
    """A list of walks with a search field, buttons and icons: (1280, 720, 3) in [0, 1]."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(picture)
    text(draw, 40, 34, "9:41", 26, INK)
    draw.rounded_rectangle((636, 40, 676, 58), 4, INK)
    text(draw, 40, 96, "Weekend walks", 54, INK)
    draw.rounded_rectangle((40, 186, 680, 256), 35, CARD, "#d5d9e6", 2)
    draw.ellipse((64, 206, 90, 232), None, PALE, 4)
    draw.line((87, 229, 98, 240), PALE, 5)
    text(draw, 118, 206, "Search places", 28, PALE)
    for place, (name, chosen) in enumerate((("Nearby", True), ("Saved", False), ("New", False))):
        left = 40 + 190 * place
        draw.rounded_rectangle((left, 282, left + 170, 338), 28, BLUE if chosen else "#e3e7f3")
        text(draw, left + 85, 310, name, 26, "white" if chosen else INK, "mm")
    for place, (name, note, color) in enumerate(WALKS):
        card(draw, 366 + 176 * place, name, note, color)
    draw.rounded_rectangle((40, 1082, 680, 1158), 38, GREEN)
    text(draw, 360, 1120, "Start a walk", 34, "white", "mm")
    draw.rectangle((0, 1186, WIDTH, HEIGHT), CARD)
    for place, name in enumerate(("Map", "Walks", "Friends", "Profile")):
        color = BLUE if name == "Walks" else PALE
        centre = 90 + 180 * place
        draw.ellipse((centre - 13, 1198, centre + 13, 1224), color)
        text(draw, centre, 1248, name, 24, color, "mm")
    return np.asarray(picture, np.float32) / 255


def card(draw: ImageDraw.ImageDraw, top: int, name: str, note: str, color: str) -> None:
    """A row of the list: hills in a frame, name, note and an arrow."""
    draw.rounded_rectangle((40, top, 680, top + 156), 24, CARD)
    draw.rounded_rectangle((60, top + 20, 176, top + 136), 18, color)
    draw.polygon([(72, top + 126), (110, top + 60), (140, top + 126)], "#ffffff")
    draw.polygon([(112, top + 126), (142, top + 84), (166, top + 126)], "#eef1f8")
    text(draw, 206, top + 34, name, 34, INK)
    text(draw, 206, top + 88, note, 26, PALE)
    draw.line([(636, top + 62), (652, top + 78), (636, top + 94)], PALE, 5)


def text(
    draw: ImageDraw.ImageDraw, x: int, y: int, words: str, size: int, color: str, anchor: str = "la"
) -> None:
    """Words in Pillow's own font."""
    draw.text((x, y), words, color, ImageFont.load_default(size), anchor)


def main() -> None:
    """Write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    images.save(parser.parse_args().file, screen())


if __name__ == "__main__":
    main()
