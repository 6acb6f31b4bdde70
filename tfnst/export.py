"""A network to a folder for phones and servers: its files, each tried, and all about them."""

from __future__ import annotations

import hashlib
import json
import shutil
import statistics
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from tfnst import assets, conversion, handbook, images
from tfnst.latency import milliseconds
from tfnst.lite import MULTIPLE, NAMES, Model
from tfnst.networks import StyleNetwork
from tfnst.rows import PHOTO
from tfnst.verification import (
    CARD,
    DYNAMIC,
    EXPERIMENTAL,
    GOLDEN,
    LEAST,
    SAVED_MODEL,
    SIGNATURE,
    digest,
    psnr,
    require_whole,
    served,
)

FORMATS = (SAVED_MODEL, *conversion.PRECISIONS)
FREE = (192, 256)  # of the pictures that a file for any size is tried on
THUMBNAIL = 128


@dataclass(frozen=True)
class ExportSettings:
    """What is to be written.

    Attributes:
        formats: of `FORMATS`.
        sizes: of the .tflite files: sides of squares, in pixels, and "dynamic" for any size.

    Raises:
        ValueError: an unknown format, or a size that no file can have.
    """

    formats: tuple[str, ...] = (SAVED_MODEL, "float16", "int8-weights")
    sizes: tuple[str, ...] = ("256", "512", DYNAMIC)

    def __post_init__(self) -> None:
        for name in self.formats:
            if name not in FORMATS:
                raise ValueError(f"format {name!r} is unknown; use {', '.join(FORMATS)}")
        for size in self.sizes:
            if size != DYNAMIC and not (size.isdecimal() and 32 <= int(size) <= 4096):
                raise ValueError(f"size {size!r} is none; use a number, 32 to 4096, or {DYNAMIC}")
            if size != DYNAMIC and int(size) % MULTIPLE:
                raise ValueError(f"size {size} is no multiple of {MULTIPLE}; use one")
        if not self.formats or not self.sizes:
            raise ValueError("formats or sizes is empty; give at least one of each")
        if not self.files():
            raise ValueError("int8 needs a size of its own; add one to sizes, such as 256")

    def files(self) -> list[tuple[str, str]]:
        """Format and size of each; a SavedModel takes any size, and int8 none but its own."""
        lite = [(kind, size) for kind in self.formats for size in self.sizes if kind != SAVED_MODEL]
        lite = [pair for pair in lite if pair != ("int8", DYNAMIC)]
        return [(SAVED_MODEL, DYNAMIC)] * (SAVED_MODEL in self.formats) + lite


@dataclass(frozen=True)
class Exported:
    """One file that was written and tried.

    `psnr` is that of its answers to Keras', in decibels, the worst of all; `milliseconds` those of
    one pass here, the median, of a .tflite file.
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
    network: StyleNetwork,
    name: str,
    folder: Path,
    settings: ExportSettings,
    about: Mapping[str, Any] | None = None,
) -> Generator[Exported, None, None]:
    """Write a network as `folder`: files, names of styles, golden pairs, a card, how to use it.

    The folder appears when all of it is written and every file answered as the network does; until
    then it has another name. `about` adds to `card.json`: artists, licences, credits. Raises
    ValueError for a folder that holds something else, RuntimeError for a file that answers
    otherwise.
    """
    _require_room(folder)
    new = folder.with_name(f".new-{folder.name}")
    shutil.rmtree(new, ignore_errors=True)
    try:
        new.mkdir()
        done = []
        for exported in _files(network, name, new, settings):
            done.append(exported)
            yield exported
        _golden(network, new, settings)
        (new / NAMES).write_text("\n".join((PHOTO, *network.styles)) + "\n", "utf-8")
        _thumbnails(network, new / "thumbnails")
        card = _card(network, name, done, about or {})
        (new / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")
        for file, text in handbook.pages(card).items():
            (new / file).write_text(text, "utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        new.replace(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _require_room(folder: Path) -> None:
    """ValueError for what is no folder, or holds anything but an earlier export."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"output {str(folder)!r} is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / CARD).is_file():
        raise ValueError(f"output {str(folder)!r} holds other files; name a new folder")
    if not folder.parent.is_dir():
        raise ValueError(f"there is no folder {str(folder.parent)!r}; make it first")


