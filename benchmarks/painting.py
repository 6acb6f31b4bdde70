"""Time and peak memory of the first painting of a process, of each size and method in its own."""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import time

from benchmarks.timing import peak_memory
from tfnst import assets, images
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import stylize


def main() -> None:
    """Print a line a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--methods", nargs="+", default=["statistics", "neighbours"])
    arguments = parser.parse_args()
    sizes, methods = arguments.sizes, arguments.methods
    if len(sizes) * len(methods) > 1:  # The peak is that of a whole process.
        for size, method in itertools.product(sizes, methods):
            options = ["--sizes", str(size), "--methods", method]
            subprocess.run([sys.executable, "-m", "benchmarks.painting", *options], check=True)
        return
    photo = images.load(assets.photo(), sizes[0], upscale=True).rgb
    artwork = images.load(assets.artwork("swirl")).rgb
    began = time.perf_counter()
    settings = Settings(size=sizes[0], method=methods[0])
    stylize(photo, artwork, settings, network="vgg19-lite")
    seconds = time.perf_counter() - began
    print(
        f"painting, {sizes[0]} px, normal, {methods[0]}: {seconds:.1f} s, "
        f"peak memory {peak_memory():.1f} GB"
    )


if __name__ == "__main__":
    main()
