"""The command for screens of programs: restyle-ui."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tfnst import devices
from tfnst.cli import processor, terminal
from tfnst.cli.app import (
    AsJson,
    Depth,
    Device,
    KeepMetadata,
    Network,
    NoMetadata,
    NoRecipe,
    Option,
    Paths,
    Quiet,
    Weights,
    app,
)


@app.command("restyle-ui")
def restyle_ui(
    screenshot: Annotated[Path, typer.Argument(help="A program's screen, in its own size.")],
    artwork: Annotated[Path, typer.Argument(help="The artwork.")],
    output: Annotated[Path, Option("--output", "-o", help="A .png, .jpg, .webp or .tif file.")],
    keep_text: Annotated[
        bool, Option("--keep-text", help="Find letters and icons, and keep them as sharp.")
    ] = False,
    palette: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="Also write the artwork's palette: a .css, Android's .xml, or a folder for both.",
        ),
    ] = None,
    size: Annotated[
        int | None,
        Option(help="Long side of the result, in pixels; the screen's own, 1600 at most."),
    ] = None,
    strength: Annotated[float, Option(help="0 is the screen, 1 hardly shows it.")] = 0.5,
    style_scale: Annotated[
        float, Option(help="Size of the strokes; at 1 ARTWORK is as large as the result.")
    ] = 1.0,
    steps: Annotated[
        str, Option(help="Steps a level, coarse to fine: 30,20,12; fewer are quicker.")
    ] = "",
    precision: Annotated[str, Option(help="float32 or bfloat16.")] = "float32",
    seed: Annotated[int, Option(help="Seed of the palette's clusters.")] = 0,
    network: Network = "auto",
    weights: Weights = "auto",
    device: Device = "auto",
    no_recipe: NoRecipe = False,
    paths: Paths = False,
    save_every: Annotated[
        int, Option(min=0, metavar="N", help="Write OUTPUT every N steps as well.")
    ] = 0,
    quality: Annotated[int, Option(min=1, max=100, help="Of JPEG and WebP, 1 to 100.")] = 95,
    depth: Depth = None,
    keep_metadata: KeepMetadata = False,
    no_metadata: NoMetadata = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Restyle an app's screen after an artwork.

    So that it can still be used.
    """
    from tfnst import files, images
    from tfnst.cli.painting import Outputs, paint_recipe
    from tfnst.synthesis.interface_settings import InterfaceSettings, own_size

    images.check_target(output, depth=depth)
    metadata = terminal.kept_metadata(keep_metadata, no_metadata)
    terminal.require_recipe(no_recipe, paths)
    outputs = Outputs(output, every=save_every, embed=not no_recipe, paths=paths)
    swatches = [] if palette is None else _palette_files(palette)
    terminal.keep_apart([screenshot, artwork, Path(weights)], [output, *swatches])
    images.require_picture(artwork)
    screen = images.load(screenshot).rgb
    chosen: dict[str, Any] = dict(precision=precision)
    if steps:
        chosen["steps"] = terminal.steps_of_levels(steps)
    settings = InterfaceSettings(
        size=own_size(screen) if size is None else size,
        strength=strength,
        style_scale=style_scale,
        keep_text=keep_text,
        seed=seed,
        **chosen,
    )
    absent = palette is not None and palette not in swatches and not palette.is_dir()
    for file in (output, *([palette] if palette is not None and absent else swatches)):
        files.require_writable(file)
    device_scope = devices.start_tensorflow(device)
    processor.remark_on_precision(precision, device)
    from tfnst.painting import optimization

    finish: dict[str, Any] = dict(quality=quality, depth=depth, metadata=metadata)
    recipe = optimization.gather_interface(
        screenshot, artwork, settings, network=network, weights=weights, **finish
    )
    with device_scope:
        paint_recipe(recipe, outputs, quiet, as_json)
    if palette is not None:
        if absent:
            palette.mkdir()
        _write_palette(artwork, swatches, seed)


def _palette_files(palette: Path) -> list[Path]:
    """The files that a palette becomes; ValueError for another kind, or no folder to hold them."""
    if palette.suffix in (".css", ".xml") and not palette.is_dir():
        return [palette]
    if palette.is_file() or (palette.suffix and not palette.is_dir()):
        raise ValueError(f"--palette {str(palette)!r}: name a .css or .xml file, or a folder")
    return [palette / "colors.css", palette / "colors.xml"]


def _write_palette(artwork: Path, targets: list[Path], seed: int) -> None:
    from tfnst import files, images

    colors = images.roles(images.load(artwork, 1024).over_white(), seed)
    for file in targets:
        text = images.as_css(colors) if file.suffix == ".css" else images.as_android(colors)
        files.write_bytes(file, text.encode())
