"""Commands of the feed-forward networks: apply, styles, train."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfnst import terminal
from tfnst.cli.app import AsJson, Device, Option, Quiet, app

if TYPE_CHECKING:
    from tfnst.apply import Applied, Look
    from tfnst.networks import StyleNetwork
    from tfnst.runs import TrainingProgress

Model = Annotated[str, Option(metavar="FILE", help="gallery, or a .keras file of tfnst train.")]


@app.command()
def apply(
    pictures: Annotated[list[Path], typer.Argument(help="Photos, and folders of them.")],
    output: Annotated[
        Path, Option("--output", "-o", help="A picture's file; a folder for more than one.")
    ],
    style: Annotated[
        list[str] | None,
        Option(help="A style's name, or a mixture: NAME=0.6,NAME=0.4. See tfnst styles."),
    ] = None,
    strength: Annotated[float, Option(help="0 is the photo, 1 the style.")] = 1.0,
    style_map: Annotated[
        list[str] | None,
        Option(metavar="MASK", help="A grey picture for each style, in order, or gradient."),
    ] = None,
    keep_color: Annotated[bool, Option("--keep-color", help="Keep the photo's colours.")] = False,
    size: Annotated[
        int, Option(min=0, help="Long side of the result, in pixels; 0 keeps the photo's.")
    ] = 1024,
    model: Model = "gallery",
    morph: Annotated[
        str, Option(metavar="NAME,NAME", help="An animation from style to style; see --frames.")
    ] = "",
    frames: Annotated[int | None, Option(min=2, help="Of --morph; 24, if not given.")] = None,
    skip_existing: Annotated[
        bool, Option("--skip-existing", help="Leave results that are there already.")
    ] = False,
    quality: Annotated[int, Option(min=1, max=100, help="Of JPEG and WebP, 1 to 100.")] = 95,
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Paint photos in one pass each, by a network that knows its styles."""
    if morph and (style or style_map or skip_existing):
        raise ValueError("--morph goes without --style, --style-map and --skip-existing")
    if frames and not morph:
        raise ValueError("--frames goes with --morph NAME,NAME")
    for file in pictures:
        if not file.exists():
            raise ValueError(f"{file}: there is no such file; give a photo or a folder of photos")
    under = terminal.start_tensorflow(device)
    from tfnst import apply as application
    from tfnst import networks

    with under:
        network = networks.load(model)
        names = morph.split(",") if morph else style or []
        if "=" in morph:
            raise ValueError(f"--morph {morph!r} holds shares; give names alone")
        shares = _shares(names, network)
        look = application.Look(
            shares, strength, tuple(style_map or ()), keep_color, size or None, quality
        )
        network.weights_for(shares, strength)  # wrong names and numbers, before any picture
        if morph:
            _morph(network, pictures, output, names, frames or 24, look)
            if as_json:
                terminal.emit("done", output=str(output))
            elif not quiet:
                print(output)
            return
        masks = [Path(mask) for mask in look.masks if mask != application.GRADIENT]
        jobs = application.Jobs(pictures, output, [*masks, Path(model)])
        if not jobs.pairs:
            folders = ", ".join(map(str, pictures))
            raise ValueError(f"no picture in {folders}; give photos, or folders that hold some")
        reports = []
        with terminal.progress_bar(quiet or jobs.single, as_json, _describe_applied) as show:
            for report in application.run(network, jobs, look, model, skip_existing):
                show(report)
                reports.append(report)
    if not (quiet or as_json):
        print(_summary(reports, output))
    failed = [report.error for report in reports if report.error]
    for error in failed:
        terminal.remark(error)
    if failed:
        raise typer.Exit(1)


def _shares(options: list[str], network: StyleNetwork) -> dict[str, float]:
    """NAME and NAME=SHARE, by commas or by options."""
    if not options:
        if len(network.styles) == 1:
            return {network.styles[0]: 1.0}
        raise ValueError(f"--style is missing; use {', '.join(network.styles)}")
    shares: dict[str, float] = {}
    for part in (part for option in options for part in option.split(",")):
        name, _, share = part.partition("=")
        if name in shares:
            raise ValueError(f"--style {name!r} is named twice; name it once")
        shares[name] = terminal.number("--style", share) if share else 1.0
    return shares


def _morph(
    network: StyleNetwork,
    pictures: list[Path],
    output: Path,
    names: list[str],
    frames: int,
    look: Look,
) -> None:
    from tfnst import animation, images
    from tfnst import apply as application

    if len(pictures) != 1 or pictures[0].is_dir():
        raise ValueError("--morph takes one photo")
    animation.check_target(output)
    terminal.keep_apart(pictures, [output])
    if len(names) < 2:
        raise ValueError(f"--morph {','.join(names)!r} is one style; give two or more")
    if output.suffix:
        images.require_writable(output)
    photo = images.load(pictures[0], look.size)
    film = application.morph(network, photo, names, frames, look)
    animation.save(output, film, quality=look.quality)


def _describe_applied(report: Applied) -> str:
    state = "skipped" if report.skipped else "failed" if report.error else f"{report.seconds:.1f} s"
    return f"{Path(report.source).name}  {state}"


