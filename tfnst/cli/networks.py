"""Commands that paint with feed-forward networks: apply, styles."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfnst import devices
from tfnst.cli import terminal
from tfnst.cli.app import (
    AsJson,
    ColorMask,
    ColorMethodName,
    Depth,
    Device,
    Gallery,
    KeepColor,
    KeepMetadata,
    Manifest,
    NoMetadata,
    NoRecipe,
    Option,
    PaletteFrom,
    Paths,
    Quiet,
    SkipExisting,
    SubjectName,
    app,
)

if TYPE_CHECKING:
    from tfnst.painting.pictures import Applied

NetworkFile = Annotated[
    str, Option(metavar="FILE", help="gallery, or a .keras file of tfnst train.")
]


@app.command()
def apply(
    pictures: Annotated[list[Path], typer.Argument(help="Photos, and folders of them.")],
    output: Annotated[
        Path, Option("--output", "-o", help="A picture's file; a folder for more than one.")
    ],
    style: Annotated[
        list[str] | None,
        Option(
            help="A style's name, or a mixture: NAME=0.6,NAME=0.4; several mix. See tfnst styles."
        ),
    ] = None,
    artwork: Annotated[
        list[Path] | None,
        Option(
            metavar="FILE",
            help="A painting of your own, whose name is its style's; several mix, see --style.",
        ),
    ] = None,
    strength: Annotated[float, Option(help="0 is the photo, 1 the style.")] = 1.0,
    stroke: Annotated[
        float | None, Option(help="Size of the strokes, 0 to 1; those between, if not given.")
    ] = None,
    style_map: Annotated[
        list[str] | None,
        Option(metavar="MASK", help="A grey picture for each style, in order, or gradient."),
    ] = None,
    mask: Annotated[
        Path | None,
        Option(help="A grey picture: paint where it is white, the photo stays where it is black."),
    ] = None,
    subject: SubjectName = None,
    keep_color: KeepColor = False,
    color_method: ColorMethodName = None,
    palette_from: PaletteFrom = None,
    color_mask: ColorMask = None,
    size: Annotated[
        int, Option(min=0, help="Long side of the result, in pixels; 0 keeps the photo's.")
    ] = 1024,
    model: Annotated[
        str | None,
        Option(metavar="FILE", help="gallery, any (with --artwork), or a .keras file."),
    ] = None,
    lite: Annotated[
        Path | None,
        Option(metavar="FILE", help="A .tflite file of tfnst export, run without TensorFlow."),
    ] = None,
    morph: Annotated[
        str, Option(metavar="NAME,NAME", help="An animation from style to style; see --frames.")
    ] = "",
    frames: Annotated[int | None, Option(min=2, help="Of --morph; 24, if not given.")] = None,
    skip_existing: SkipExisting = False,
    manifest: Manifest = None,
    gallery: Gallery = None,
    quality: Annotated[int, Option(min=1, max=100, help="Of JPEG and WebP, 1 to 100.")] = 95,
    depth: Depth = None,
    keep_metadata: KeepMetadata = False,
    no_metadata: NoMetadata = False,
    no_recipe: NoRecipe = False,
    paths: Paths = False,
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Paint photos in one pass each, in styles of a network."""
    from tfnst import images

    if morph and (style or style_map or skip_existing or manifest or gallery):
        raise ValueError(
            "--morph goes without --style, --style-map, --skip-existing, --manifest and --gallery"
        )
    if morph and (depth or keep_metadata or no_metadata):
        raise ValueError("--morph goes without --depth, --keep-metadata and --no-metadata")
    metadata = terminal.kept_metadata(keep_metadata, no_metadata)
    if depth is not None and output.suffix and not output.is_dir():
        images.check_target(output, depth=depth)
    terminal.require_recipe(no_recipe, paths)
    if frames and not morph:
        raise ValueError("--frames goes with --morph NAME,NAME")
    for file in pictures:
        if not file.exists():
            raise ValueError(f"{file}: there is no such file; give a photo or a folder of photos")
    if morph and (len(pictures) != 1 or pictures[0].is_dir()):
        raise ValueError("--morph takes one photo")
    if "=" in morph:
        raise ValueError(f"--morph {morph!r} holds shares; give names alone")
    if lite and style_map:
        raise ValueError("--style-map goes without --lite, whose files mix styles all over alike")
    works = artwork or []
    if lite and works:
        raise ValueError(
            "--artwork goes without --lite, whose file has its own styles; use --model"
        )
    if lite and (model or device not in ("auto", "cpu")):
        raise ValueError("--lite names the network, for the processor; leave out --model, --device")
    if lite and lite.suffix != ".tflite":
        raise ValueError(f"--lite {str(lite)!r} is no .tflite file; name one of tfnst export")
    model = model or ("any" if works else "gallery")
    device_scope = contextlib.nullcontext() if lite else devices.start_tensorflow(device)
    from tfnst.cli import painting, series
    from tfnst.networks.mixture import checked_stroke, parse_shares
    from tfnst.painting import morphs
    from tfnst.painting import pictures as application
    from tfnst.painting.appearance import GRADIENT, Look
    from tfnst.painting.painters import open_painter
    from tfnst.painting.targets import Targets

    with device_scope:
        painter = open_painter(origin := lite or model, works)
        names = morph.split(",")
        if morph or (works and not style):
            shares = dict.fromkeys(names if morph else painter.styles, 1.0)
        else:
            shares = parse_shares(style or [], painter.styles)
        painter.weights_for(shares, strength)  # wrong names and numbers, before any picture
        checked_stroke(stroke, painter.strokes)
        kept = painting.color_method(keep_color, color_method)
        longest = min((side for side in (size, painter.side) if side), default=None)
        chosen: dict[str, Any] = dict(
            mask=mask, subject=subject, palette=palette_from, color_mask=color_mask
        )
        chosen |= dict(quality=quality, depth=depth, metadata=metadata)
        masked = tuple(style_map or ())
        look = Look(shares, strength, masked, kept, longest, stroke=stroke, **chosen)
        if morph:
            read = [file for file in (mask, palette_from, color_mask) if file is not None]
            terminal.keep_apart([*pictures, *works, *read], [output])
            morphs.write_morph(painter, pictures[0], output, names, frames or 24, look)
            if as_json:
                terminal.emit("done", output=str(output))
            elif not quiet:
                print(output)
            return
        read = [Path(file) for file in look.masks if file != GRADIENT]
        read += [file for file in (mask, palette_from, color_mask) if file is not None]
        targets = Targets(pictures, output, [*read, *works, Path(origin)])
        results = series.Results(output, manifest, gallery)
        results.check([*read, *works, *pictures])
        terminal.remark_on_unread(targets)
        if not targets.pairs:
            folders = ", ".join(map(str, pictures))
            raise ValueError(f"no picture in {folders}; give photos, or folders that hold some")
        options = (skip_existing, not no_recipe, paths, works)
        reports, errors = [], []
        with terminal.progress_bar(quiet or targets.single, as_json, _describe_applied) as show:
            painted = application.paint_files(painter, targets, look, origin, *options)
            try:
                for report in painted:
                    show(report)
                    reports.append(report)
            finally:
                errors = results.write(reports)
    results.summarise(reports, quiet or as_json, errors)


