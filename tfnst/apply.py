"""Picture files through a style network: one, many or folders, with masks, and as morphs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tfnst import assets, images, networks, plots
from tfnst.color import keep_color
from tfnst.datasets import PICTURE_SUFFIXES
from tfnst.decoding import FileError
from tfnst.networks import StyleNetwork
from tfnst.recipe import Source, versions

GRADIENT = "gradient"  # in place of masks: the styles from left to right
KIND = "apply"  # of recipe
_KINDS: dict[str, Any] = {
    "styles": dict,
    "strength": int | float,
    "masks": list,
    "keep_color": bool,
    "size": int | None,
    "quality": int,
}
KEPT = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}  # others get .png behind their names


@dataclass(frozen=True)
class Look:
    """How pictures are to be painted.

    Attributes:
        styles: shares, {name: number}, relative to each other.
        strength: 0 is the photo, 1 the style.
        masks: a grey picture a style, in order: white is the style, black the photo or another
            style; or `GRADIENT`, the styles from left to right (of one style: from the photo).
        keep_color: the photo's colours, the painting's luminance.
        size: long side of the result at most, in pixels; None for the picture's own.
        quality: of JPEG and WebP, 1 to 100.
    """

    styles: Mapping[str, float]
    strength: float = 1.0
    masks: tuple[str | Path, ...] = ()
    keep_color: bool = False
    size: int | None = 1024
    quality: int = 95

    def __post_init__(self) -> None:
        if self.masks and self.masks != (GRADIENT,) and len(self.masks) != len(self.styles):
            raise ValueError(
                f"masks: {len(self.masks)} for {len(self.styles)} styles; give one for each, in "
                f"order, or {GRADIENT!r}"
            )
        if self.masks and len(set(self.styles.values())) > 1:
            raise ValueError(f"styles is {dict(self.styles)}; with masks, give equal shares")

    def shares(self, height: int, width: int) -> dict[str, np.ndarray] | None:
        """What the masks say, {name: (height, width)}, for a picture of that size."""
        if not self.masks:
            return None
        if self.masks == (GRADIENT,):
            return dict(
                zip(self.styles, left_to_right(height, width, len(self.styles)), strict=True)
            )
        grey = [images.load(mask).rgb.mean(-1) for mask in self.masks]
        masks = [images.resize(mask, height, width) for mask in grey]
        return dict(zip(self.styles, masks, strict=True))


def left_to_right(height: int, width: int, count: int) -> list[np.ndarray]:
    """`count` masks (height, width) that follow each other; a single one rises from 0 to 1."""
    across = np.linspace(0, max(1, count - 1), width, dtype=np.float32)
    centres = range(count) if count > 1 else [1]
    hats = [np.clip(1 - np.abs(across - centre), 0, 1) for centre in centres]
    return [np.broadcast_to(hat, (height, width)) for hat in hats]


def paint(network: StyleNetwork, picture: images.Picture, look: Look) -> np.ndarray:
    """The picture in that look, (H, W, 3)."""
    photo = picture.rgb
    masks = look.shares(*photo.shape[:2])
    painted = network.stylize(photo, look.styles, look.strength, masks)
    return keep_color(photo, painted) if look.keep_color else painted


def morph(
    network: StyleNetwork, photo: images.Picture, styles: Sequence[str], frames: int, look: Look
) -> Iterator[np.ndarray]:
    """`frames` pictures (H, W, 3) on the way from the first of the styles to the last.

    What is transparent in the photo is white in them.
    """
    cover = 1.0 if photo.alpha is None else photo.alpha[..., None]
    if len(styles) < 2 or frames < 2:
        raise ValueError(f"a morph of {len(styles)} styles in {frames} frames; give two or more")
    for place in np.linspace(0, len(styles) - 1, frames):
        before = min(int(place), len(styles) - 2)
        shares = {styles[before]: before + 1 - place}
        shares[styles[before + 1]] = shares.get(styles[before + 1], 0.0) + place - before
        yield paint(network, photo, replace(look, styles=shares)) * cover + 1 - cover


def contact_sheet(network: StyleNetwork, photo: str | Path, size: int = 384) -> Figure:
    """A photo's file in every style that a network knows."""
    picture = images.load(photo, size).rgb
    painted = {name: network.stylize(picture, name) for name in network.styles}
    return plots.show({"photo": picture, **painted}, columns=6)


