"""Time and peak memory of one painting by the default settings, each size in a fresh process."""

from __future__ import annotations

import argparse
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
    sizes = parser.parse_args().sizes
    if len(sizes) > 1:  # The peak is that of a whole process.
        for size in sizes:
            command = [sys.executable, "-m", "benchmarks.painting", "--sizes", str(size)]
            subprocess.run(command, check=True)
        return
    photo = images.load(assets.photo(), sizes[0], upscale=True).rgb
    artwork = images.load(assets.artwork("swirl")).rgb
    began = time.perf_counter()
    stylize(photo, artwork, Settings(size=sizes[0]), network="vgg19-lite")
    seconds = time.perf_counter() - began
    print(f"painting, {sizes[0]} px, normal: {seconds:.1f} s, peak memory {peak_memory():.1f} GB")


if __name__ == "__main__":
    main()
