"""A network to a folder for phones and servers: its files, each tried, and all about them."""

from __future__ import annotations

import functools
import json
import statistics
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from keras import ops
from pydantic import AfterValidator, Field

from tfnst import devices, files
from tfnst.export import conversion, readme
from tfnst.export.conversion import Example
from tfnst.export.latency import milliseconds
from tfnst.export.lite import Model
from tfnst.export.models import Exportable, exportable
from tfnst.export.verification import (
    CARD,
    DYNAMIC,
    EXPERIMENTAL,
    LEAST_PSNR,
    SAVED_MODEL,
    SERVING,
    closeness,
    digest,
    require_whole,
    served,
    write_golden,
)
from tfnst.features.vgg import FeatureExtractor
from tfnst.files.folders import replaced_folder
from tfnst.images.sizes import MULTIPLE
from tfnst.networks.style_names import file_stem
from tfnst.networks.style_network import StyleNetwork
from tfnst.validation import Checked, each_once

FORMATS = (SAVED_MODEL, *conversion.LITE_FORMATS)
SIDES = (32, 4096)  # of the pictures of a file, the smallest and the largest
EXAMPLE = (192, 256)  # of the pictures that a file for any size is tried on


def _size(size: str) -> str:
    plain = size.isascii() and size.isdecimal() and not size.startswith("0")
    sides = range(SIDES[0], SIDES[1] + 1, MULTIPLE)
    if size != DYNAMIC and not (plain and int(size) in sides):
        raise ValueError("no file has that size")
    return size


@dataclass(frozen=True)
class ExportSettings(Checked):
    """What is to be written.

    Attributes:
        formats: of `FORMATS`.
        sizes: of the .tflite files: sides of squares, in pixels, and "dynamic" for any size.

    Raises:
        ValueError: an unknown format, or a size that no file can have.
    """

    formats: Annotated[
        tuple[Literal["saved_model"] | conversion.LiteFormat, ...],
        AfterValidator(each_once),
        Field(description=f"one or more of {', '.join(FORMATS)}, each once"),
    ] = ("saved_model", "float16", "int8-weights")
    sizes: Annotated[
        tuple[Annotated[str, AfterValidator(_size)], ...],
        AfterValidator(each_once),
        Field(
            description=f"one or more multiples of {MULTIPLE} from {SIDES[0]} to {SIDES[1]}, "
            f"or {DYNAMIC}, each once"
        ),
    ] = ("256", "512", DYNAMIC)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.files():
            raise ValueError("int8 needs a size of its own; add one to sizes, such as 256")

    def files(self) -> list[tuple[str, str]]:
        """Format and size of each; a SavedModel takes any size, and int8 none but its own."""
        lite = [(kind, size) for kind in self.formats for size in self.sizes if kind != SAVED_MODEL]
        lite = [pair for pair in lite if pair != ("int8", DYNAMIC)]
        return [(SAVED_MODEL, DYNAMIC)] * (SAVED_MODEL in self.formats) + lite

    def fixed(self) -> list[tuple[str, str]]:
        """Those of one size, as browsers and accelerators want them."""
        return [(kind, size) for kind, size in self.files() if size != DYNAMIC]


FOR_WEB = ExportSettings(("float16",), ("256", "512", "1024"))  # all that the studio takes


@dataclass(frozen=True)
class Exported:
    """One file that was written and tried.

    Attributes:
        step: how many files there are so far.
        steps: how many there are to be.
        file: its name in the folder.
        format: of `FORMATS`.
        size: side of its square, in pixels, or "dynamic".
        bytes: how many it has.
        sha256: of its bytes; of a SavedModel, of its weights.
        psnr: of its answers to Keras', in decibels, the worst of all.
        milliseconds: of one pass here, the median, of a .tflite file.
    """

    step: int
    steps: int
    file: str
    format: str
    size: str
    bytes: int
    sha256: str
    psnr: float
    milliseconds: float | None


