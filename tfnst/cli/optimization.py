"""Commands that optimise one picture: stylize, demo, repeat."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from tfnst import devices
from tfnst.cli import processor, terminal
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
    Network,
    NoMetadata,
    NoRecipe,
    Option,
    PaletteFrom,
    Paths,
    Quiet,
    SkipExisting,
    SubjectName,
    Weights,
    app,
)


@app.command()
def stylize(
    content: Annotated[Path, typer.Argument(help="The photo, or a folder of photos.")],
    styles: Annotated[list[Path], typer.Argument(metavar="STYLE...", help="The artworks.")],
    output: Annotated[
        Path,
        Option("--output", "-o", help="A .png, .jpg, .webp or .tif file; a folder for a folder."),
    ],
    preset: Annotated[str, Option(help="draft, normal or best.")] = "normal",
    size: Annotated[int, Option(help="Long side of the result, in pixels.")] = 512,
    strength: Annotated[float, Option(help="0 is the photo, 1 hardly shows it.")] = 0.5,
    style_weight: Annotated[
        list[float] | None, Option(help="Share of each STYLE, in order; give it once for each.")
    ] = None,
    style_scale: Annotated[
        list[float] | None,
        Option(
            help="Size of the strokes; at 1, if not given, STYLE is as large as the result. One "
            "number, or one for each STYLE."
        ),
    ] = None,
    style_band: Annotated[
        list[str] | None,
        Option(
            metavar="BAND",
            help="all, fine (marks) or coarse (large forms): what of each STYLE counts.",
        ),
    ] = None,
    learning_rate: Annotated[float, Option(help="Of Adam, 1 being black to white.")] = 0.02,
    steps: Annotated[
        str,
        Option(
            help="Steps a level, coarse to fine: 150,100,60; those beyond the levels do not count."
        ),
    ] = "",
    content_layer: Annotated[
        list[str] | None, Option(help="A VGG-19 layer that keeps the photo; may be repeated.")
    ] = None,
    style_layer: Annotated[
        list[str] | None, Option(help="LAYER or LAYER=WEIGHT for the style; may be repeated.")
    ] = None,
    method: Annotated[
        str, Option(help="statistics of STYLE, or neighbours: places of STYLE, one for each.")
    ] = "statistics",
    style_loss: Annotated[
        str, Option(help="wasserstein, gram, sliced, mean-std or relaxed-emd.")
    ] = "wasserstein",
    histogram_weight: Annotated[
        float, Option(help="Weight of histograms, to be as in STYLE; 1 beside gram.")
    ] = 0.0,
    mask: Annotated[
        list[Path] | None,
        Option(
            help="Paint where it is white; the photo stays where it is black. One grey picture, "
            "one for each STYLE, or one of labels in colour, see --style-mask."
        ),
    ] = None,
    style_mask: Annotated[
        list[Path] | None,
        Option(
            metavar="MASK",
            help="The part of STYLE that counts, one for each; in the colours of --mask's labels.",
        ),
    ] = None,
    subject: SubjectName = None,
    keep_color: KeepColor = False,
    color_method: ColorMethodName = None,
    palette_from: PaletteFrom = None,
    color_mask: ColorMask = None,
    variation: Annotated[
        float | None, Option(help="Weight of the total variation; more is smoother.")
    ] = None,
    detail: Annotated[
        float | None, Option(help="Weight of fine detail, to be as much as in STYLE; 0 for none.")
    ] = None,
    canvas: Annotated[
        str, Option(help="bands: large forms first, colour follows light; or pixels.")
    ] = "bands",
    pooling: Annotated[str, Option(help="max or average.")] = "max",
    start: Annotated[str, Option(help="content, noise, or a picture's file.")] = "content",
    optimizer: Annotated[str, Option(help="adam or lbfgs.")] = "adam",
    precision: Annotated[str, Option(help="float32 or bfloat16.")] = "float32",
    jit: Annotated[bool, Option("--jit", help="Compile the step with XLA.")] = False,
    seed: Annotated[int, Option(help="Seed of the noise, and of places drawn.")] = 0,
    network: Network = "auto",
    weights: Weights = "auto",
    device: Device = "auto",
    comparison: Annotated[
        Path | None, Option(metavar="SHEET", help="Also write photo, artworks and result.")
    ] = None,
    recipe: Annotated[
        Path | None, Option(metavar="FILE", help="Also write the recipe to a .json file.")
    ] = None,
    no_recipe: NoRecipe = False,
    paths: Paths = False,
    save_every: Annotated[
        int, Option(min=0, metavar="N", help="Write OUTPUT every N steps as well.")
    ] = 0,
    numbered: Annotated[
        bool, Option("--numbered", help="Write those to files of their own: OUTPUT_00010.")
    ] = False,
    quality: Annotated[int, Option(min=1, max=100, help="Of JPEG and WebP, 1 to 100.")] = 95,
    skip_existing: SkipExisting = False,
    manifest: Manifest = None,
    gallery: Gallery = None,
    depth: Depth = None,
    keep_metadata: KeepMetadata = False,
    no_metadata: NoMetadata = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Paint a photo in the style of one or more artworks.

    Or a folder of photos, one after the other.
    """
    from tfnst import files, images
    from tfnst.cli import painting, series
    from tfnst.cli.painting import Outputs, paint_recipe
    from tfnst.synthesis.settings import Settings

    whole_folder = content.is_dir()
    if whole_folder and (comparison or recipe or save_every):
        raise ValueError("--comparison, --recipe and --save-every go with one photo")
    if not whole_folder and (skip_existing or manifest or gallery):
        raise ValueError("--skip-existing, --manifest and --gallery go with a folder of photos")
    if not whole_folder:
        images.check_target(output, depth=depth)
    if comparison is not None:
        images.check_target(comparison)
    metadata = terminal.kept_metadata(keep_metadata, no_metadata)
    if recipe is not None and (recipe.suffix != ".json" or not recipe.parent.is_dir()):
        raise ValueError(f"--recipe {str(recipe)!r}: name a .json file in a folder that exists")
    if numbered and not save_every:
        raise ValueError("--numbered goes with --save-every N")
    outputs = Outputs(output, comparison, recipe, save_every, numbered, not no_recipe, paths)
    from_file = start not in ("content", "noise")
    kept = painting.color_method(keep_color, color_method)
    pictures = [] if whole_folder else [content]
    pictures += [*styles, *([Path(start)] if from_file else [])]
    pictures += [*(mask or []), *(style_mask or [])]
    pictures += [file for file in (palette_from, color_mask) if file is not None]
    inputs = [*pictures, Path(weights)]
    terminal.keep_apart(inputs, outputs.files)
    for file in inputs:
        if outputs.is_stage(file):
            raise ValueError(f"{file} is named as a stage of --numbered; use another --output")
    for file in () if whole_folder else outputs.files:
        files.require_writable(file)
    for file in pictures:
        images.require_picture(file)
    scales = style_scale or [1.0]
    changes: dict[str, Any] = dict(
        size=size,
        strength=strength,
        style_scale=scales[0] if len(scales) == 1 else 1.0,
        learning_rate=learning_rate,
        method=method,
        style_loss=style_loss,
        histogram=histogram_weight,
        canvas=canvas,
        pooling=pooling,
        start="picture" if from_file else start,
        optimizer=optimizer,
        precision=precision,
        jit_compile=jit,
        seed=seed,
    )
    if variation is not None:
        changes["variation"] = variation
    if detail is not None:
        changes["detail"] = detail
    if steps:
        changes["steps"] = terminal.steps_of_levels(steps)
    if content_layer:
        changes["content_layers"] = tuple(content_layer)
    if style_layer:
        pairs = [name.partition("=") for name in style_layer]
        changes["style_layers"] = tuple(name for name, _, _ in pairs)
        weigh = terminal.number
        changes["style_weights"] = tuple(weigh("--style-layer", w or "1") for _, _, w in pairs)
    settings = Settings.preset(preset, **changes)
    device_scope = devices.start_tensorflow(device)
    processor.remark_on_precision(precision, device)
    from tfnst.painting import optimization, regions

    gather = functools.partial(
        optimization.gather,
        styles=styles,
        settings=settings,
        shares=style_weight,
        network=network,
        weights=weights,
        start=start if from_file else None,
        masks=mask or (),
        style_masks=style_mask or (),
        style_scales=scales if len(scales) > 1 else (),
        style_bands=style_band or (),
        subject=cast(Any, subject),
        keep_color=kept,
        palette=palette_from,
        color_mask=color_mask,
        quality=quality,
        depth=cast(Any, depth),
        metadata=metadata,
    )
    with device_scope:
        if whole_folder:
            regions.check_masks(mask or [], style_mask or [])
            results = series.Results(output, manifest, gallery)
            choices = (skip_existing, not no_recipe, paths)
            series.paint_folder(content, results, pictures, gather, *choices, quiet, as_json)
        else:
            paint_recipe(gather(content), outputs, quiet, as_json)


