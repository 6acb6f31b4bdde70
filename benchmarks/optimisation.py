"""What presets of painting by optimisation reach, and how long they take, beside version 0.1."""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.contact_sheet import tile
from benchmarks.judging import IndependentJudge, matched_colors
from benchmarks.side_by_side import table
from tfnst import images
from tfnst.features import vgg
from tfnst.synthesis.settings import PRESETS, Settings
from tfnst.synthesis.style_transfer import stylize

EARLIER = Settings(  # `normal` of version 0.1
    steps=(120, 80, 60),
    growth=math.sqrt(2),
    canvas="pixels",
    scales=(1,),
    detail=0.0,
    variation=2.0,
    learning_rate=0.03,
)
NEIGHBOURS = Settings(method="neighbours")
CANDIDATES = {"0.1": EARLIER, **PRESETS, "neighbours": NEIGHBOURS}


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--judge", type=Path, required=True, help="a network's .npz")
    options.add_argument("--photos", type=Path, nargs="+", required=True)
    options.add_argument("--styles", type=Path, nargs="+", required=True)
    options.add_argument("--presets", nargs="+", choices=CANDIDATES, default=["0.1", "normal"])
    options.add_argument("--size", type=int, default=384)
    options.add_argument("--output", type=Path, required=True, help="a folder for the pictures")
    return options


def main() -> None:
    """Print the means over photos and styles and the times, and write pictures and a sheet.

    The candidates take turns, so that whatever else the machine does hits them alike. A row of the
    sheet is the artwork, the photo, and each painting at its full size.
    """
    options = parser().parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    judge, network = (
        IndependentJudge(options.judge),
        vgg.FeatureExtractor("vgg19-lite", {*Settings().layers, *NEIGHBOURS.layers}),
    )
    measures: dict[str, list[dict[str, float]]] = defaultdict(list)
    times: dict[str, list[float]] = defaultdict(list)
    rows = []
    for style in options.styles:
        artwork = images.load(style, options.size).rgb
        target = judge.measure(artwork)
        for file in options.photos:
            photo = images.load(file, options.size, upscale=True).rgb
            row = [artwork, photo]
            measures["colours alone"].append(judge(photo, matched_colors(photo, artwork), target))
            for name in options.presets:
                began = time.perf_counter()
                settings = replace(CANDIDATES[name], size=options.size)
                painting = stylize(photo, artwork, settings, network=network)
                times[name].append(time.perf_counter() - began)
                measures[name].append(judge(photo, painting, target))
                images.save(options.output / f"{file.stem}_{style.stem}_{name}.png", painting)
                row.append(painting)
            print(
                f"{file.stem}, {style.stem}\n{table({k: v[-1:] for k, v in measures.items()})}",
                flush=True,
            )
            rows.append(np.concatenate([tile(picture, options.size) for picture in row], 1))
    images.save(options.output / "sheet.png", np.concatenate(rows))
    print(f"mean of {len(rows)} paintings, {options.size} px\n{table(measures)}")
    first = options.presets[0]
    for name in options.presets:
        ratio = statistics.median(a / b for a, b in zip(times[name], times[first], strict=True))
        print(f"{name}: {statistics.median(times[name]):.1f} s, {ratio:.2f} of {first}'s")


if __name__ == "__main__":
    main()
