"""How many of a screen's words can be read after it was restyled, by us and by plain Gatys."""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from tfnst import images
from tfnst.images.kinds import pictures_in
from tfnst.synthesis.interface import restyle
from tfnst.synthesis.interface_settings import InterfaceSettings, own_size
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import stylize

GATYS = Settings(
    style_loss="gram",
    optimizer="lbfgs",
    canvas="pixels",
    scales=(1,),
    detail=0.0,
    variation=0.0,
    content_layers=("block4_conv2",),
    steps=(75,),
    growth=8.0,
)
ENLARGED = 2  # times, as text of screens is small for tesseract
SURE = 50  # tesseract's confidence, of 100, from which a word counts


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("screens", type=Path, help="a folder of screenshots")
    options.add_argument("artworks", type=Path, nargs="+", help="taken in turns, one a screen")
    options.add_argument("--size", type=int, help="long side of the results; the screens' own")
    options.add_argument("--strength", type=float, default=0.5)
    options.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    options.add_argument("--output", type=Path, help="a folder for the pictures")
    return options


def words(picture: np.ndarray) -> Counter[str]:
    """What tesseract reads of a picture, (H, W, 3) in [0, 1]: words of three letters or digits."""
    height, width = (ENLARGED * side for side in picture.shape[:2])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "screen.png")
        images.save(file, images.resize(picture, height, width))
        command = ["tesseract", str(file), "stdout", "--psm", "11", "tsv"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    cells = [line.split("\t") for line in done.stdout.splitlines()[1:]]
    sure = (cell[-1] for cell in cells if float(cell[-2]) >= SURE)
    plain = ("".join(filter(str.isalnum, word)).lower() for word in sure)
    return Counter(word for word in plain if len(word) >= 3)


def restyled(screen: np.ndarray, artwork: np.ndarray, settings: InterfaceSettings) -> np.ndarray:
    """By tfnst."""
    painting = restyle(screen, artwork, settings)
    for _ in painting.run():
        pass
    return painting.picture()


def kept(screen: np.ndarray, artwork: np.ndarray, settings: InterfaceSettings) -> np.ndarray:
    """By tfnst, with `keep_text`."""
    return restyled(screen, artwork, replace(settings, keep_text=True))


def gatys(screen: np.ndarray, artwork: np.ndarray, settings: InterfaceSettings) -> np.ndarray:
    """By plain Gatys, as far from the screen's content as that strength asks for."""
    size = settings.size
    plain = replace(GATYS, size=size, smallest=size, strength=settings.strength)
    return stylize(screen, artwork, plain)


Way = Callable[[np.ndarray, np.ndarray, InterfaceSettings], np.ndarray]
WAYS: dict[str, Way] = {"kept": kept, "restyled": restyled, "gatys": gatys}


def main() -> None:
    """Print a line a way: the share of the words read before that are read again."""
    options = parser().parse_args()
    if shutil.which("tesseract") is None:
        raise SystemExit("tesseract is missing; apt-get install tesseract-ocr")
    known: dict[str, list[tuple[int, int]]] = defaultdict(list)
    pairs = zip(pictures_in(options.screens), itertools.cycle(options.artworks), strict=False)
    for file, style in pairs:
        screen, artwork = images.load(file).rgb, images.load(style).rgb
        settings = InterfaceSettings(
            size=options.size or own_size(screen), strength=options.strength
        )
        height, width, _ = screen.shape
        before = words(images.resize(screen, *images.fitted(height, width, settings.size)))
        for name in options.ways:
            began = time.perf_counter()
            picture = WAYS[name](screen, artwork, settings)
            seconds = time.perf_counter() - began
            again = words(picture) & before
            known[name].append((again.total(), before.total()))
            read = f"{again.total()} of {before.total()} words, {seconds:.0f} s"
            print(f"{file.stem}, {style.stem}, {name}: {read}", flush=True)
            if options.output:
                options.output.mkdir(parents=True, exist_ok=True)
                images.save(options.output / f"{file.stem}_{name}.png", picture)
    for name, counts in known.items():
        again, before_ = (sum(column) for column in zip(*counts, strict=True))
        print(f"legibility, {name}: {again / max(before_, 1):.0%} of {before_} words")


if __name__ == "__main__":
    main()
