"""Many pictures in one command: what became of each, as a summary, a manifest and a page."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tfnst import files
from tfnst.cli import terminal
from tfnst.cli.painting import describe

if TYPE_CHECKING:
    from tfnst.painting.pictures import Applied
    from tfnst.painting.series import SeriesProgress


@dataclass(frozen=True)
class Results:
    """Where pictures go, and what tells of them.

    Attributes:
        output: a file or folder.
        manifest: a file for what became of each; None for none.
        gallery: a file for a page of them; None for none.
    """

    output: Path
    manifest: Path | None = None
    gallery: Path | None = None

    def check(self, read: Sequence[Path]) -> None:
        """ValueError for files that cannot be written, or that are among those that are read."""
        written = [file for file in (self.manifest, self.gallery) if file is not None]
        terminal.keep_apart(list(read), written)
        if self.gallery is not None and self.gallery.suffix not in (".html", ".htm"):
            raise ValueError(f"--gallery {str(self.gallery)!r}: end its name in .html")
        for file in written:
            files.require_writable(file)

    def write(self, reports: Sequence[Applied]) -> list[str]:
        """The manifest and the page; of pictures that are on none, a line each."""
        from tfnst.painting import results

        if self.manifest is not None:
            files.write_bytes(self.manifest, results.manifest(reports).encode())
        if self.gallery is None:
            return []
        page, errors = results.page(reports, self.output.name)
        files.write_bytes(self.gallery, page.encode(errors="replace"))
        return errors

    def summarise(
        self, reports: Sequence[Applied], quiet: bool, errors: Sequence[str] = ()
    ) -> None:
        """Say how it went, with other errors; leave with status 1 where some picture failed."""
        if not quiet:
            print(_summary(reports, self.output))
        failed = [*(report.error for report in reports if report.error), *errors]
        for error in failed:
            terminal.remark(error)
        if failed:
            raise typer.Exit(1)


def _summary(reports: Sequence[Applied], output: Path) -> str:
    seconds = sum(report.seconds for report in reports)
    if len(reports) == 1 and not reports[0].error:
        return f"{reports[0].output}  {seconds:.2f} s"
    skipped = sum(report.skipped for report in reports)
    painted = sum(not (report.skipped or report.error) for report in reports)
    failed = len(reports) - painted - skipped
    return f"{output}  {painted} painted, {skipped} skipped, {failed} failed  {seconds:.1f} s"


def paint_folder(
    folder: Path,
    results: Results,
    read: Sequence[Path],
    recipe_of: Callable[[Path], Any],
    skip_existing: bool,
    embed: bool,
    paths: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Paint a folder's photos by optimisation; ends with status 130 when it was stopped."""
    from tfnst.painting.series import paint_series
    from tfnst.painting.targets import Targets

    results.check(read)
    targets = Targets([folder], results.output, read)
    terminal.remark_on_unread(targets)
    if not targets.pairs:
        raise ValueError(f"no picture in {folder}; give a photo, or a folder that holds some")
    with contextlib.suppress(files.FileError):  # a photo's, which is told of with the others
        recipe_of(targets.pairs[0][0])  # what cannot go together, before any picture
    reports: list[Applied] = []
    series = paint_series(targets, recipe_of, skip_existing, embed, paths)
    stopped = False
    try:
        with terminal.progress_bar(quiet, False, _describe) as show:
            for report in series:
                if report.done is not None:
                    reports.append(report.done)
                    if as_json:
                        terminal.emit("picture", **asdict(report.done))
                if not as_json:
                    show(report)
    except KeyboardInterrupt:
        stopped = True
    with files.uninterrupted():
        errors = results.write(reports)
    if stopped:
        text = f"stopped; {len(reports)} of {len(targets.pairs)} are done, --skip-existing goes on"
        terminal.complain(text, 130)
    results.summarise(reports, quiet or as_json, errors)


def _describe(report: SeriesProgress) -> str:
    name = Path(report.source).name
    return name if report.progress is None else f"{name}  {describe(report.progress)}"
