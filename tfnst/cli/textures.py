"""The command that makes textures: texture."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfnst import devices
from tfnst.cli import terminal
from tfnst.cli.app import (
    AsJson,
    Depth,
    Device,
    Network,
    NoRecipe,
    Option,
    Paths,
    Quiet,
    Weights,
    app,
)

if TYPE_CHECKING:
    from tfnst.painting.recipes import TextureRecipe
    from tfnst.synthesis.texture import TextureProgress

Statistics = dict[str, tuple[float, float]]


@app.command()
def texture(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE...", help="Pictures of the texture.")
    ],
    output: Annotated[Path, Option("--output", "-o", help="A .png, .jpg, .webp or .tif file.")],
    size: Annotated[
        str, Option(help="Of the result, WIDTHxHEIGHT or one side of a square, in pixels.")
    ] = "256x256",
    method: Annotated[
        str, Option(help="wasserstein, gram, sliced, neighbours or portilla-simoncelli.")
    ] = "wasserstein",
    tileable: Annotated[
        bool, Option("--tileable", help="Repeat without a seam, with a period of --size.")
    ] = False,
    source_size: Annotated[
        int, Option(help="Long side of SOURCE at most, in pixels; what is larger is reduced.")
    ] = 512,
    steps: Annotated[
        str, Option(help="Steps a level, coarse to fine: 100,60,30; if not given, the method's.")
    ] = "",
    seed: Annotated[int, Option(help="Of the noise that it begins with.")] = 0,
    network: Network = "auto",
    weights: Weights = "auto",
    device: Device = "auto",
    no_recipe: NoRecipe = False,
    paths: Paths = False,
    quality: Annotated[int, Option(min=1, max=100, help="Of JPEG and WebP, 1 to 100.")] = 95,
    depth: Depth = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make a texture of any size from one picture or more.

    And say which statistics of theirs it has, and how nearly.
    """
    from tfnst import files, images

    images.check_target(output, depth=depth)
    terminal.require_recipe(no_recipe, paths)
    terminal.keep_apart([*sources, Path(weights)], [output])
    files.require_writable(output)
    from tfnst.synthesis.texture_settings import LEAST_SOURCE, TextureSettings

    for source in sources:
        images.require_picture(source, LEAST_SOURCE)
    width, height = _sides(size)

    choices: dict[str, Any] = dict(method=method, tileable=tileable, seed=seed)
    if steps:
        choices["steps"] = terminal.steps_of_levels(steps)
    settings = TextureSettings(height, width, source_size=source_size, **choices)
    device_scope = devices.start_tensorflow(device)
    from tfnst.painting import textures

    options: dict[str, Any] = dict(network=network, weights=weights, quality=quality, depth=depth)
    recipe = textures.gather_texture(sources, settings, **options)
    with device_scope:
        _make(recipe, output, not no_recipe, paths, quiet, as_json)


def describe(report: TextureProgress) -> str:
    """Size and the first distance, for the progress bar."""
    name, distance = next(iter(report.distances.items()))
    return f"{report.width}×{report.height}  {name} {distance:.4f}"


def _sides(size: str) -> tuple[int, int]:
    """Width and height."""
    if not re.fullmatch(r"\d+(x\d+)?", size):
        raise ValueError(f"--size is {size!r}; give WIDTHxHEIGHT in pixels, such as 512x384")
    width, _, height = size.partition("x")
    return int(width), int(height or width)


def _make(
    recipe: TextureRecipe, output: Path, embed: bool, paths: bool, quiet: bool, as_json: bool
) -> None:
    """Synthesise, and write the texture, also where it was stopped; then with status 130 or 1."""
    from tfnst import files
    from tfnst.painting import recipes, textures

    began = time.perf_counter()
    work, finish = textures.begin(recipe)
    statistics: Statistics = {}
    bar = terminal.progress_bar(quiet, as_json, describe)
    stop = terminal.watch(work.run(), bar, lambda report: statistics.update(report.statistics))
    if stop and not work.steps_done:
        terminal.complain(f"{stop[0]}; nothing was made", stop[1])
    kept = recipe if paths else recipe.by_names()
    if not work.finished:
        kept = replace(kept, steps_done=work.steps_done)
    text = recipes.to_json(kept) if embed else None
    # What a first Ctrl-C promised, a second one does not take.
    with files.uninterrupted() if stop else contextlib.nullcontext():
        finish.write(output, work.picture(), text)
    seconds = round(time.perf_counter() - began, 1)
    if as_json:
        named = {k: {"before": b, "after": a} for k, (b, a) in statistics.items()}
        result: dict[str, Any] = dict(output=str(output), network=recipe.network, seconds=seconds)
        terminal.emit("done", **result, statistics=named, stopped=bool(stop))
    elif not quiet:
        _print_summary(recipe, output, statistics, seconds)
    if stop:
        text = f"{stop[0]} after step {work.steps_done}; {output} holds the texture so far"
        terminal.complain(text, stop[1])


def _print_summary(
    recipe: TextureRecipe, output: Path, statistics: Statistics, seconds: float
) -> None:
    settings = recipe.settings
    parts = [f"{settings.width}×{settings.height}", settings.method, recipe.network or ""]
    print("  ".join([str(output), *filter(None, parts), f"{seconds} s"]))
    if statistics:
        print("how far from the sources: noise, and this texture")
    for name, (before, after) in statistics.items():
        print(f"  {name:40} {before:9.4f} {after:9.4f}")
