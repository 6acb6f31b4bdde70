"""The picture of the guide to control: one portrait, and what each control makes of it."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from tfnst import assets, images
from tfnst.images import figures
from tfnst.images.color import keep_color, match_colors
from tfnst.images.masks import blended
from tfnst.networks import style_network
from tfnst.synthesis.regions import one_each
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer, stylize

SIZE = 320


def main() -> None:
    """Paint the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", "-o", type=Path, default=Path("docs/controls.jpg"))
    output = parser.parse_args().output
    photo = images.load(assets.photo(), SIZE).rgb
    network = style_network.load_network("gallery")
    painted = network.stylize(photo, "starry_night")
    artworks = [images.load(assets.artwork(name)).rgb for name in ("woodcut", "swirl")]
    area = _oval(photo)
    pictures = {
        "photo": photo,
        "apply --style starry_night": painted,
        "--keep-color": keep_color(photo, painted),
        "--color-method oklab": keep_color(photo, painted, "oklab"),
        "--palette-from mosaic": match_colors(
            painted, images.load(assets.artwork("mosaic"), 512).rgb
        ),
        "--mask": blended(photo, painted, 1 - area),
        "stylize, two regions": _by_regions(photo, artworks, area),
        "fine of woodcut, coarse of swirl": stylize(
            photo,
            artworks,
            Settings(size=SIZE, strength=0.6),
            style_bands=("fine", "coarse"),
            network="vgg19-lite",
        ),
    }
    figures.write(figures.show(pictures), output)


def _oval(photo: np.ndarray) -> np.ndarray:
    """1 where the face is, of the bundled portrait, with a soft edge."""
    height, width, _ = photo.shape
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot((columns / width - 0.47) / 0.25, (rows / height - 0.33) / 0.27)
    mask: np.ndarray = np.clip(5 * (1.1 - away), 0, 1).astype(np.float32)
    return mask


def _by_regions(photo: np.ndarray, artworks: list[np.ndarray], area: np.ndarray) -> np.ndarray:
    regions = one_each([area, 1 - area], artworks, [None, None])
    painting = StyleTransfer(
        photo, artworks, Settings(size=SIZE), regions=regions, network="vgg19-lite"
    )
    for _ in painting.run():
        pass
    return painting.picture()


if __name__ == "__main__":
    main()
