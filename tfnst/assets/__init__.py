"""The files that ship with tfnst: a feature network, and sample pictures drawn by its own code."""

from __future__ import annotations

import csv
from pathlib import Path

ARTWORKS = Path(__file__).parent / "artworks"
NETWORKS = {"gallery": Path(__file__).parent / "gallery.npz"}  # networks of styles, by name
ANY_NETWORKS = {"any": Path(__file__).parent / "any_style.npz"}  # those for any artwork
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


# For the cards of exports: licence and credits of the networks that ship.
ABOUT = {
    "gallery": {
        "license": "Apache-2.0",
        "credits": "Trained by tfnst after paintings and prints in the public domain, on "
        "photos of public collections (tfnst/assets/gallery.md), by losses through VGG-19-lite, "
        "which was distilled from the compact VGG-19 of Wang et al., CVPR 2020 (MIT).",
    },
    "vgg19-lite": {
        "license": "Apache-2.0",
        "credits": "Distilled by tfnst distill from the compact VGG-19 of Wang et al., "
        "Collaborative Distillation for Ultra-Resolution Universal Style Transfer, CVPR 2020, MIT, "
        "Copyright (c) 2020 Huan Wang (tfnst/assets/vgg19_lite.md).",
    },
    "vgg19": {
        "license": "CC-BY-4.0",
        "credits": "VGG-19 by Simonyan and Zisserman, Visual Geometry Group, University of Oxford, "
        "arXiv:1409.1556, trained on ImageNet.",
    },
}


def gallery() -> dict[str, dict[str, str]]:
    """Title, artist and year of the artworks that the gallery network has learnt, by style."""
    with open(Path(__file__).parent / "gallery.csv", encoding="utf-8", newline="") as file:
        return {row.pop("style"): row for row in csv.DictReader(file)}
