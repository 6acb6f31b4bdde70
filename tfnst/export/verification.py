"""Whether exported files are whole, and answer as the network did that they were made from."""

from __future__ import annotations

import importlib.util
import json
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfnst import files, images
from tfnst.export import processes
from tfnst.export.lite import Model
from tfnst.export.saved_models import BYTES_TOO
from tfnst.files import FileError, archives, read_text
from tfnst.files.folders import altered, contents, regular
from tfnst.networks.mixture import PHOTO
from tfnst.networks.style_names import is_name

SAVED_MODEL, DYNAMIC = "saved_model", "dynamic"
SERVING = "serving_default"  # of the .tflite files
# PSNR to Keras' answers, in decibels, at least. "int8" rounds activations too, which shows.
LEAST_PSNR = {
    SAVED_MODEL: 90.0,
    "float32": 90.0,
    "float16": 60.0,
    "int8-weights": 38.0,
    "int8": 25.0,
}
PLAINEST = ("float16", "float32", "int8-weights", "int8", SAVED_MODEL)  # to begin with, in order
EXPERIMENTAL = ("int8",)
EXTREMES = (OverflowError, RecursionError)
MOST_PARAMETERS = 10**12  # parameters of a network
BYTES = {"float32": 4, "float16": 2, "int8-weights": 1, "int8": 1}  # a parameter takes, at least
GRAPH = 400_000  # bytes of a file that are no weights, at most
CARD, GOLDEN = "card.json", "golden"
PAINTING = "stylized"  # the output that is a picture
ROUNDED = 45.0  # decibels that answers keep when they are compared in eight bits


@dataclass(frozen=True)
class Verified:
    """One file of an exported folder, tried.

    Attributes:
        step: the file's number, from 1.
        steps: how many files there are.
        file: its name in the folder.
        psnr: of its answer to the golden one, in decibels; None where nothing can run it.
        error: what is wrong with it, or None.
    """

    step: int
    steps: int
    file: str
    psnr: float | None = None
    error: str | None = None


def verify(folder: Path, trust: bool = False) -> Iterator[Verified]:
    """Try every file of a folder that `export` wrote, by its sums, its card and its golden pairs.

    Args:
        folder: the folder.
        trust: run a SavedModel, which is a program, whatever operations it holds.

    Yields:
        What became of each file.

    Raises:
        ValueError: a folder without a card that can be read.
    """
    card = read_card(folder)
    wrong = altered(folder)
    named = [entry["file"] for entry in card["files"]]
    others = {name: fault for name, fault in wrong.items() if name.split("/")[0] not in named}
    steps = len(named) + len(others)
    for step, entry in enumerate(card["files"], 1):
        within = [fault for name, fault in wrong.items() if name.split("/")[0] == entry["file"]]
        decibels, error = None, next(iter(within), None)
        if error is None:
            try:
                decibels = _answer(folder, card, entry, trust)
            except (OSError, ValueError, RuntimeError) as failure:
                error = str(failure)
        yield Verified(step, steps, entry["file"], decibels, error)
    for step, (name, error) in enumerate(others.items(), 1 + len(named)):
        yield Verified(step, steps, name, None, error)


def read_card(folder: Path) -> dict[str, Any]:
    """The card of an exported folder; ValueError where there is none that tells what is needed."""
    try:
        card = json.loads(read_text(regular(folder, CARD)))
        kinds = {"tfnst": str, "inputs": dict, "golden": dict, "parameters": int, "files": list}
        fit = all(isinstance(card[name], kind) for name, kind in kinds.items())
        styles = card.get("styles", [])
        golden = [np.array(value, np.float32) for value in card["golden"].values()]
        fit = fit and bool(card["files"]) and 0 < card["parameters"] < MOST_PARAMETERS
        fit = fit and all(np.isfinite(value).all() for value in golden)
        fit = fit and _are_names(styles) and _are_texts(card, styles[1:])
        if not (fit and all(_is_known(entry) for entry in card["files"])):
            raise ValueError("it is of another kind")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, *EXTREMES) as error:
        raise ValueError(
            f"{folder} has no {CARD} of tfnst export; name a folder it wrote"
        ) from error
    return dict(card)


