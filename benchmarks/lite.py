"""`python -m benchmarks.lite`: a painting without TensorFlow, from start to finished file."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tfnst import assets, images

FOLDER = Path(__file__).parents[1] / "saved_models" / "gallery"


def main() -> None:
    """Print the median and the slowest of several runs of the command."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=512)
    options.add_argument("--runs", type=int, default=9)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        images.save(photo, images.load(assets.photo(), chosen.size, upscale=True).rgb)
        file = FOLDER / f"gallery_{chosen.size}_float16.tflite"
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "tfnst",
            "apply",
            photo,
            "--lite",
            file,
        ]
        took = []
        for _ in range(chosen.runs):
            began = time.perf_counter()
            painted = Path(folder) / "painted.png"
            subprocess.run([*command, "--style", "starry_night", "-qo", painted], check=True)
            took.append(time.perf_counter() - began)
    summary = f"{statistics.median(took):.2f} s, {max(took):.2f} s at most of {chosen.runs}"
    print(f"tfnst apply --lite, {chosen.size} px, start to finished PNG: {summary}")


if __name__ == "__main__":
    main()
