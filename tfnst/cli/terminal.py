"""What every command shares: silence, devices, a progress bar, and errors of one line."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import io
import itertools
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from tfnst.arguments import FieldError
from tfnst.files import STOPPING

if TYPE_CHECKING:
    from tfnst.images import Keep
    from tfnst.painting.targets import Targets
    from tfnst.training.photo_folder import PhotoFolder

Report = Callable[[Any], None]
# Options that are not called as the fields that they set, or those but for a plural's s.
OPTIONS = {
    "shares": "--style-weight",
    "style_weights": "--style-layer",
    "style_sizes": "--style-size",
    "histogram": "--histogram-weight",
    "height": "--size",
    "width": "--size",
}
HEAVY = ("tensorflow", "keras", "h5py", "scipy", "matplotlib")  # what a light installation lacks


def stop_as_ctrl_c_does() -> None:
    """Have every request to stop raise KeyboardInterrupt, or unfinished work would stay behind.

    What is ignored stays so, as under nohup.
    """
    for number in STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def open_streams() -> None:
    """Give a process whose standard streams were closed empty ones: no file takes their numbers."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


class _Forgiving(io.FileIO):
    """A file that loses what cannot be written, and keeps the reason."""

    lost: str | None = None

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.lost = error.strerror
            return len(data)


def _raw_output() -> Any:
    buffer = getattr(sys.stdout, "buffer", None)
    return getattr(buffer, "raw", buffer)


def lost_output() -> str | None:
    """Why words on standard output were lost; None if none were."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    raw = _raw_output()
    return raw.lost if isinstance(raw, _Forgiving) else None


def forgiving_streams() -> None:
    """Have standard output and error replace what their encoding lacks: no word undoes work.

    Nor does one that standard output does not take, on a full disk; `lost_output` tells why.
    """
    raw = _raw_output()
    if isinstance(raw, io.FileIO) and raw.fileno() == 1:  # and no test's
        forgiving = _Forgiving(1, "w", closefd=False)
        unbuffered, encoding = raw is sys.stdout.buffer, sys.stdout.encoding
        buffer: Any = forgiving if unbuffered else io.BufferedWriter(forgiving)
        options: dict[str, Any] = dict(line_buffering=sys.stdout.isatty(), write_through=unbuffered)
        sys.stdout = io.TextIOWrapper(buffer, encoding, **options)
    for stream, errors in ((sys.stdout, "replace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """End with one line and status 2 for misuse, 1 for failure, 130 for Ctrl-C; no traceback."""
    try:
        yield
    except FieldError as error:
        complain(_as_typed(error), 2)
    except ValueError as error:
        complain(str(error), 1 if _disk_refused(error) else 2)
    except KeyboardInterrupt:
        complain("stopped", 130)
    except MemoryError:
        complain("out of memory; use a smaller --size", 1)
    except OSError as error:
        named = f"{error.filename}: {error.strerror}; check its permissions and the disk's space"
        complain(named if error.filename else str(error), 1)
    except RuntimeError as error:
        complain(str(error) or type(error).__name__, 1)
    except Exception as error:
        if hasattr(error, "format_message"):  # Click's, which Typer keeps to itself.
            complain(_misuse(error), 2)
        if type(error).__module__.startswith("tensorflow"):
            complain(_tensorflow_failed(error), 1)
        if isinstance(error, ModuleNotFoundError) and error.name in HEAVY:
            complain(f"{error.name} is missing; pip install {' '.join(HEAVY)}", 1)
        raise


def _as_typed(error: FieldError) -> str:
    """The error with the option in place of the field, where one has set it."""
    plain = f"--{error.field.replace('_', '-')}"
    for option in (plain, plain.removesuffix("s"), OPTIONS.get(error.field, plain)):
        pairs = itertools.pairwise((*sys.argv[1:], ""))
        values = [
            word.partition("=")[2] if word.startswith(f"{option}=") else following
            for word, following in pairs
            if word.partition("=")[0] == option
        ]
        if values:
            repeated = isinstance(error.value, tuple) and len(error.value) == len(values)
            typed = " ".join(values) if repeated else values[-1]
            remedy = error.remedy.removeprefix("a tuple of ").removesuffix(" or None")
            return f"{option} is {typed}; use {remedy.rstrip(',')}"
    return str(error)


def _misuse(error: Any) -> str:
    """Click's words; of a number that Pydantic refuses, the option, its value and its range."""
    details = error.__cause__.errors() if hasattr(error.__cause__, "errors") else [{"type": ""}]
    kind = str(details[0]["type"])
    if not kind.startswith(("int_", "float_", "greater_", "less_")):
        return str(error.format_message())
    option, value = error.param.opts[0], details[0]["input"]
    words = {"from": getattr(error.param, "min", None), "to": getattr(error.param, "max", None)}
    limits = "".join(f" {word} {limit}" for word, limit in words.items() if limit is not None)
    noun = "a number" if kind.startswith("float_") else "a whole number"
    return f"{option} is {value}; use {noun}{limits}"


def _tensorflow_failed(error: Exception) -> str:
    if full := re.search(r"([^{};\n]+); No space left", str(error)):
        return f"{full[1].strip()}: the disk is full; make room, or use another --output"
    small = "Exhausted" in str(type(error))
    return "out of memory; use a smaller --size" if small else f"TensorFlow failed: {error}"