def _is_known(entry: dict[str, Any]) -> bool:
    """Whether a file of a card can be looked for: it is here, of a format and a size we know."""
    size = entry["size"] == DYNAMIC or re.fullmatch("[1-9][0-9]{1,4}", entry["size"]) is not None
    here = re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", entry["file"]) is not None
    return entry["format"] in LEAST_PSNR and size and here and isinstance(entry["sha256"], str)


def _are_names(styles: Any) -> bool:
    """Whether rows have names, the photo first; a network of features has none."""
    if not isinstance(styles, list) or styles[:1] not in ([], [PHOTO]):
        return False
    return all(map(is_name, styles[1:])) and len(set(styles)) == len(styles)


def _are_texts(card: dict[str, Any], styles: list[str]) -> bool:
    """Whether what a card adds to styles is text: thumbnails for all, artworks for some."""
    files, works = card.get("thumbnails", dict.fromkeys(styles, "")), card.get("artworks", {})
    texts = [files[name] for name in styles]
    texts += [text for name in styles for text in works.get(name, {}).values()]
    return all(isinstance(text, str) for text in texts)


def _answer(
    folder: Path, card: Mapping[str, Any], entry: Mapping[str, Any], trust: bool
) -> float | None:
    """PSNR of one file's answer to the golden one, None where nothing can run it."""
    file, kind, size = folder / entry["file"], entry["format"], entry["size"]
    if digest(file) != entry["sha256"]:
        raise ValueError("is not the file of the card: its SHA-256 differs")
    image, expected = read_golden(folder, size)
    others = {k: np.array([v], np.float32) for k, v in card["golden"].items()}
    example = {"image": image[None], **others}
    if kind != SAVED_MODEL:
        lite = Model(file)
        fixed = size != DYNAMIC
        require_whole(lite, set(card["inputs"]), card["parameters"], kind, fixed)
        answer = lite(**example)
    elif importlib.util.find_spec("tensorflow") is None:
        return None
    else:
        answer = served(file, example, trust)
    decibels = round(closeness(_summary(answer), expected), 1)
    # Means are kept of activations: they are smaller, and so is what they are compared with.
    least = min(LEAST_PSNR[kind], ROUNDED) if PAINTING in expected else LEAST_PSNR[kind] - 6
    if not decibels >= least:
        raise ValueError(
            f"answers otherwise than it did: {decibels} dB, and {least:.0f} are wanted"
        )
    return decibels


def write_golden(
    folder: Path, size: str, image: np.ndarray, answer: Mapping[str, np.ndarray]
) -> None:
    """Keep a picture (H, W, 3), of eight bits, and what a network answers to it."""
    (folder / GOLDEN).mkdir(exist_ok=True)
    images.save(folder / GOLDEN / f"{size}_input.png", image)
    summary = _summary(answer)
    if set(summary) == {PAINTING}:
        images.save(folder / GOLDEN / f"{size}_output.png", summary[PAINTING])
    else:
        np.savez_compressed(folder / GOLDEN / f"{size}_output.npz", **dict[str, Any](summary))


