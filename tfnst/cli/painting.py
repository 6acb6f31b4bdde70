"""A painting from its recipe to its files, as the commands do it."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from tfnst import files, images
from tfnst.arguments import FieldError
from tfnst.cli import terminal
from tfnst.painting.recipes import InterfaceRecipe, Recipe, to_json

if TYPE_CHECKING:
    from tfnst.painting.finish import Finish
    from tfnst.synthesis.style_transfer import Progress, StyleTransfer


@dataclass(frozen=True)
class Outputs:
    """The files that a painting becomes.

    Attributes:
        picture: the painting's.
        comparison: of a sheet with photo, artworks and painting; None for none.
        recipe: of the recipe, as JSON; None for none.
        every: steps after which the picture so far is written; 0 for never.
        numbered: whether each of those has a file of its own.
        embed: whether the pictures hold their recipe.
        paths: whether a recipe tells the folders of its files too, and not their names alone.
    """

    picture: Path
    comparison: Path | None = None
    recipe: Path | None = None
    every: int = 0
    numbered: bool = False
    embed: bool = True
    paths: bool = False

    @property
    def files(self) -> list[Path]:
        """All but the stages."""
        return [file for file in (self.picture, self.comparison, self.recipe) if file is not None]

    def stage(self, step: int) -> Path:
        """Where the picture so far goes."""
        name = f"{self.picture.stem}_{step:05}{self.picture.suffix}"
        return self.picture.with_name(name) if self.numbered else self.picture

    def is_stage(self, file: Path) -> bool:
        """Whether a stage might overwrite that file."""
        pattern = rf"{re.escape(self.picture.stem)}_\d{{5,}}{re.escape(self.picture.suffix)}"
        resolved = file.resolve()
        beside = resolved.parent == self.picture.resolve().parent
        return self.numbered and beside and re.fullmatch(pattern, resolved.name) is not None


def describe(report: Progress) -> str:
    """Size and losses, for the progress bar."""
    return (
        f"{report.width}×{report.height}  style {report.style_loss:.4f}  "
        f"content {report.content_distance:.3f}"
    )


def color_method(keep: bool, method: str | None) -> Any:
    """What --keep-color and --color-method say together."""
    from tfnst.images.color import COLOR_METHOD, ColorMethod

    if method is not None and not keep:
        raise ValueError(f"--color-method {method!r} goes with --keep-color")
    if method not in (None, *get_args(ColorMethod)):
        raise FieldError("color_method", method, f"one of {', '.join(get_args(ColorMethod))}")
    return (method or COLOR_METHOD) if keep else None


@dataclass(frozen=True)
class _Work:
    """A painting at work, and what it becomes."""

    recipe: Recipe | InterfaceRecipe
    painting: StyleTransfer
    finish: Finish
    outputs: Outputs

    def paint(self, quiet: bool, as_json: bool) -> tuple[str, int] | None:
        """All steps, with stages written; why it ended before, and the exit status."""
        every = self.outputs.every
        height, width = self.painting.shape
        # Reports as often as usual, or a little more, so that they meet every Nth step; where a
        # step takes a minute, every one, or Ctrl-C would lose too much.
        usual = 10 if height * width <= images.ONE_STEP else 1
        often = max(n for n in range(1, usual + 1) if every % n == 0)

        def keep(report: Progress) -> None:
            if every and report.step % every == 0 and report.step < report.steps:
                self.save(self.outputs.stage(report.step))

        bar = terminal.progress_bar(quiet, as_json, describe)
        return terminal.watch(self.painting.run(often), bar, keep)

    def save(self, picture: Path) -> Recipe | InterfaceRecipe:
        """The picture so far, whose recipe this answers."""
        done = None if self.painting.finished else self.painting.steps_done
        recipe = replace(self.recipe, steps_done=done)
        text = to_json(recipe) if self.outputs.embed else None
        self.finish.write(picture, self.painting.picture(), text)
        return recipe

    def write(self) -> None:
        """All files."""
        recipe = self.save(self.outputs.picture)
        if self.outputs.recipe is not None:
            files.write_bytes(self.outputs.recipe, to_json(recipe).encode() + b"\n")
        if self.outputs.comparison is not None:
            from tfnst.images import figures

            pictures = self.painting.content, self.painting.styles, self.painting.picture()
            figures.write(figures.comparison_sheet(*pictures), self.outputs.comparison)


def paint_recipe(
    recipe: Recipe | InterfaceRecipe,
    outputs: Outputs,
    quiet: bool = False,
    as_json: bool = False,
) -> None:
    """Paint, show progress, and write the picture and what else was asked for.

    Ends with status 130 when it was stopped and 1 when it diverged, the picture so far written.
    """
    from tfnst.painting import optimization

    began, output = time.perf_counter(), outputs.picture
    painting, finish = optimization.begin(recipe, output.parent)
    work = _Work(recipe if outputs.paths else recipe.by_names(), painting, finish, outputs)
    stop = work.paint(quiet, as_json)
    if stop and not painting.steps_done:
        terminal.complain(f"{stop[0]}; nothing was painted", stop[1])
    # What a first Ctrl-C promised, a second one does not take.
    with files.uninterrupted() if stop else contextlib.nullcontext():
        work.write()
    seconds, network = round(time.perf_counter() - began, 1), recipe.network
    if as_json:
        result: dict[str, Any] = dict(output=str(output), network=network, seconds=seconds)
        terminal.emit("done", **result, stopped=bool(stop))
    elif not quiet:
        print(f"{output}  {painting.shape[1]}×{painting.shape[0]}  {network}  {seconds} s")
    if stop:
        reason, status = stop
        text = f"{reason} after step {painting.steps_done}; {output} holds the picture so far"
        terminal.complain(text, status)