def _disk_refused(error: ValueError) -> bool:
    """Whether it is the machine's doing, such as a full disk, and not a wrong name."""
    names = (None, errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG)
    return isinstance(error.__cause__, OSError) and error.__cause__.errno not in names


def remark(message: str) -> None:
    """Write one line to standard error and go on."""
    first = next(iter(message.strip().splitlines()), "")
    with contextlib.suppress(OSError):  # The terminal may be gone; no word undoes work.
        print(f"tfnst: {first}", file=sys.stderr, flush=True)


def remark_on_unread(pictures: PhotoFolder | Targets) -> None:
    """Name what folders hold and nothing here reads: kinds of pictures, pipes, dead links."""
    if unread := pictures.unread:
        counts = ", ".join(f"{count} {ending}" for ending, count in unread.items())
        remark(f"skipped, of kinds that are not read: {counts}; convert them to .png")
    if irregular := pictures.irregular:
        which = f"{len(irregular)} that are" if len(irregular) > 1 else "1 that is"
        remark(f"skipped, {which} no regular file: {irregular[0]}; put a file in its place")


def remark_on_skipped(photos: PhotoFolder, quiet: bool) -> None:
    """Say what a training does not learn from, of all that lies in the photos' folders."""
    remark_on_unread(photos)
    if photos.skipped and not quiet:
        count = photos.skipped + len(photos.files)
        remark(
            f"{photos.skipped} of {count} files are no photos of {photos.smallest} px or more; "
            "skipped"
        )


def complain(message: str, status: int) -> NoReturn:
    """Write one line to standard error and leave."""
    remark(message)
    raise SystemExit(status)


@contextlib.contextmanager
def progress_bar(quiet: bool, as_json: bool, describe: Callable[[Any], str]) -> Iterator[Report]:
    """A function that shows a progress report, as the terminal has it.

    A report has `step` and `steps`, and may have a `fraction` of the work done.

    A bar with time left on a terminal's standard error; JSON lines on standard output instead
    with `as_json`; nothing with `quiet`.
    """
    if as_json:
        yield lambda report: emit("progress", **dataclasses.asdict(report))
        return
    if quiet:
        yield lambda report: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        BarColumn(24),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda report: bar.update(
            task,
            completed=getattr(report, "fraction", report.step / report.steps),
            total=1.0,
            description=f"{report.step}/{report.steps}  {describe(report)}",
        )


def watch(
    reports: Iterable[Any],
    bar: contextlib.AbstractContextManager[Report],
    each: Report = lambda report: None,
) -> tuple[str, int] | None:
    """Show a synthesis' reports; why it ended before the last, and the exit status for that.

    After each, `each` is called with it.
    """
    from tfnst.synthesis.progress import DivergenceError

    try:
        with bar as show:
            for report in reports:
                show(report)
                each(report)
    except KeyboardInterrupt:
        return "stopped", 130
    except DivergenceError as error:
        return str(error), 1
    return None


def follow(
    reports: Generator[Any, None, None],
    bar: contextlib.AbstractContextManager[Report],
    advice: str,
) -> None:
    """Show a training's reports; on Ctrl-C have it keep what it learnt, and leave with advice."""
    try:
        with contextlib.closing(reports), bar as show:
            for report in reports:
                show(report)
    except KeyboardInterrupt:
        complain(advice, 130)


def emit(event: str, **values: Any) -> None:
    """One line of JSON on standard output."""
    print(json.dumps({"event": event, **values}), flush=True)


def keep_apart(
    inputs: list[Path], targets: list[Path], beside: Mapping[str, Path] = MappingProxyType({})
) -> None:
    """ValueError for a target that would overwrite an input or another target.

    So would what is written `beside` the first of them, {what it is: its file}.
    """
    taken = [file.resolve() for file in inputs]
    for noun, file in beside.items():
        if file.resolve() in taken and file != targets[0]:
            raise ValueError(
                f"{file} would be overwritten by the {noun} beside {targets[0]}; "
                "use another --output"
            )
    for target in targets:
        if target.resolve() in taken:
            raise ValueError(f"{target} is named twice; it would be overwritten, so use another")
        taken.append(target.resolve())


def number(option: str, text: str, kind: type[Any] = float) -> Any:
    """A number given as text; ValueError names the option."""
    try:
        return kind(text)
    except ValueError:
        wanted = "whole number" if kind is int else "number"
        raise ValueError(f"{option} holds {text!r}; give a {wanted}") from None


def steps_of_levels(text: str) -> tuple[int, ...]:
    """What --steps holds, by commas."""
    return tuple(number("--steps", part, int) for part in text.split(","))


def require_recipe(no_recipe: bool, paths: bool) -> None:
    """Refuse --paths where there is no recipe to tell them."""
    if no_recipe and paths:
        raise ValueError("--paths goes without --no-recipe: they would be part of it")


def kept_metadata(everything: bool, nothing: bool) -> Keep:
    """What of a photo's metadata --keep-metadata, --no-metadata or neither keep."""
    if everything and nothing:
        raise ValueError("--keep-metadata goes without --no-metadata; give one of them")
    return "all" if everything else "none" if nothing else "public"


def parts(text: str) -> tuple[str, ...]:
    """What a list by commas holds."""
    return tuple(part.strip() for part in text.split(","))