@app.command()
def demo(
    folder: Annotated[Path, Option("--output", "-o", help="A folder for the pictures.")] = Path(
        "demo"
    ),
    size: Annotated[int, Option(help="Long side of the result, in pixels.")] = 512,
) -> None:
    """Paint the bundled photo in every style of the gallery.

    And after two bundled artworks, by optimisation.
    """
    devices.start_tensorflow()
    from tfnst import assets
    from tfnst.cli import painting
    from tfnst.images import figures
    from tfnst.networks import style_network
    from tfnst.painting import optimization, sheets
    from tfnst.synthesis.settings import Settings

    settings = Settings.preset("normal", size=size)
    folder.mkdir(parents=True, exist_ok=True)
    sheet = folder / "gallery.png"
    figures.write(
        sheets.contact_sheet(style_network.load_network("gallery"), assets.photo()), sheet
    )
    print(sheet)
    for name in ("swirl", "mosaic"):
        recipe = optimization.gather(
            assets.photo(),
            [assets.artwork(name)],
            settings,
            network="vgg19-lite",
        )
        outputs = painting.Outputs(folder / f"{name}.png", folder / f"{name}_sheet.png")
        painting.paint_recipe(recipe, outputs)


@app.command()
def repeat(
    picture: Annotated[Path, typer.Argument(help="A picture that tfnst wrote.")],
    output: Annotated[
        Path | None, Option("--output", "-o", help="Where to write it again.")
    ] = None,
    recipe: Annotated[
        Path | None, Option(metavar="FILE", help="The recipe, if the picture holds none.")
    ] = None,
    inputs: Annotated[
        list[Path] | None,
        Option(
            metavar="FOLDER",
            help="Where its inputs lie, besides the picture's folder and yours; may be repeated.",
        ),
    ] = None,
    device: Device = "auto",
    quiet: Quiet = False,
) -> None:
    """Make a picture again from the recipe that it holds.

    And say whether the bytes agree.
    """
    from tfnst import files, images

    for folder in inputs or []:
        if not folder.is_dir():
            raise ValueError(f"--inputs {str(folder)!r} is not a folder; name the inputs' folder")
    if picture.suffix.lower() == ".gif":
        raise ValueError(f"{picture} is a GIF, and none holds a recipe; name a painting")
    images.check_target(picture)
    if output is not None:
        terminal.keep_apart([picture], [output])
        if images.check_target(output) != images.check_target(picture):
            raise ValueError(f"--output {str(output)!r} is of another format than {picture}")
        files.require_writable(output)
    before = files.sha256(picture)
    text = _recipe_text(recipe) if recipe else images.load(picture).recipe
    if text is None:
        raise ValueError(f"{picture} holds no recipe; give one with --recipe FILE")
    from tfnst.cli import analogies, painting, textures
    from tfnst.painting import recipes, repetition
    from tfnst.painting.sources import homes, versions

    painting_recipe = recipes.from_json(text)
    if output is not None:
        folders = homes(picture, inputs or [])
        used = [file for source in painting_recipe.sources for file in source.candidates(*folders)]
        terminal.keep_apart(used, [output])
    tensorflow = painting_recipe.needs_tensorflow
    device_scope = devices.start_tensorflow(device) if tensorflow else contextlib.nullcontext()
    others: dict[type, Callable[[Any], str]] = {
        recipes.AnalogyRecipe: analogies.describe,
        recipes.TextureRecipe: textures.describe,
    }
    describe = others.get(type(painting_recipe), painting.describe)
    with device_scope, terminal.progress_bar(quiet, False, describe) as show:
        again = repetition.paint_again(painting_recipe, picture, inputs or (), show)
    if output is not None:
        files.write_bytes(output, again)
    if hashlib.sha256(again).hexdigest() == before:
        print(f"{picture}: the same, byte for byte")
        return
    changed = [k for k, v in versions().items() if painting_recipe.versions.get(k) != v]
    why = f"; changed since: {', '.join(changed)}" if changed else ""
    terminal.complain(f"{picture}: the bytes differ{why}", 1)


def _recipe_text(file: Path) -> str:
    from tfnst.files import read_text

    try:
        return read_text(file)
    except ValueError as error:
        raise ValueError(f"{file} is no recipe; name a file that --recipe wrote") from error
