"""A painting from its recipe to its files, as the commands do it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfnst import files, images
from tfnst.cli import terminal
from tfnst.painting.recipes import Recipe, to_json

if TYPE_CHECKING:
    from tfnst.synthesis.style_transfer import Progress, StyleTransfer


def describe(report: Progress) -> str:
    """Size and losses, for the progress bar."""
    return (
        f"{report.width}×{report.height}  style {report.style_loss:.4f}  "
        f"content {report.content_distance:.3f}"
    )


def paint_recipe(
    order: Recipe,
    output: Path,
    comparison: Path | None = None,
    recipe_file: Path | None = None,
    save_every: int = 0,
    quiet: bool = False,
    as_json: bool = False,
    embed: bool = True,
    paths: bool = False,
    numbered: bool = False,
) -> None:
    """Paint, show progress, and write the picture and what else was asked for.

    With `embed`, the picture holds its recipe; with `paths`, a recipe tells the folders of its
    files too, and not their names alone. Ends with status 130 when it was stopped and 1 when it
    diverged, the picture so far written.
    """
    from tfnst.painting import optimization
    from tfnst.synthesis.style_transfer import DivergenceError

    began = time.perf_counter()
    painting, alpha = optimization.begin(order, Path(output).parent)
    order = order if paths else order.by_names()
    stopped, status = "", 0
    try:
        with terminal.progress_bar(quiet, as_json, describe) as show:
            due = save_every
            # Reports as often as usual, or a little more, so that they meet every Nth step.
            every = max(n for n in range(1, 11) if save_every % n == 0)
            for report in painting.run(every):
                show(report)
                if save_every and due <= report.step < report.steps:
                    due += save_every
                    name = f"{output.stem}_{report.step:05}{output.suffix}"
                    target = output.with_name(name) if numbered else output
                    _write(order, painting, alpha, target, embed)
    except KeyboardInterrupt:
        stopped, status = "stopped", 130
    except DivergenceError as error:
        stopped, status = str(error), 1
    if stopped and not painting.steps_done:
        terminal.complain(f"{stopped}; nothing was painted", status)
    # What a first Ctrl-C promised, a second one does not take.
    with files.uninterrupted() if stopped else contextlib.nullcontext():
        final = _write(order, painting, alpha, output, embed)
        if recipe_file is not None:
            files.write_bytes(recipe_file, to_json(final).encode() + b"\n")
        if comparison is not None:
            from tfnst.images import figures

            figures.write(
                figures.comparison_sheet(painting.content, painting.styles, painting.picture()),
                comparison,
            )
    seconds = round(time.perf_counter() - began, 1)
    if as_json:
        terminal.emit(
            "done",
            output=str(output),
            network=order.network,
            seconds=seconds,
            stopped=bool(stopped),
        )
    elif not quiet:
        print(f"{output}  {painting.shape[1]}×{painting.shape[0]}  {order.network}  {seconds} s")
    if stopped:
        terminal.complain(
            f"{stopped} after step {painting.steps_done}; {output} holds the picture so far",
            status,
        )


def _write(order: Recipe, painting: StyleTransfer, alpha: Any, output: Path, embed: bool) -> Recipe:
    done = None if painting.finished else painting.steps_done
    final = replace(order, steps_done=done)
    images.save(
        output,
        painting.picture(),
        alpha=alpha,
        recipe=to_json(final) if embed else None,
        quality=order.quality,
    )
    return final