@dataclass(frozen=True)
class Applied:
    """One picture of several: painted, skipped, or failed for a reason."""

    step: int
    steps: int
    source: str
    output: str
    seconds: float
    skipped: bool = False
    error: str | None = None


@dataclass(frozen=True)
class Jobs:
    """Which pictures become which files.

    `sources` are pictures and folders, which are walked; `output` is a file for one picture, and
    else a folder, in which trees are kept; `others` are files that are read as well. Raises
    ValueError for names that do not go together and for results that would meet, or overwrite what
    is read.
    """

    sources: Sequence[Path]
    output: Path
    others: Sequence[Path] = ()
    pairs: tuple[tuple[Path, Path], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", tuple(self._pairs()))
        read = {file.resolve(): file for file in (*self.others, *(s for s, _ in self.pairs))}
        written: dict[Path, Path] = {}
        for source, target in self.pairs:
            place = target.resolve()
            if place in read:
                raise ValueError(f"{source} would overwrite {read[place]}; use another --output")
            if place in written:
                raise ValueError(
                    f"{written[place]} and {source} would both become {target}; paint them apart"
                )
            written[place] = source

    @property
    def single(self) -> bool:
        """Whether this is one picture into one file."""
        return len(self.sources) == 1 and not self.sources[0].is_dir() and self._names_file()

    def _names_file(self) -> bool:
        return bool(self.output.suffix) and not self.output.is_dir()

    def _pairs(self) -> Iterator[tuple[Path, Path]]:
        if self.single:
            images.check_target(self.output)
            yield self.sources[0], self.output
            return
        if self._names_file() or self.output.is_file():
            raise ValueError(f"output {str(self.output)!r} is one file; name a folder for several")
        for source in self.sources:
            if not source.is_dir():
                yield source, self.output / self._renamed(Path(source.name))
                continue
            base = self.output / (source.resolve().name if len(self.sources) > 1 else "")
            for file in sorted(source.rglob("*")):
                is_picture = file.suffix.lower() in PICTURE_SUFFIXES and file.is_file()
                if is_picture and not self._is_result(file, source):
                    yield file, base / self._renamed(file.relative_to(source))

    def _is_result(self, file: Path, source: Path) -> bool:
        """Whether a file lies in an output folder within the folder that is walked."""
        output = self.output.resolve()
        return source.resolve() in output.parents and output in file.resolve().parents

    def _renamed(self, file: Path) -> Path:
        return file if file.suffix.lower() in KEPT else file.with_name(f"{file.name}.png")


@dataclass(frozen=True)
class PassRecipe:
    """One picture through a network, complete: the same recipe gives the same picture.

    `masks` are the files of `look.masks`, none for a gradient.
    """

    picture: Source
    model: Source
    masks: tuple[Source, ...]
    look: Look
    versions: dict[str, str] = field(default_factory=versions)

    @property
    def sources(self) -> list[Source]:
        """Every file that it was made from."""
        return [self.picture, self.model, *self.masks]

    def to_json(self) -> str:
        """One line of JSON; the order of the styles is that of the masks."""
        values = asdict(self)
        values["look"]["masks"] = [str(mask) for mask in self.look.masks]
        return json.dumps({"tfnst": KIND, **values})

    @classmethod
    def from_json(cls, text: str) -> PassRecipe:
        """Read what `to_json` wrote; ValueError for anything else."""
        try:
            data = json.loads(text)
            if data.pop("tfnst") != KIND:
                raise ValueError("it is of another kind of picture")
            for name, kind in (("look", dict), ("versions", dict), ("masks", list)):
                if not isinstance(data[name], kind):
                    raise ValueError(f"{name} is {data[name]!r}")
            for name, kinds in _KINDS.items():
                if not isinstance(data["look"][name], kinds):
                    raise ValueError(f"{name} is {data['look'][name]!r}")
            if not all(isinstance(share, int | float) for share in data["look"]["styles"].values()):
                raise ValueError(f"styles is {data['look']['styles']!r}")
            data["look"] = Look(**data["look"] | {"masks": tuple(data["look"]["masks"])})
            data["masks"] = tuple(Source(**mask) for mask in data["masks"])
            return cls(**data | {k: Source(**data[k]) for k in ("picture", "model")})
        except KeyError as error:
            raise ValueError(f"this recipe cannot be read: it has no {error}") from None
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"this recipe cannot be read: {error}") from None

    def encoded(self, target: Path, network: StyleNetwork, *folders: Path) -> bytes:
        """The bytes of the file that it makes; moved inputs are looked for in `folders`."""
        file = self.picture.find(*folders)
        picture = images.load(file, self.look.size)
        if (shortest := min(picture.rgb.shape[:2])) < images.MIN_SIDE:
            raise FileError(
                file,
                f"at size {self.look.size} its shorter side has {shortest} pixels, and "
                f"{images.MIN_SIDE} are needed; use a larger --size, or 0",
            )
        masks = tuple(mask.find(*folders) for mask in self.masks) or self.look.masks
        painted = paint(network, picture, replace(self.look, masks=masks))
        options: dict[str, Any] = dict(recipe=self.to_json(), quality=self.look.quality)
        return images.encode(target, painted, alpha=picture.alpha, **options)


