"""Textures by each method: time, peak memory, seam, and how nearly their statistics are matched."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import numpy as np

from benchmarks.timing import peak_memory
from tfnst import assets, images
from tfnst.images.periodic import seam
from tfnst.synthesis.texture import TextureSynthesis
from tfnst.synthesis.texture_settings import TextureMethod, TextureSettings

METHODS = get_args(TextureMethod)


def main() -> None:
    """Print a paragraph a method, each in a process of its own, for the peak is that of one."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", type=Path, nargs="+", default=[assets.artwork("mosaic")])
    options.add_argument("--source-size", type=int, default=256)
    options.add_argument("--size", type=int, default=256)
    options.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    options.add_argument("--output", type=Path, help="a folder for pictures, each by its source")
    arguments = options.parse_args()
    if len(arguments.methods) == 1:
        measure(arguments.methods[0], arguments)
        return
    command = [sys.executable, "-m", "benchmarks.texture", *sys.argv[1:], "--methods"]
    for method in arguments.methods:
        subprocess.run([*command, method], check=True)


def measure(method: TextureMethod, arguments: argparse.Namespace) -> None:
    """Make textures of each source, and print what they took and reached."""
    size, source_size = arguments.size, arguments.source_size
    settings = TextureSettings(size, size, method, tileable=True, source_size=source_size)
    for file in arguments.sources:
        began = time.perf_counter()
        work = TextureSynthesis(images.load(file), settings, network="vgg19-lite")
        *_, report = work.run()
        seconds, texture = time.perf_counter() - began, work.picture()
        print(
            f"texture, {method}, {file.stem}, {size}²: {seconds:.1f} s, "
            f"peak memory {peak_memory():.2f} GB, seam {seam(texture):.2f}"
        )
        for name, (before, after) in report.statistics.items():
            print(f"  {name:40} {before:9.4f} {after:9.4f}")
        sys.stdout.flush()
        if arguments.output:
            arguments.output.mkdir(parents=True, exist_ok=True)
            source = images.resize(images.load(file).rgb, size, size)
            beside = np.concatenate([source, texture], 1)
            images.save(arguments.output / f"{file.stem}_{method}.png", beside)


if __name__ == "__main__":
    main()
