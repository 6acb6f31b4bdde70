"""How good a style gets that is added to the gallery, minute by minute, on photos held back."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfnst import assets, datasets, features, images, losses, networks, runs
from tfnst.networks import StyleNetwork
from tfnst.training import TrainingSettings, style_targets


class Judge:
    """Mean style loss and content distance of some photos in one style."""

    def __init__(self, photos: Sequence[np.ndarray], artwork: np.ndarray) -> None:
        self.photos, settings = photos, TrainingSettings()
        layers = dict.fromkeys((*settings.style_layers, *settings.content_layers))
        self.settings = settings
        self.extractor = features.FeatureExtractor(settings.extractor, tuple(layers))
        self.targets = style_targets(self.extractor, [artwork], settings)

    def __call__(self, network: StyleNetwork, style: str | dict[str, float]) -> str:
        found = []
        for photo in self.photos:
            seen = self.extractor(network.stylize(photo, style)[None])
            wanted = self.extractor(photo[None])
            gaps = [
                losses.wasserstein_style_loss(losses.feature_statistics(seen[name]), target)
                for name, target in self.targets.items()
            ]
            distances = [
                losses.content_distance(seen[name], losses.standardize(wanted[name]))
                for name in self.settings.content_layers
            ]
            found.append((np.mean(gaps), np.mean(distances)))
        style_loss, content = np.mean(found, 0)
        return f"style {style_loss:.4f}  content {content:.3f}"


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
    judge, start = Judge(photos, artwork), networks.load("gallery")
    mean = dict.fromkeys(start.styles, 1.0)
    print(f"the mean of all rows  {judge(start, mean)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        output, due = Path(folder) / "new.keras", 1
        reports = runs.train(
            {"new": options.artwork},
            datasets.PhotoFolder([options.photos]),
            output,
            TrainingSettings(minutes=options.minutes),
            start,
        )
        for report in reports:
            if report.seconds >= 60 * due or report.fraction == 1:
                due += 1
                after = networks.load(output)
                print(f"minute {report.seconds / 60:4.1f}  {judge(after, 'new')}", flush=True)
    if options.output is not None:
        rows = [[p, start.stylize(p, mean), after.stylize(p, "new")] for p in photos]
        images.save(
            options.output,
            np.concatenate(
                [np.concatenate([images.resize(x, 384, 512) for x in r], 1) for r in rows]
            ),
        )


if __name__ == "__main__":
    main()