def _files(
    network: StyleNetwork, name: str, folder: Path, settings: ExportSettings
) -> Iterator[Exported]:
    """Every file, written and tried."""
    model = conversion.deployable(network)
    wanted = settings.files()
    given = {size: examples(network, size) for _, size in wanted}
    answers = {
        size: [ops.convert_to_numpy(model(each)["stylized"]) for each in tried]
        for size, tried in given.items()
    }
    for step, (kind, size) in enumerate(wanted, 1):
        tried, expected = given[size], answers[size]
        file = folder / (SAVED_MODEL if kind == SAVED_MODEL else f"{name}_{size}_{kind}.tflite")
        took = None
        if kind == SAVED_MODEL:
            conversion.write_saved_model(model, file)
            found = [served(file, each)["stylized"] for each in tried[:1]]
        else:
            shapes = _shapes(network, size)
            file.write_bytes(conversion.to_tflite(model, shapes, kind, tried))
            lite = Model(file)
            require_whole(lite, network.count_params(), kind, fixed=size != DYNAMIC)
            found = [lite(**each)["stylized"] for each in tried]
            took = round(statistics.median(milliseconds(lite, tried[0]) for _ in range(5)), 1)
        worst = min(psnr(a, b) for a, b in zip(found, expected, strict=False))
        if not worst >= LEAST[kind]:
            raise RuntimeError(
                f"{file.name} answers otherwise than the network: {worst:.1f} dB, and "
                f"{LEAST[kind]:.0f} are wanted; leave {kind} out of --formats"
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


def examples(network: StyleNetwork, size: str) -> list[dict[str, np.ndarray]]:
    """Inputs to try a file of that size with: two pictures, each in several styles and mixtures."""
    height, width = FREE if size == DYNAMIC else (int(size), int(size))
    first, last = network.styles[0], network.styles[-1]
    mixtures = [
        network.weights_for(first),
        network.weights_for(last, 0.7),
        network.weights_for(dict.fromkeys(network.styles, 1.0)),
    ]
    pictures = [
        images.filled(images.load(file).rgb, height, width)
        for file in (assets.photo(), assets.artwork(assets.NAMES[0]))
    ]
    return [
        {"image": picture[None], "style_weights": weights[None]}
        for picture in pictures
        for weights in mixtures
    ]


def _shapes(network: StyleNetwork, size: str) -> dict[str, tuple[int | None, ...]]:
    side = None if size == DYNAMIC else int(size)
    return {"image": (1, side, side, 3), "style_weights": (1, 1 + len(network.styles))}


def _parts(file: Path) -> list[Path]:
    return sorted(part for part in file.rglob("*") if part.is_file()) if file.is_dir() else [file]


def _golden(network: StyleNetwork, folder: Path, settings: ExportSettings) -> None:
    """For every size a picture, and what the first style makes of it, rounded to eight bits."""
    (folder / GOLDEN).mkdir()
    for size in dict.fromkeys(size for _, size in settings.files()):
        image = images.as_uint8(examples(network, size)[0]["image"][0])
        painted = network.stylize(images.validate(image), network.styles[0])
        images.save(folder / GOLDEN / f"{size}_input.png", image / np.float32(255))
        images.save(folder / GOLDEN / f"{size}_output.png", painted)


def _thumbnails(network: StyleNetwork, folder: Path) -> None:
    """The bundled photo in every style."""
    folder.mkdir()
    photo = images.load(assets.photo(), 2 * THUMBNAIL).rgb
    edge = min(photo.shape[:2])
    for name in network.styles:
        painted = network.stylize(photo[:edge, :edge], name)
        images.save(folder / f"{name}.jpg", images.resize(painted, THUMBNAIL, THUMBNAIL))


def weights_digest(network: StyleNetwork) -> str:
    """The SHA-256 of a network's styles and weights: whether an export is of this network."""
    found = hashlib.sha256(repr((network.styles, network.settings)).encode())
    for weight in network.weights:
        found.update(ops.convert_to_numpy(weight).tobytes())
    return found.hexdigest()


def _card(
    network: StyleNetwork, name: str, files: list[Exported], about: Mapping[str, Any]
) -> dict[str, Any]:
    """All that a program has to know."""
    told = [{k: v for k, v in asdict(each).items() if k not in ("step", "steps")} for each in files]
    return {
        "tfnst": name,
        "network": weights_digest(network),
        "styles": [PHOTO, *network.styles],
        "inputs": {
            "image": "float32, (1, height, width, 3), RGB in [0, 1], sRGB",
            "style_weights": f"float32, (1, {1 + len(network.styles)}), from 0, of sum 1",
        },
        "outputs": {"stylized": "float32, like the image"},
        "multiple": MULTIPLE,
        "signature": SIGNATURE,
        "golden": {"weights": network.weights_for(network.styles[0]).tolist()},
        "parameters": network.count_params(),
        "files": told,
        "experimental": [each.file for each in files if each.format in EXPERIMENTAL],
        **about,
    }
