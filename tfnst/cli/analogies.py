"""The command that learns from a pair of pictures: analogy."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfnst.cli import terminal
from tfnst.cli.app import (
    AsJson,
    Depth,
    KeepMetadata,
    NoMetadata,
    NoRecipe,
    Option,
    Paths,
    Quiet,
    app,
)

if TYPE_CHECKING:
    from tfnst.painting.recipes import AnalogyRecipe
    from tfnst.synthesis.analogies import AnalogyProgress


@app.command()
def analogy(
    a: Annotated[Path, typer.Argument(metavar="A", help="A picture.")],
    a_prime: Annotated[
        Path, typer.Argument(metavar="A_PRIME", help="The same, as it is to become.")
    ],
    b: Annotated[
        Path, typer.Argument(metavar="B", help="Another picture, with which that is to be done.")
    ],
    output: Annotated[Path, Option("--output", "-o", help="A .png, .jpg, .webp or .tif file.")],
    kappa: Annotated[
        float, Option(help="Coherence: 0 for single pixels, more for larger patches of A_PRIME.")
    ] = 2.0,
    levels: Annotated[
        int | None, Option(help="Of the pyramids; as many as there can be, if not given.")
    ] = None,
    patch: Annotated[int, Option(help="Side of a neighbourhood in pixels: 3, 5, 7 or 9.")] = 5,
    mode: Annotated[
        str, Option(help="What is made: luminance, in the colours of B, or color.")
    ] = "luminance",
    match: Annotated[
        str | None, Option(help="What is compared of A and B: luminance or color; as --mode.")
    ] = None,
    remap: Annotated[
        bool, Option("--remap/--no-remap", help="Bring A and B to the same range of luminance.")
    ] = True,
    weight: Annotated[
        float, Option(help="Of B's likeness to A over that of the result to A_PRIME.")
    ] = 1.0,
    blur: Annotated[
        float, Option(metavar="PIXELS", help="Blur A first, where A is A_PRIME itself.")
    ] = 0.0,
    seed: Annotated[int, Option(help="Of the choice among places of A that are alike.")] = 0,
    size: Annotated[int, Option(help="Long side of the result at most, in pixels.")] = 512,
    pair_size: Annotated[
        int | None, Option(help="That of A and A_PRIME; as --size, if not given.")
    ] = None,
    enlarge: Annotated[bool, Option("--enlarge", help="Bring a smaller B to --size, too.")] = False,
    quality: Annotated[int, Option(min=1, max=100, help="Of JPEG and WebP, 1 to 100.")] = 95,
    depth: Depth = None,
    keep_metadata: KeepMetadata = False,
    no_metadata: NoMetadata = False,
    no_recipe: NoRecipe = False,
    paths: Paths = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Do to B what was done to A to make A_PRIME.

    A filter from a pair of pictures, a landscape from a map of labels, detail, or a texture.
    """
    from tfnst import files, images

    images.check_target(output, depth=depth)
    metadata = terminal.kept_metadata(keep_metadata, no_metadata)
    terminal.require_recipe(no_recipe, paths)
    terminal.keep_apart([a, a_prime, b], [output])
    files.require_writable(output)
    from tfnst.painting import analogies
    from tfnst.synthesis.analogy_settings import AnalogySettings

    choices: dict[str, Any] = dict(patch=patch, mode=mode, match=match)
    settings = AnalogySettings(
        kappa=kappa, levels=levels, remap=remap, weight=weight, blur=blur, seed=seed, **choices
    )
    sizes: dict[str, Any] = dict(size=size, pair_size=pair_size, enlarge=enlarge)
    finish: dict[str, Any] = dict(quality=quality, depth=depth, metadata=metadata)
    recipe = analogies.gather_analogy(a, a_prime, b, settings, **sizes, **finish)
    _make(recipe, output, not no_recipe, paths, quiet, as_json)


def describe(report: AnalogyProgress) -> str:
    """Size and likeness, for the progress bar."""
    return (
        f"{report.width}×{report.height}  distance {report.distance:.3f}  "
        f"coherent {report.coherent:.0%}"
    )


def _make(
    recipe: AnalogyRecipe, output: Path, embed: bool, paths: bool, quiet: bool, as_json: bool
) -> None:
    """Make B', and write it, also where it was stopped after a level; then with status 130."""
    from tfnst import files
    from tfnst.painting import analogies
    from tfnst.painting.recipes import to_json
    from tfnst.synthesis.coverage import ENOUGH

    began = time.perf_counter()
    work, finish = analogies.begin(recipe)
    reports: deque[AnalogyProgress] = deque(maxlen=1)
    bar = terminal.progress_bar(quiet, as_json, describe)
    stop = terminal.watch(work.run(), bar, reports.append)
    if stop and not work.steps_done:
        terminal.complain(f"{stop[0]}; nothing was made", stop[1])
    kept = recipe if paths else recipe.by_names()
    if stop:
        kept = replace(kept, steps_done=work.steps_done)
    # What a first Ctrl-C promised, a second one does not take.
    with files.uninterrupted() if stop else contextlib.nullcontext():
        text = to_json(kept) if embed else None
        finish.write(output, work.picture(), text)
    seconds, coverage = round(time.perf_counter() - began, 1), reports[-1].coverage
    height, width = work.b.shape[:2]
    if as_json:
        terminal.emit(
            "done", output=str(output), coverage=coverage, seconds=seconds, stopped=bool(stop)
        )
    elif not quiet:
        print(f"{output}  {width}×{height}  {seconds} s")
    if coverage < ENOUGH:
        terminal.remark(
            f"A hardly explains B: of its neighbourhoods, {1 - coverage:.0%} are farther "
            "from A's than most of these are from each other; use a pair more like B"
        )
    if stop:
        text = f"{stop[0]} after step {work.steps_done}; {output} holds its last complete level"
        terminal.complain(text, stop[1])
