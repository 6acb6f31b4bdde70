"""How good a style gets that is added to the gallery, minute by minute, on photos held back."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.judging import Judge
from tfnst import assets, images
from tfnst.networks import style_network
from tfnst.training import photo_folder, training_run
from tfnst.training.settings import TrainingSettings


def mean_losses(judge: Judge, photos: Sequence[np.ndarray], paintings: Sequence[np.ndarray]) -> str:
    """The means over the photos, in words."""
    pairs = zip(photos, paintings, strict=True)
    style, content = np.mean([judge(photo, painting) for photo, painting in pairs], 0)
    return f"style {style:.4f}  content {content:.3f}"


def main() -> None:
    """Train, and print a line a minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="a folder to train on")
    parser.add_argument("--held-back", type=Path, nargs="+", default=[assets.photo()])
    parser.add_argument("--artwork", type=Path, default=assets.artwork("mosaic"))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--output", type=Path, help="a picture of the photos, before and after")
    options = parser.parse_args()
    artwork = images.load(options.artwork, 1024).rgb
    photos = [images.load(file, 512).rgb for file in options.held_back]
    judge, start = Judge(artwork), style_network.load_network("gallery")
    mean = dict.fromkeys(start.styles, 1.0)
    before = [start.stylize(photo, mean) for photo in photos]
    print(f"the mean of all rows  {mean_losses(judge, photos, before)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        output, due = Path(folder) / "new.keras", 1
        reports = training_run.train(
            {"new": options.artwork},
            photo_folder.PhotoFolder([options.photos]),
            output,
            TrainingSettings(minutes=options.minutes),
            start,
        )
        for report in reports:
            if report.seconds >= 60 * due or report.fraction == 1:
                due += 1
                after = style_network.load_network(output)
                now = [after.stylize(photo, "new") for photo in photos]
                print(
                    f"minute {report.seconds / 60:4.1f}  {mean_losses(judge, photos, now)}",
                    flush=True,
                )
    if options.output is not None:
        rows = zip(photos, before, now, strict=True)
        images.save(
            options.output,
            np.concatenate(
                [np.concatenate([images.resize(x, 384, 512) for x in r], 1) for r in rows]
            ),
        )


if __name__ == "__main__":
    main()