def read_golden(folder: Path, size: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """What `write_golden` wrote; ValueError that names a file that is damaged."""
    image = images.load(regular(folder, f"{GOLDEN}/{size}_input.png")).rgb
    if not (folder / GOLDEN / f"{size}_output.npz").exists():
        painting = images.load(regular(folder, f"{GOLDEN}/{size}_output.png"))
        return image, {PAINTING: painting.rgb}
    return image, _read_numbers(regular(folder, f"{GOLDEN}/{size}_output.npz"))


def _read_numbers(file: Path) -> dict[str, np.ndarray]:
    try:
        numbers = archives.read(file)
        if all(v.dtype.kind == "f" and v.size and np.isfinite(v).all() for v in numbers.values()):
            return numbers
    except Exception as error:  # of NumPy, zipfile, zlib, struct, as the damage will have it
        raise FileError(file, "it is damaged; export again") from error
    raise FileError(file, "it holds other than finite numbers; export again")


def _summary(answer: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A painting (H, W, 3) as it is; of activations, which are large, the mean of each channel."""
    return {k: v[0] if k == PAINTING else v.mean((0, 1, 2)) for k, v in answer.items()}


def closeness(answer: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> float:
    """The least PSNR of the answers, in decibels, relative to 1 or what is larger in `expected`.

    nan where one is, or for other names.
    """
    if set(answer) != set(expected):
        return float("nan")
    peaks = {k: max(1.0, float(np.abs(v).max())) for k, v in expected.items()}
    # Not Python's min, which overlooks a nan.
    return float(np.min([psnr(answer[k] / peak, expected[k] / peak) for k, peak in peaks.items()]))


def require_whole(
    lite: Model, names: Collection[str], parameters: int, kind: str, fixed: bool
) -> None:
    """Refuse a file that is not as it was to be.

    Args:
        lite: the file.
        names: of its inputs.
        parameters: how many the network has.
        kind: one of `LEAST_PSNR`.
        fixed: whether it is of one size.

    Raises:
        RuntimeError: names or weights that are lost, weights that have not shrunk, or, of one size,
            a file that XNNPACK cannot run alone.
    """
    size, least = lite.path.stat().st_size, BYTES[kind] * parameters
    if list(lite.signatures) != [SERVING] or set(lite.shapes) != set(names):
        raise RuntimeError(f"{lite.path.name} has lost the names of its inputs")
    if size < 0.9 * least:
        raise RuntimeError(f"{lite.path.name} has {size} bytes, and its weights alone {least}")
    if size > 1.5 * least + GRAPH:
        raise RuntimeError(f"{lite.path.name} has {size} bytes, too many for weights of {least}")
    if fixed and (alone := lite.left_over()):
        raise RuntimeError(f"{lite.path.name}: XNNPACK does not run {', '.join(alone)}")


def served(
    folder: Path, example: Mapping[str, np.ndarray], trust: bool = False
) -> dict[str, np.ndarray]:
    """What a SavedModel answers in a fresh process.

    Raises RuntimeError if it does not, when its bytes differ from its floats, or, unless there is
    `trust`, when its graph does more than compute.
    """
    with tempfile.TemporaryDirectory() as temporary:
        question, answer = Path(temporary) / "question.npz", Path(temporary) / "answer.npz"
        np.savez(question, **dict[str, Any](example))
        ended = processes.run_module(
            "export.saved_models", folder.resolve(), question, answer, trust
        )
        if ended.returncode:
            reason = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise RuntimeError(f"{folder.name} cannot be served: {reason}")
        with np.load(answer) as arrays:
            answers = dict(arrays)
    painted = answers.pop(BYTES_TOO, None)
    if painted is not None:
        near = psnr(painted / np.float32(255), answers[PAINTING])
        if not near >= ROUNDED:
            raise RuntimeError(f"{folder.name}: serve_uint8 is {near:.1f} dB from serve")
    return answers


def psnr(picture: np.ndarray, reference: np.ndarray) -> float:
    """Peak signal-to-noise ratio of pictures in [0, 1], in decibels, 200 at most; nan if one is."""
    return float(-10 * np.log10(np.mean(np.square(picture - reference, dtype=np.float64)) + 1e-20))


def digest(file: Path) -> str:
    """The SHA-256 of a file; of a SavedModel, that of its weights: a random number is beside."""
    if file.is_symlink() or not file.is_dir():
        return files.sha256(regular(file.parent, file.name))
    weights = sorted(file.glob("variables/*.data-*"))
    if len(weights) != 1:
        raise ValueError("has lost its variables")
    for part in contents(file):
        regular(file, part.relative_to(file).as_posix())
    return files.sha256(weights[0])
