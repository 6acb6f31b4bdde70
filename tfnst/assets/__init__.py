"""The files that ship with tfnst: a feature network, and sample pictures drawn by its own code."""

from __future__ import annotations

import csv
from pathlib import Path

ARTWORKS = Path(__file__).parent / "artworks"
PRESETS = {"gallery": Path(__file__).parent / "gallery.npz"}  # networks, by name
NAMES = tuple(sorted(file.stem for file in ARTWORKS.glob("*.jpg")))


def artwork(name: str) -> Path:
    """The file of a bundled artwork; ValueError names those there are."""
    if name not in NAMES:
        raise ValueError(f"artwork {name!r} is unknown; use one of {', '.join(NAMES)}")
    return ARTWORKS / f"{name}.jpg"


def photo() -> Path:
    """A portrait of Grace Hopper (United States Navy, public domain), from matplotlib's samples."""
    import matplotlib  # here: it takes longer than a painting by LiteRT

    return Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"


def gallery() -> dict[str, dict[str, str]]:
    """Title, artist and year of the artworks that the gallery network has learnt, by style."""
    with open(Path(__file__).parent / "gallery.csv", encoding="utf-8", newline="") as file:
        return {row.pop("style"): row for row in csv.DictReader(file)}
