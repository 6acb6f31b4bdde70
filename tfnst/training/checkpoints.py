"""Where a training stands, in files: what it goes on from, and whether that is its own."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tfnst import files
from tfnst.files import leftovers


def state_file(output: Path) -> Path:
    """The file that a training goes on from."""
    return Path(f"{output}.checkpoints") / "state.weights.h5"


def schedule(output: Path) -> dict[str, Any]:
    """The schedule of the training that left a checkpoint (`steps`, `minutes`), or nothing."""
    if not state_file(output).exists():
        return {}
    state = state_file(output)
    with or_damaged(state):
        latest = noted(state)
        return {name: x for name, x in latest.items() if name not in ("step", "seconds")}


def noted(state: Path, step: int | None = None) -> dict[str, Any]:
    """What stands beside a checkpoint, at its step: the seconds so far, and the schedule.

    The clock is written before the checkpoint, so that of a process that died in between the one
    before it counts.
    """
    with or_damaged(state):
        latest = json.loads(_clock_file(state).read_text("utf-8"))
        before = latest.pop("before", {})
        return before if step is not None and before.get("step") == step else latest


def note(state: Path, **clock: Any) -> None:
    """Write `step`, `seconds` and the schedule beside a checkpoint that is about to be written."""
    latest: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        latest = json.loads(_clock_file(state).read_text("utf-8"))
    older = latest.pop("before", {})
    before = older if latest.get("step") == clock["step"] else latest
    files.write_bytes(_clock_file(state), json.dumps(clock | {"before": before}).encode())


def _clock_file(state: Path) -> Path:
    return state.with_name("clock.json")


def require_room(output: Path, resume: bool, *beside: Path) -> None:
    """ValueError where a training could not write, or would write over files that are there."""
    files.require_writable(output)
    state = state_file(output)
    if (state.parent / "checkpoint").exists():  # of `tf.train`, as tfnst 0.1 distilled
        raise ValueError(
            f"{state.parent} holds a distillation by tfnst 0.1, which cannot go on; use another "
            "--output"
        )
    if state.exists():
        if not resume:
            raise ValueError(f"{state.parent} holds a training; go on with --resume or delete it")
    elif not (resume and state.parent.exists()):  # or they are of a start that came to nothing
        for file in (output, *beside):
            if file.exists():
                raise ValueError(f"{file} exists and would be overwritten; use another --output")


def claim(output: Path) -> leftovers.Claim:
    """What keeps a second training from an output, as long as it is open; ValueError for it."""
    return leftovers.Claim(Path(f"{output}.checkpoints") / "lock", f"output {str(output)!r}")


@contextlib.contextmanager
def or_damaged(state: Path) -> Iterator[None]:
    """RuntimeError in place of what JSON, HDF5 and Keras say of a damaged checkpoint."""
    try:
        yield
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise RuntimeError(
            f"the checkpoint in {state.parent} is damaged; delete that folder, and begin again"
        ) from error


def require_same_run(folder: Path, **arguments: Any) -> None:
    """Note in a folder of checkpoints what they are made from; ValueError if that was another."""
    note = folder / "run.json"
    arguments = json.loads(json.dumps(arguments))  # as it will be read: tuples become lists
    if note.exists():
        try:
            before = json.loads(note.read_text("utf-8"))
        except ValueError:
            raise ValueError(f"{note} is damaged; delete {folder}, and begin again") from None
        changed = [f"{k} was {before.get(k)!r}" for k, v in arguments.items() if before.get(k) != v]
        if changed:
            raise ValueError(
                f"{folder} holds checkpoints of another training ({', '.join(changed)}); "
                "train as before, or delete it"
            )
    folder.mkdir(parents=True, exist_ok=True)
    for directory in (folder, folder.parent):
        leftovers.sweep(directory)
    files.write_bytes(note, json.dumps(arguments).encode())


class _Memory(io.BytesIO):
    """A file in memory that has a name, by whose ending Keras chooses a format."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def __str__(self) -> str:
        return self.name


def replace(target: Path, write: Callable[[Any], object]) -> None:
    """Have Keras write a file, `.keras` or `.weights.h5`, whole or not at all.

    Raises images.FileError when it cannot be written, on a full disk for one.
    """
    # HDF5 that meets a full disk crashes the process when the file is closed.
    write(memory := _Memory(target.name))
    files.write_bytes(target, memory.getvalue())