def export(
    network: StyleNetwork | FeatureExtractor,
    name: str,
    folder: Path,
    settings: ExportSettings,
    about: Mapping[str, Any] | None = None,
) -> Generator[Exported, None, None]:
    """Write a network as a folder: files, golden pairs, a card, how to use it; styles' names.

    The folder appears when all of it is written and every file answered as the network does; until
    then it has another name.

    Args:
        network: what is to be exported.
        name: of the network; files begin with its `file_stem`.
        folder: a new one, or one that an export wrote.
        settings: which files are wanted.
        about: added to `card.json`, such as artworks, license, credits.

    Yields:
        A report of each file.

    Raises:
        ValueError: a folder that holds something else, or Keras on another backend than TensorFlow.
        RuntimeError: a file that answers otherwise.
    """
    devices.require_tensorflow("export")
    name = file_stem(name)
    with replaced_folder(folder) as new:
        subject = exportable(network, name)
        done = []
        for exported in _files(subject, name, new, settings):
            done.append(exported)
            yield exported
        subject.accompany(new)
        card = _card(subject, done) | dict(about or {})
        (new / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")
        for file, text in readme.pages(card).items():
            (new / file).write_text(text, "utf-8")


def _files(
    subject: Exportable, name: str, folder: Path, settings: ExportSettings
) -> Iterator[Exported]:
    """Every file, written and tried."""
    wanted = settings.files()
    sizes = dict.fromkeys(size for _, size in wanted)
    examples = {size: subject.examples(*_shape(size)) for size in sizes}
    answers = {size: [_answer(subject, example) for example in examples[size]] for size in sizes}
    for size in sizes:
        write_golden(folder, size, examples[size][0]["image"][0], answers[size][0])

    @functools.cache
    def converter(size: str) -> conversion.LiteConverter:
        return conversion.LiteConverter(subject.model, _shapes(size, examples[size][0]))

    for step, (kind, size) in enumerate(wanted, 1):
        file = folder / (SAVED_MODEL if kind == SAVED_MODEL else f"{name}_{size}_{kind}.tflite")
        make = functools.partial(converter, size)
        written, took = _write(subject, file, kind, examples[size], make)
        pairs = zip(written, answers[size], strict=False)
        worst = float(np.min([closeness(answer, expected) for answer, expected in pairs]))
        if not worst >= LEAST_PSNR[kind]:
            raise RuntimeError(
                f"{file.name} answers otherwise than the network: {worst:.1f} dB, and "
                f"{LEAST_PSNR[kind]:.0f} are wanted; leave {kind} out of --formats"
            )
        yield Exported(
            step,
            len(wanted),
            file.name,
            kind,
            size,
            sum(part.stat().st_size for part in _parts(file)),
            digest(file),
            round(worst, 1),
            took,
        )


def _shapes(size: str, example: Example) -> dict[str, tuple[int | None, ...]]:
    """Of each input of a .tflite file."""
    side, batch = (None, None) if size == DYNAMIC else (int(size), 1)
    return {
        name: (batch, side, side, 3) if name == "image" else (batch, *value.shape[1:])
        for name, value in example.items()
    }


def _write(
    subject: Exportable,
    file: Path,
    kind: str,
    examples: list[Example],
    converter: Callable[[], conversion.LiteConverter],
) -> tuple[list[Example], float | None]:
    """Write one file; its answers to what is given, and the milliseconds of a .tflite's pass."""
    if kind == SAVED_MODEL:
        conversion.write_saved_model(subject.model, file)
        return [served(file, example) for example in examples[:1]], None
    files.write_bytes(file, converter().convert(kind, examples))
    lite = Model(file)
    fixed = -1 not in lite.shapes["image"]
    require_whole(lite, set(examples[0]), subject.card["parameters"], kind, fixed=fixed)
    took = statistics.median(milliseconds(lite, examples[0]) for _ in range(5))
    return [lite(**example) for example in examples], round(took, 1)


def _answer(subject: Exportable, example: Example) -> Example:
    return {k: ops.convert_to_numpy(v) for k, v in subject.model(example).items()}


def _shape(size: str) -> tuple[int, int]:
    """Height and width of the pictures that a file of that size is tried on."""
    return EXAMPLE if size == DYNAMIC else (int(size), int(size))


def _parts(file: Path) -> list[Path]:
    return sorted(part for part in file.rglob("*") if part.is_file()) if file.is_dir() else [file]


def _card(subject: Exportable, files: list[Exported]) -> dict[str, Any]:
    """All that a program has to know."""
    entries = [
        {k: v for k, v in asdict(report).items() if k not in ("step", "steps")}
        | {"batch": "any" if report.size == DYNAMIC else 1}
        for report in files
    ]
    golden = {k: v[0].tolist() for k, v in subject.examples(*EXAMPLE)[0].items() if k != "image"}
    return {
        **subject.card,
        "signature": SERVING,
        "golden": golden,
        "files": entries,
        "experimental": [report.file for report in files if report.format in EXPERIMENTAL],
    }
