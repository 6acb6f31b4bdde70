"""Paint the artworks and save them: ``python -m tools.artworks [-o FOLDER] [--only NAME]``."""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tools.artworks import facets, mosaic, swirl, watercolor, waves, woodcut
from tools.artworks.fields import Array, Rng

ASSETS = Path(__file__).resolve().parents[2] / "tfnst" / "assets" / "artworks"

# A picture's place in this list is part of its random seed.
PAINTERS: dict[str, Callable[[int, Rng], Array]] = {
    "swirl": swirl.paint,
    "mosaic": mosaic.paint,
    "woodcut": woodcut.paint,
    "watercolor": watercolor.paint,
    "facets": facets.paint,
    "waves": waves.paint,
}


def artwork(name: str, size: int) -> Image.Image:
    """Paint one picture at twice ``size``, then scale its long side down to ``size``."""
    seed = 1000 + list(PAINTERS).index(name)
    picture = PAINTERS[name](2 * size, np.random.default_rng(seed))
    image = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    scale = size / max(image.size)
    width, height = (round(n * scale) for n in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def jpeg(image: Image.Image, limit: int = 218_000) -> bytes:
    """The best JPEG of ``image`` that keeps within ``limit`` bytes."""
    for quality in range(88, 70, -2):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True)
        if buffer.tell() <= limit:
            break
    return buffer.getvalue()


def main(argv: Sequence[str] | None = None) -> None:
    """Paint the artworks named on the command line, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tools.artworks", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=ASSETS, help="folder to write to")
    parser.add_argument("--only", choices=PAINTERS, action="append", help="paint just this one")
    parser.add_argument("--size", type=int, default=640, help="long side, in pixels")
    args = parser.parse_args(argv)
    args.output.mkdir(parents=True, exist_ok=True)
    for name in args.only or PAINTERS:
        began = time.perf_counter()
        data = jpeg(artwork(name, args.size))
        (args.output / f"{name}.jpg").write_bytes(data)
        print(f"{name}: {len(data) / 1000:.0f} kB, {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
