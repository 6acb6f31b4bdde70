"""The command that trains feed-forward networks: train."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfnst import devices
from tfnst.cli import processor, terminal
from tfnst.cli.app import AsJson, Device, Option, Quiet, app

if TYPE_CHECKING:
    from tfnst.training.progress import TrainingProgress
NEW_ROWS = 10.0  # minutes


@app.command()
def train(
    artworks: Annotated[
        list[str],
        typer.Argument(
            metavar="STYLE...", help="Artworks: FILE, NAME=FILE, or NAME=FOLDER of several."
        ),
    ],
    photos: Annotated[list[Path], Option(help="A folder of photos; may be repeated.")],
    output: Annotated[Path, Option("--output", "-o", help="The .keras file to write.")],
    minutes: Annotated[
        float | None, Option(help="How long to train; 10, of new rows, if not given.")
    ] = None,
    steps: Annotated[int | None, Option(help="How long, in steps, in place of minutes.")] = None,
    start_from: Annotated[
        str, Option(help="gallery, a .keras file, or none: all from the beginning.")
    ] = "gallery",
    everything: Annotated[
        bool,
        Option(
            "--everything", help="Train all weights, for these styles alone, not only new rows."
        ),
    ] = False,
    resume: Annotated[bool, Option("--resume", help="Go on from the checkpoint.")] = False,
    size: Annotated[
        int | None, Option(help="Side of the photos' crops, in pixels; 192, if not given.")
    ] = None,
    batch: Annotated[int | None, Option(help="Photos a step; 2, if not given.")] = None,
    style_size: Annotated[
        int | None,
        Option(
            help="Long side of the artworks for the finest strokes; thrice it for the broadest. "
            "448 and 896, if not given."
        ),
    ] = None,
    content_distance: Annotated[
        float | None,
        Option(help="How far paintings may be from their photos, 0 to 2; 0.4, if not given."),
    ] = None,
    learning_rate: Annotated[
        float | None,
        Option(
            help="Of Adam, at its highest: 0.02 for new rows, 0.002 for all; resumed, as before."
        ),
    ] = None,
    precision: Annotated[str, Option(help="float32 or bfloat16.")] = "float32",
    architecture: Annotated[
        str | None, Option(help="With --start-from none: strokes, compact or johnson.")
    ] = None,
    network: Annotated[str, Option(help="Feature network of the losses.")] = "vgg19-lite",
    seed: Annotated[int, Option(help="Of crops, styles and first weights.")] = 0,
    credit: Annotated[
        str, Option(help="Who made artworks and photos, and under which licence, for the card.")
    ] = "",
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train a network on styles of your own.

    Ctrl-C and --resume at any time. Ten minutes on two cores teach the gallery a style; the last
    four of them bought 2 to 6 % of its loss (docs/benchmarks.md), and longer was not measured. What
    only --everything or --start-from none brings, forms that no style of the gallery has, takes
    hours: 18,000 steps, if neither minutes nor steps are given.

    Beside FILE.keras it leaves FILE.md, FILE.png, FILE.keras.log.jsonl and FILE.keras.checkpoints/,
    which --resume goes on from, also to lengthen what is finished, and which may be deleted.
    """
    if minutes is not None and steps is not None:
        raise ValueError("--minutes and --steps exclude each other; give one")
    named = _named(artworks)
    beside = {"sheet of previews": output.with_suffix(".png"), "card": output.with_suffix(".md")}
    artworks_of_all = [file for several in named.values() for file in several]
    terminal.keep_apart([*artworks_of_all, Path(start_from)], [output], beside)
    if minutes is not None and not minutes > 0:
        raise ValueError(f"--minutes is {minutes}; use a number above 0")
    if architecture and start_from != "none":
        raise ValueError("--architecture goes with --start-from none; a network has its own")
    device_scope = devices.start_tensorflow(device)
    processor.remark_on_precision(precision, device)
    from tfnst.networks import style_network
    from tfnst.networks.settings import CONFIGURATIONS
    from tfnst.training import checkpoints, photo_folder, training_run
    from tfnst.training import settings as training_settings

    if architecture and architecture not in CONFIGURATIONS:
        names = ", ".join(CONFIGURATIONS)
        raise ValueError(f"--architecture {architecture!r} is unknown; use one of {names}")
    training_run.require_room(output, photos, resume)
    length = {"minutes": minutes, "steps": steps}
    if resume and minutes is None and steps is None:
        schedule = checkpoints.schedule(output)
        length = {name: schedule.get(name) for name in length}
    if set(length.values()) == {None} and start_from != "none" and not everything:
        length["minutes"] = NEW_ROWS
    if resume and not checkpoints.state_file(output).exists():
        terminal.remark(f"there is no checkpoint of {output} to resume; beginning")
    changes: dict[str, Any] = dict(
        **length,
        size=size,
        batch=batch,
        style_sizes=style_size and (style_size, 3 * style_size),
        content_distance=content_distance,
        learning_rate=learning_rate,
        precision=precision,
    )
    settings = training_settings.TrainingSettings(
        network=CONFIGURATIONS[architecture or "strokes"],
        extractor=network,
        everything=everything,
        seed=seed,
        **{name: value for name, value in changes.items() if value is not None},
    )
    with device_scope:
        start = None if start_from == "none" else style_network.load_network(start_from)
        # before all photos are looked at
        training_run.require_ready(named, photos, output, settings, start, resume)
        folder = photo_folder.PhotoFolder(photos)
        terminal.remark_on_skipped(folder, quiet)
        reports = training_run.train(named, folder, output, settings, start, resume, credit)
        bar = terminal.progress_bar(quiet, as_json, _describe_training)
        terminal.follow(reports, bar, "stopped; the same command with --resume goes on")
    if as_json:
        terminal.emit("done", output=str(output))
    elif not quiet:
        print(output)


def _named(artworks: list[str]) -> dict[str, list[Path]]:
    """Files by the names of their styles, of FILE, NAME=FILE, or a folder in place of a file."""
    from tfnst.images import kinds

    named: dict[str, list[Path]] = {}
    for text in artworks:
        name, equals, file = text.partition("=")
        if Path(text).exists() or not equals:
            name, file = Path(text).stem, text
        if name in named:
            raise ValueError(f"style {name!r} is named twice; give another as NAME=FILE")
        named[name] = kinds.pictures_in(Path(file)) if Path(file).is_dir() else [Path(file)]
        if not named[name]:
            raise ValueError(f"style {name!r}: no picture in {file}; give a folder that holds some")
    return named


def _describe_training(report: TrainingProgress) -> str:
    return f"style {report.style:.4f}  content {report.content:.3f}"
