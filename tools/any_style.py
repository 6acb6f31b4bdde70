"""Train the network for any artwork that ships, and put it into the package."""

from __future__ import annotations

import argparse
from pathlib import Path

from tfnst import assets, files
from tfnst.images import kinds
from tfnst.networks import any_style
from tfnst.training import any_style_run
from tfnst.training.photo_folder import PhotoFolder
from tfnst.training.settings import AnyStyleTrainingSettings


def main() -> None:
    """Train, and with `--ship` write tfnst/assets/any_style.npz and its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artworks", type=Path, help="a folder; the package's own are added")
    parser.add_argument("--hold-back", nargs="*", default=[], help="names of artworks left out")
    parser.add_argument("--textures", type=Path, help="a folder")
    parser.add_argument("--photos", type=Path, help="a folder")
    parser.add_argument("--output", "-o", type=Path, required=True, help="the .keras file")
    parser.add_argument("--minutes", type=float, default=0.0, help="none: ship what is there")
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--start", type=Path, help="a network to begin as")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--note", default="", help="text for the card: credits, what came before")
    options = parser.parse_args()
    if options.minutes:
        if not (options.artworks and options.textures and options.photos):
            parser.error("--minutes goes with --artworks, --textures and --photos")
        train(options)
    if options.ship:
        network = any_style.load_any_network(options.output)
        target = assets.ANY_NETWORKS["any"]
        any_style.write_any_network(network, target)
        card = options.output.with_suffix(".md").read_text("utf-8").rstrip()
        note = f"\n\n{options.note}" if options.note else ""
        files.write_bytes(target.with_suffix(".md"), f"{card}{note}\n".encode())


def train(options: argparse.Namespace) -> None:
    """Print a line a report."""
    works = [*kinds.pictures_in(options.artworks), *assets.ARTWORKS.glob("*.jpg")]
    artworks = sorted(file for file in works if file.stem not in options.hold_back)
    reports = any_style_run.train_any(
        artworks,
        kinds.pictures_in(options.textures),
        PhotoFolder(options.photos),
        options.output,
        AnyStyleTrainingSettings(minutes=options.minutes, learning_rate=options.learning_rate),
        any_style.load_any_network(options.start) if options.start else None,
        options.resume,
    )
    for report in reports:
        print(
            f"{report.step} of {report.steps}, {report.seconds:.0f} s: style {report.style:.4f}, "
            f"content {report.content:.3f}, bands {report.bands:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
