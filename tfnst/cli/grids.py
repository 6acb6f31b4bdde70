"""The command that paints sheets between styles and along settings: grid."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfnst import devices
from tfnst.cli import terminal
from tfnst.cli.app import AsJson, Device, Option, Quiet, app

if TYPE_CHECKING:
    from tfnst.painting.grids import GridProgress


@app.command()
def grid(
    photo: Annotated[Path, typer.Argument(help="The photo.")],
    output: Annotated[Path, Option("--output", "-o", help="A .png, .jpg, .webp or .tif file.")],
    between: Annotated[
        str,
        Option(
            metavar="NAME,NAME",
            help="Two styles for a strip between them, three or four for a sheet; artworks' names.",
        ),
    ] = "",
    across: Annotated[
        str,
        Option(
            metavar="NAME=VALUE,…",
            help="A setting from left to right: style, strength, stroke or color; with --stylize "
            "any one of Settings but size, such as style_scale=0.5,1,2 or steps=20:10,44:20.",
        ),
    ] = "",
    down: Annotated[
        str, Option(metavar="NAME=VALUE,…", help="Another one from top to bottom.")
    ] = "",
    columns: Annotated[
        int | None, Option(help="Cells from left to right, of --between; 5, if not given.")
    ] = None,
    rows: Annotated[
        int | None, Option(help="Likewise from top to bottom, of three styles and four.")
    ] = None,
    style: Annotated[
        list[str] | None, Option(help="Of all cells: a style's name, or a mixture.")
    ] = None,
    artwork: Annotated[
        list[Path] | None, Option(metavar="FILE", help="A painting of your own; may be repeated.")
    ] = None,
    stylize: Annotated[
        bool, Option("--stylize", help="Paint after the artworks by optimisation: it takes long.")
    ] = False,
    strength: Annotated[
        float | None, Option(help="Of all cells; 1, and with --stylize 0.5, if not given.")
    ] = None,
    stroke: Annotated[float | None, Option(help="Of all cells; see tfnst apply.")] = None,
    size: Annotated[int, Option(min=32, help="Long side of a cell, in pixels.")] = 256,
    model: Annotated[
        str | None, Option(metavar="FILE", help="gallery, any (with --artwork), or a .keras file.")
    ] = None,
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Paint one photo many times on a labelled sheet.

    Between two to four styles, or along any two settings: strength × stroke, style × strength.
    """
    from tfnst import images

    if bool(between) == bool(across):
        raise ValueError("give --between NAME,NAME or --across NAME=VALUE,VALUE; one of them")
    if down and between:
        raise ValueError("--down goes with --across, and not with --between")
    names = [name.strip() for name in between.split(",")] if between else []
    if between and style:
        raise ValueError("--style goes with --across, and not with --between")
    if (columns is not None and not between) or (rows is not None and len(names) < 3):
        raise ValueError("--columns goes with --between, and --rows with three styles or four")
    if stylize and (between or style or model or stroke is not None or not artwork):
        raise ValueError("--stylize goes with --artwork and --across alone")
    works = artwork or []
    images.check_target(output)
    terminal.keep_apart([photo, *works], [output])
    for file in (photo, *works):
        images.require_picture(file)
    began = time.perf_counter()
    device_scope = devices.start_tensorflow(device)
    from tfnst.images import figures
    from tfnst.painting import grids

    axes = [grids.axis_of(text) for text in (across, down) if text]
    if style and any(axis.name == "style" for axis in axes):
        raise ValueError("--style is that of all cells, and style is on an axis; give one of them")
    picture = images.load(photo, size).over_white()
    with device_scope:
        if stylize:
            sheet, paint = _by_optimisation(picture, works, axes, size, strength)
        else:
            cells = (5 if columns is None else columns, 5 if rows is None else rows)
            chosen = (names, axes, cells, style or [], 1.0 if strength is None else strength)
            sheet, paint = _by_network(picture, works, model, stroke, *chosen)
        with terminal.progress_bar(quiet, as_json, _describe) as show:
            for report in grids.painted(sheet, paint):
                if as_json:
                    terminal.emit("progress", step=report.step, steps=report.steps)
                else:
                    show(report)
    figures.write(figures.labelled_grid(report.cells, sheet.across, sheet.down), output)
    seconds = round(time.perf_counter() - began, 1)
    if as_json:
        terminal.emit("done", output=str(output), seconds=seconds)
    elif not quiet:
        print(f"{output}  {len(sheet.ways[0])}×{len(sheet.ways)}  {seconds} s")


def _by_optimisation(
    picture: Any, works: list[Path], axes: list[Any], size: int, strength: float | None
) -> Any:
    """The sheet, and what paints a cell of it."""
    from tfnst import images
    from tfnst.painting import grids
    from tfnst.synthesis.settings import Settings
    from tfnst.synthesis.style_transfer import stylize

    settings = Settings(size=size, strength=0.5 if strength is None else strength)
    artworks = [images.load(work, 4 * size).over_white() for work in works]
    return grids.along(settings, *axes), lambda way: stylize(picture, artworks, way)


def _by_network(
    picture: Any,
    works: list[Path],
    model: str | None,
    stroke: float | None,
    names: list[str],
    axes: list[Any],
    cells: tuple[int, int],
    shares: list[str],
    strength: float,
) -> Any:
    """The sheet, and what paints a cell of it."""
    from tfnst import images
    from tfnst.networks.mixture import checked_stroke, parse_shares
    from tfnst.painting import grids
    from tfnst.painting.appearance import Look, paint
    from tfnst.painting.painters import open_painter

    for axis in axes:
        grids.require_look(axis)
    painter = open_painter(model or ("any" if works else "gallery"), works)
    if names or any(axis.name == "style" for axis in axes) or (works and not shares):
        styles = dict.fromkeys(painter.styles[:1] if not works else painter.styles, 1.0)
    else:
        styles = parse_shares(shares, painter.styles)
    look = Look(styles, strength, stroke=stroke, size=None)
    sheet = grids.between(look, names, *cells) if names else grids.along(look, *axes)
    for row in sheet.ways:
        for way in row:  # wrong names and numbers, before any picture
            painter.weights_for(way.styles, way.strength)
            checked_stroke(way.stroke, painter.strokes)
    return sheet, lambda way: paint(painter, images.Picture(picture), way)


def _describe(report: GridProgress) -> str:
    return f"{len(report.cells)} rows"
