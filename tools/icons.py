"""`python -m tools.icons`: draw the studio's icons, a brush stroke of the bundled artwork."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfnst import assets, images

FOLDER = Path(__file__).parents[1] / "web"
GROUND = np.array([20, 22, 27], np.float32) / 255  # of the page


def icon(side: int) -> np.ndarray:
    """A disc of the artwork in the middle of the page's colour, (side, side, 3) in [0, 1].

    What is within 40 % of the middle is kept by every mask that a launcher may lay over it.
    """
    size = 4 * side  # drawn larger, so that the disc's edge is smooth
    artwork = images.load(assets.artwork("swirl")).rgb
    edge = min(artwork.shape[:2])
    painted = images.resize(artwork[:edge, :edge], size, size)
    across = (np.arange(size) + 0.5) / size - 0.5
    inside = (across[:, None] ** 2 + across**2 < 0.38**2)[..., None]
    return images.resize(np.where(inside, painted, GROUND).astype(np.float32), side, side)


def main() -> None:
    """Write both."""
    for side in (192, 512):
        images.save(FOLDER / f"icon-{side}.png", icon(side))


if __name__ == "__main__":
    main()
