"""Whether exported files are whole, and answer as the network did that they were made from."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfnst import images
from tfnst.lite import NAMES, Model
from tfnst.rows import PHOTO

SAVED_MODEL, DYNAMIC = "saved_model", "dynamic"
SIGNATURE = "serving_default"  # of the .tflite files
# PSNR to Keras' answers, in decibels, at least. "int8" rounds activations too, which shows.
LEAST = {SAVED_MODEL: 90.0, "float32": 90.0, "float16": 60.0, "int8-weights": 38.0, "int8": 25.0}
EXPERIMENTAL = ("int8",)
BYTES = {"float32": 4, "float16": 2, "int8-weights": 1, "int8": 1}  # a parameter takes, at least
CARD, GOLDEN = "card.json", "golden"
ROUNDED = 45.0  # decibels that answers keep when they are compared in eight bits
# What a SavedModel is tried with: a process of its own, which has seen no Keras model.
SERVE = """
import sys, numpy, tensorflow
folder, given, answer = sys.argv[1:]
serve = tensorflow.saved_model.load(folder).signatures["serve"]
inputs = {k: tensorflow.constant(v) for k, v in numpy.load(given).items()}
numpy.savez(answer, **{k: v.numpy() for k, v in serve(**inputs).items()})
"""


@dataclass(frozen=True)
class Verified:
    """One file of an exported folder; `error` says what is wrong with it, or None."""

    step: int
    steps: int
    file: str
    psnr: float | None = None
    error: str | None = None


def verify(folder: Path) -> Iterator[Verified]:
    """Try every file of a folder that `export` wrote, by its card and its golden pairs.

    Raises ValueError for a folder without a card that can be read.
    """
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
        files, rows = card["files"], card["styles"]
        golden, parameters = card["golden"]["weights"], card["parameters"]
        told = [(each["file"], each["format"], each["size"], each["sha256"]) for each in files]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{folder} has no {CARD} of tfnst export; name a folder it wrote"
        ) from error
    weights = np.array([golden], np.float32)
    for step, (name, kind, size, sha256) in enumerate(told, 1):
        found, wrong = None, None
        try:
            found = _answer(folder, name, kind, size, sha256, weights, parameters)
        except (OSError, ValueError, RuntimeError) as error:
            wrong = str(error)
        yield Verified(step, len(told) + 1, name, found, wrong)
    listed = folder / NAMES
    named = listed.read_text("utf-8").split() if listed.is_file() else []
    wrong = None if named == rows and rows[0] == PHOTO else "does not name the rows of the card"
    yield Verified(len(told) + 1, len(told) + 1, NAMES, None, wrong)


def _answer(
    folder: Path,
    name: str,
    kind: str,
    size: str,
    sha256: str,
    weights: np.ndarray,
    parameters: int,
) -> float | None:
    """PSNR of one file's answer to the golden one, None where nothing can run it."""
    file = folder / name
    if not file.exists():
        raise ValueError("is not there")
    if digest(file) != sha256:
        raise ValueError("is not the file that was exported: its SHA-256 differs")
    pair = (images.load(folder / GOLDEN / f"{size}_{end}.png").rgb for end in ("input", "output"))
    image, expected = pair
    example = {"image": image[None], "style_weights": weights}
    if kind != SAVED_MODEL:
        lite = Model(file)
        require_whole(lite, parameters, kind, fixed=size != DYNAMIC)
        answer = lite(**example)
    elif importlib.util.find_spec("tensorflow") is None:
        return None
    else:
        answer = served(file, example)
    found = round(psnr(answer["stylized"][0], expected), 1)
    least = min(LEAST[kind], ROUNDED)
    if not found >= least:
        raise ValueError(f"answers otherwise than it did: {found} dB, and {least:.0f} are wanted")
    return found


def require_whole(lite: Model, parameters: int, kind: str, fixed: bool) -> None:
    """RuntimeError for a file without its weights or names, or that XNNPACK cannot run alone."""
    size, least = lite.path.stat().st_size, BYTES[kind] * parameters
    if list(lite.signatures) != [SIGNATURE] or set(lite.shapes) != {
        "image",
        "style_weights",
    }:
        raise RuntimeError(f"{lite.path.name} has lost the names of its inputs")
    if size < 0.9 * least:
        raise RuntimeError(f"{lite.path.name} has {size} bytes, and its weights alone {least}")
    if fixed and (alone := lite.left_over()):
        raise RuntimeError(f"{lite.path.name}: XNNPACK does not run {', '.join(alone)}")


def served(folder: Path, example: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What a SavedModel answers in a fresh process."""
    with tempfile.TemporaryDirectory() as place:
        given, answer = Path(place) / "given.npz", Path(place) / "answer.npz"
        np.savez(given, **dict[str, Any](example))
        command = [sys.executable, "-c", SERVE, str(folder), str(given), str(answer)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            reason = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise RuntimeError(f"{folder.name} cannot be served: {reason}")
        with np.load(answer) as arrays:
            return dict(arrays)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal-to-noise ratio of pictures in [0, 1], in decibels, 200 at most; nan if one is."""
    return float(-10 * np.log10(np.mean(np.square(one - other, dtype=np.float64)) + 1e-20))


def digest(file: Path) -> str:
    """The SHA-256 of a file; of a folder, that of the weights in it, which alone are repeatable."""
    if file.is_file():
        return images.sha256(file)
    weights = sorted(file.glob("variables/*.data-*"))
    if len(weights) != 1:
        raise ValueError("has lost its variables")
    return images.sha256(weights[0])
