"""Time and peak memory of one painting by each style loss, beside the usual one's."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.timing import peak_memory, ratio
from tfnst import assets, images
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import stylize

USUAL = "wasserstein"
LOSSES: dict[str, dict[str, Any]] = {
    USUAL: {},
    "gram": {"style_loss": "gram"},
    "gram and histogram": {"style_loss": "gram", "histogram": 1.0},
    "mean-std": {"style_loss": "mean-std"},
    "sliced": {"style_loss": "sliced"},
    "relaxed-emd": {"style_loss": "relaxed-emd"},
    "neighbours": {"method": "neighbours"},
}


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--photo", type=Path, default=assets.photo())
    options.add_argument("--style", type=Path, default=assets.artwork("swirl"))
    options.add_argument("--size", type=int, default=384)
    options.add_argument("--rounds", type=int, default=1, help="paintings by each, in turns")
    options.add_argument("--output", type=Path, help="a folder for the pictures")
    options.add_argument("--only", choices=LOSSES, help="one of them, in this process")
    return options


def paint(options: argparse.Namespace) -> None:
    """One painting; print seconds and GB."""
    photo = images.load(options.photo, options.size, upscale=True).rgb
    artwork = images.load(options.style).rgb
    began = time.perf_counter()
    settings = Settings(size=options.size, **LOSSES[options.only])
    painting = stylize(photo, artwork, settings, network="vgg19-lite")
    print(time.perf_counter() - began, peak_memory())
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        images.save(options.output / f"{options.only.replace(' ', '_')}.png", painting)


def main() -> None:
    """Print a line a loss: seconds, and time and memory over the usual loss's in the same round."""
    options = parser().parse_args()
    if options.only:
        paint(options)
        return
    command = [sys.executable, "-m", "benchmarks.style_losses", *sys.argv[1:], "--only"]
    times: dict[str, list[float]] = {name: [] for name in LOSSES}
    memory: dict[str, list[float]] = {name: [] for name in LOSSES}
    for _ in range(options.rounds):
        for name in LOSSES:  # The peak is that of a whole process.
            done = subprocess.run([*command, name], check=True, capture_output=True, text=True)
            seconds, peak = map(float, done.stdout.split())
            times[name].append(seconds)
            memory[name].append(peak)
    for name in LOSSES:
        print(
            f"style loss {name}, {options.size} px: {times[name][0]:.1f} s, "
            f"{ratio(times, name, USUAL):.2f} of {USUAL}'s, "
            f"{ratio(memory, name, USUAL):.2f} of its memory"
        )


if __name__ == "__main__":
    main()