def _describe_applied(report: Applied) -> str:
    state = "skipped" if report.skipped else "failed" if report.error else f"{report.seconds:.1f} s"
    return f"{Path(report.source).name}  {state}"


@app.command()
def styles(
    output: Annotated[
        Path | None, Option("--output", "-o", help="Also paint a sheet of all of them.")
    ] = None,
    photo: Annotated[
        Path | None, Option(help="Of the sheet; the bundled portrait, if not given.")
    ] = None,
    model: NetworkFile = "gallery",
    as_json: AsJson = False,
) -> None:
    """List the styles that a network knows."""
    from tfnst import assets, images

    if photo is not None and output is None:
        raise ValueError("--photo goes with --output, which names the sheet to paint")
    if output is not None:
        images.check_target(output)
        terminal.keep_apart([photo] if photo else [], [output])
    devices.start_tensorflow()
    from tfnst.images import figures
    from tfnst.networks import style_network
    from tfnst.painting import sheets

    network = style_network.load_network(model)
    known = assets.gallery() if model == "gallery" else {}
    for name in network.styles:
        work = known.get(name)
        if as_json:
            terminal.emit("style", name=name, **(work or {}))
        else:
            credit = f"{work['artist']}, {work['title']}, {work['year']}" if work else ""
            print(f"{name:18} {credit}".rstrip())
    if output is not None:
        figures.write(sheets.contact_sheet(network, photo or assets.photo()), output)