def paint_again(recipe: PassRecipe, picture: Path) -> bytes:
    """The bytes of the file that the recipe makes, in the format of `picture`."""
    folders = (picture.parent, assets.photo().parent, networks.PRESETS["gallery"].parent)
    model = recipe.model.find(*folders)
    read = networks.read if model.suffix == ".npz" else networks.load
    return recipe.encoded(picture, read(model), *folders)


def _told(failure: Exception, source: Path) -> str:
    """One line that names the file."""
    text = str(failure) or type(failure).__name__
    if isinstance(failure, OSError) and failure.filename:
        text = f"{failure.filename}: {failure.strerror}; use another --output"
    return text.splitlines()[0] if str(source) in text else f"{source}: {text.splitlines()[0]}"


def run(
    network: StyleNetwork,
    jobs: Jobs,
    look: Look,
    model: str | Path,
    skip_existing: bool = False,
) -> Iterator[Applied]:
    """Paint one picture after the other; one that cannot be read or written stops nothing.

    Every picture holds its recipe, for which `model` is where the network came from. Raises
    ValueError for masks that cannot be read.
    """
    look.shares(images.MIN_SIDE, images.MIN_SIDE)
    files = () if look.masks == (GRADIENT,) else look.masks
    masks = tuple(Source.of(mask) for mask in files)
    origin = Source.of(networks.PRESETS.get(str(model), model))
    steps = len(jobs.pairs)
    for step, (source, target) in enumerate(jobs.pairs, 1):
        began, error = time.perf_counter(), None
        skipped = skip_existing and target.exists()
        try:
            if not skipped:
                recipe = PassRecipe(Source.of(source), origin, masks, look)
                target.parent.mkdir(parents=True, exist_ok=True)
                images.write_bytes(target, recipe.encoded(target, network))
        except Exception as failure:  # also TensorFlow's, as when a picture does not fit its memory
            if jobs.single:
                raise
            error = _told(failure, source)
        seconds = round(time.perf_counter() - began, 3)
        yield Applied(step, steps, str(source), str(target), seconds, skipped, error)
