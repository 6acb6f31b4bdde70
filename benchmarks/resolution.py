"""Memory and time of a step at sizes from one piece to many tiles, each in a process of its own."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import numpy as np

from benchmarks.timing import peak_memory
from tfnst import assets, images
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer


def main() -> None:
    """Print a line a size: of one level, photo and artwork as large as the painting.

    The photo has sides of 3 : 2, as most cameras take them.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024, 2048, 4096])
    parser.add_argument("--steps", type=int, default=3, help="of which the first is not timed")
    arguments = parser.parse_args()
    sizes, steps = arguments.sizes, arguments.steps
    if len(sizes) > 1:  # The peak is that of a whole process.
        for size in sizes:
            options = ["--sizes", str(size), "--steps", str(steps)]
            subprocess.run([sys.executable, "-m", "benchmarks.resolution", *options], check=True)
        return
    size = sizes[0]
    photo = images.load(assets.photo(), size, upscale=True)
    photo = images.Picture(np.ascontiguousarray(photo.rgb[:, : size * 2 // 3]))
    artwork = images.load(assets.artwork("swirl"), size, upscale=True)
    settings = Settings(size=size, smallest=size, steps=(steps,))
    painting = StyleTransfer(photo, artwork, settings, network="vgg19-lite")
    ends = [time.perf_counter() for _ in painting.run(every=1)]
    step = (ends[-1] - ends[0]) / (steps - 1)
    height, width, _ = photo.rgb.shape
    millions = height * width / 1e6
    print(
        f"a step at {width} x {height} px, {millions:.1f} million pixels, mean of {steps - 1}: "
        f"{step:.1f} s, {step / millions:.1f} s a million, peak memory {peak_memory():.2f} GB"
    )


if __name__ == "__main__":
    main()
