"""Every photo in every style by either method, on one sheet, with the distances reached."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from tfnst import images
from tfnst.features import vgg
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer


def tile(picture: np.ndarray, size: int) -> np.ndarray:
    """A picture in the middle of a white square."""
    square = np.ones((size, size, 3), np.float32)
    height, width, _ = picture.shape
    small = images.resize(picture, *images.fitted(height, width, size))
    top, left = (size - small.shape[0]) // 2, (size - small.shape[1]) // 2
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return square


def main() -> None:
    """Write the sheet and print a line a picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--styles", type=Path, nargs="+", required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--strength", type=float, default=0.5)
    parser.add_argument("--method", default="statistics", help="or neighbours")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    settings = Settings(size=options.size, strength=options.strength, method=options.method)
    network = vgg.FeatureExtractor("vgg19-lite", settings.layers)
    photos = [images.load(file, options.size, upscale=True).rgb for file in options.photos]
    rows = [
        [
            np.ones((options.size, options.size, 3), np.float32),
            *(tile(p, options.size) for p in photos),
        ]
    ]
    for style_file in options.styles:
        style = images.load(style_file, 1024).rgb
        row = [tile(style, options.size)]
        for photo, photo_file in zip(photos, options.photos, strict=True):
            painting = StyleTransfer(photo, [style], settings, network=network)
            *_, last = painting.run(every=1000)
            row.append(tile(painting.picture(), options.size))
            print(
                f"{photo_file.stem} {style_file.stem} content {last.content_distance:.3f} "
                f"style {last.style_loss:.4f} weight {last.content_weight:.3f}",
                flush=True,
            )
        rows.append(row)
        images.save(options.output, np.concatenate([np.concatenate(r, 1) for r in rows]))


if __name__ == "__main__":
    main()