def _summary(reports: list[Applied], output: Path) -> str:
    seconds = sum(report.seconds for report in reports)
    if len(reports) == 1 and not reports[0].error:
        return f"{reports[0].output}  {seconds:.2f} s"
    skipped = sum(report.skipped for report in reports)
    painted = sum(not (report.skipped or report.error) for report in reports)
    failed = len(reports) - painted - skipped
    return f"{output}  {painted} painted, {skipped} skipped, {failed} failed  {seconds:.1f} s"


@app.command()
def styles(
    output: Annotated[
        Path | None, Option("--output", "-o", help="Also paint a sheet of all of them.")
    ] = None,
    photo: Annotated[
        Path | None, Option(help="Of the sheet; the bundled portrait, if not given.")
    ] = None,
    model: Model = "gallery",
    as_json: AsJson = False,
) -> None:
    """List the styles that a network knows."""
    from tfnst import assets, images

    if photo is not None and output is None:
        raise ValueError("--photo goes with --output, which names the sheet to paint")
    if output is not None:
        images.check_target(output)
        terminal.keep_apart([photo] if photo else [], [output])
    terminal.start_tensorflow()
    from tfnst import apply, networks, plots

    network = networks.load(model)
    known = assets.gallery() if model == "gallery" else {}
    for name in network.styles:
        work = known.get(name)
        if as_json:
            terminal.emit("style", name=name, **(work or {}))
        else:
            told = f"{work['artist']}, {work['title']}, {work['year']}" if work else ""
            print(f"{name:18} {told}".rstrip())
    if output is not None:
        plots.write(apply.contact_sheet(network, photo or assets.photo()), output)


@app.command()
def train(
    artworks: Annotated[
        list[str], typer.Argument(metavar="STYLE...", help="Artworks, FILE or NAME=FILE.")
    ],
    photos: Annotated[list[Path], Option(help="A folder of photos; may be repeated.")],
    output: Annotated[Path, Option("--output", "-o", help="The .keras file to write.")],
    minutes: Annotated[float | None, Option(help="How long to train.")] = None,
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
    size: Annotated[int | None, Option(help="Side of the photos' crops, in pixels.")] = None,
    batch: Annotated[int | None, Option(help="Photos a step.")] = None,
    style_size: Annotated[
        int | None, Option(help="Long side of the artworks; strokes grow with it.")
    ] = None,
    content_distance: Annotated[
        float | None, Option(help="How far paintings may be from their photos, 0 to 2.")
    ] = None,
    learning_rate: Annotated[float | None, Option(help="Of Adam, at its highest.")] = None,
    precision: Annotated[str, Option(help="float32 or bfloat16.")] = "float32",
    architecture: Annotated[
        str | None, Option(help="With --start-from none: gallery or johnson.")
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
    """Train a network on your own styles; Ctrl-C and --resume at any time."""
    if minutes is not None and steps is not None:
        raise ValueError("--minutes and --steps exclude each other; give one")
    named = {}
    for text in artworks:
        name, equals, file = text.partition("=")
        if Path(text).exists() or not equals:
            name, file = Path(text).stem, text
        if name in named:
            raise ValueError(f"style {name!r} is named twice; give another as NAME=FILE")
        named[name] = Path(file)
    written = {output, output.with_suffix(".md"), output.with_suffix(".png")}
    terminal.keep_apart([*named.values(), Path(start_from)], sorted(written))
    if minutes is not None and not minutes > 0:
        raise ValueError(f"--minutes is {minutes}; use a number above 0")
    if architecture and start_from != "none":
        raise ValueError("--architecture goes with --start-from none; a network has its own")
    under = terminal.start_tensorflow(device)
    from tfnst import architectures, checkpoints, datasets, networks, runs, training

    if architecture and architecture not in architectures.CONFIGURATIONS:
        raise ValueError(f"--architecture {architecture!r} is unknown; use gallery or johnson")
    length = {"minutes": minutes, "steps": steps}
    if resume and minutes is None and steps is None:
        length = checkpoints.schedule(output)
    if resume and not checkpoints.state_file(output).exists():
        terminal.remark(f"there is no checkpoint of {output} to resume; beginning")
    changes: dict[str, Any] = dict(
        **length,
        size=size,
        batch=batch,
        style_size=style_size,
        content_distance=content_distance,
        learning_rate=learning_rate,
    )
    settings = training.TrainingSettings(
        precision=precision,
        network=architectures.CONFIGURATIONS[architecture or "gallery"],
        extractor=network,
        everything=everything,
        seed=seed,
        **{name: value for name, value in changes.items() if value is not None},
    )
    with under:
        start = None if start_from == "none" else networks.load(start_from)
        folder = datasets.PhotoFolder(photos)
        if folder.skipped and not quiet:
            count = folder.skipped + len(folder.files)
            terminal.remark(
                f"{folder.skipped} of {count} files are no photos of {folder.smallest} px or more; "
                "skipped"
            )
        reports = runs.train(named, folder, output, settings, start, resume, credit)
        bar = terminal.progress_bar(quiet, as_json, _describe_training)
        try:
            with contextlib.closing(reports), bar as show:
                for report in reports:
                    show(report)
        except KeyboardInterrupt:
            terminal.complain("stopped; the same command with --resume goes on", 130)
    if not (quiet or as_json):
        print(output)


def _describe_training(report: TrainingProgress) -> str:
    return f"style {report.style:.4f}  content {report.content:.3f}"
