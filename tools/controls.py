"""Pictures of the table of controls: one portrait, and what each control makes of it."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from tfnst import assets, images
from tfnst.images.color import keep_color, match_colors
from tfnst.images.masks import blended
from tfnst.images.subjects import subject_mask
from tfnst.networks import style_network
from tfnst.synthesis.regions import one_each
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer, stylize

SIZE = 384
SHOWN = 240
STYLE = "starry_night"


def main() -> None:
    """Paint them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", "-o", type=Path, default=Path("docs/controls"))
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    photo = images.load(assets.photo(), SIZE).rgb
    height, width, _ = photo.shape
    shape = images.fitted(height, width, SHOWN)
    for name, picture in {**in_one_pass(photo), **by_optimization(photo)}.items():
        images.save(folder / f"{name}.jpg", images.resize(picture, *shape))


def in_one_pass(photo: np.ndarray) -> dict[str, np.ndarray]:
    """By names of controls, what the gallery paints."""
    network = style_network.load_network("gallery")
    painted = network.stylize(photo, STYLE)
    swirl = images.load(assets.artwork("swirl"), 512).rgb
    return {
        "style": painted,
        "strength": network.stylize(photo, STYLE, strength=0.5),
        "stroke": network.stylize(photo, STYLE, stroke=1.0),
        "mixture": network.stylize(photo, {STYLE: 0.5, "great_wave": 0.5}),
        "keep_color": keep_color(photo, painted),
        "color_method": keep_color(photo, painted, "oklab"),
        "palette_from": match_colors(painted, swirl),
        "mask": blended(photo, painted, 1 - face(photo)),
        "subject": blended(photo, painted, 1 - subject_mask(photo)),
    }


def by_optimization(photo: np.ndarray) -> dict[str, np.ndarray]:
    """By names of controls, what is painted after bundled artworks."""
    woodcut, swirl = (images.load(assets.artwork(name)).rgb for name in ("woodcut", "swirl"))
    settings = Settings(size=SIZE)

    def painted(artworks: list[np.ndarray], settings: Settings, **options: object) -> np.ndarray:
        return stylize(photo, artworks, settings, network="vgg19-lite", **options)

    area = face(photo)
    regions = one_each([area, 1 - area], [woodcut, swirl], [None, None])
    painting = StyleTransfer(
        photo, [woodcut, swirl], settings, regions=regions, network="vgg19-lite"
    )
    for _ in painting.run():
        pass
    return {
        "regions": painting.picture(),
        "style_scale": painted([swirl], Settings(size=SIZE, style_scale=3.0)),
        "style_band": painted([woodcut, swirl], settings, style_bands=("fine", "coarse")),
    }


def face(photo: np.ndarray) -> np.ndarray:
    """1 where the face is, of the bundled portrait, with a soft edge."""
    height, width, _ = photo.shape
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot((columns / width - 0.47) / 0.25, (rows / height - 0.33) / 0.27)
    mask: np.ndarray = np.clip(5 * (1.1 - away), 0, 1).astype(np.float32)
    return mask


if __name__ == "__main__":
    main()
