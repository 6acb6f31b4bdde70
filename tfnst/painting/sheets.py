"""Sheets of one photo in all styles of a network."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from tfnst import images
from tfnst.images.figures import show
from tfnst.painting.painters import Painter


def contact_sheet(painter: Painter, photo: str | Path, size: int = 384) -> Figure:
    """A photo's file in every style that a network knows."""
    picture = images.load(photo, size).rgb
    painted = {name: painter.stylize(picture, name) for name in painter.styles}
    return show({"photo": picture, **painted}, columns=6)
