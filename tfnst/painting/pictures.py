"""Picture files through a network in one pass each, with recipes to make them again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tfnst import assets, files, images
from tfnst.files import FileError
from tfnst.painting.appearance import GRADIENT, Look, Painter, paint
from tfnst.painting.sources import Source, homes, is_share, versions
from tfnst.painting.targets import Jobs

KIND = "apply"  # of recipe
LITE = ".tflite"
_KINDS: dict[str, Any] = {
    "styles": dict,
    "strength": int | float,
    "masks": list,
    "keep_color": bool,
    "size": int | None,
    "quality": int,
}


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
class PassRecipe:
    """One picture through a network, complete: the same recipe gives the same picture.

    Attributes:
        picture: the photo's file.
        model: the network's file.
        masks: the files of `look.masks`, none for a gradient.
        look: how it is painted.
        versions: of the packages that took part, and of the machine.
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

    @property
    def needs_tensorflow(self) -> bool:
        """Whether the network is no exported file."""
        return Path(self.model.path).suffix != LITE

    def by_names(self) -> PassRecipe:
        """The same without the folders of its files."""
        masks = tuple(mask.by_name() for mask in self.masks)
        look = replace(self.look, masks=tuple(Path(mask).name for mask in self.look.masks))
        return PassRecipe(self.picture.by_name(), self.model.by_name(), masks, look, self.versions)

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
            look = data["look"]
            for name, kinds in _KINDS.items():
                if not isinstance(look[name], kinds):
                    raise ValueError(f"{name} is {look[name]!r}")
            if not all(is_share(n) for n in (*look["styles"].values(), look["strength"])):
                raise ValueError("styles or strength is not of numbers from 0 to 1e9")
            if look["masks"] != [GRADIENT] and len(look["masks"]) != len(data["masks"]):
                raise ValueError("masks is not as long as look's: each file is told by its hash")
            if not all(isinstance(mask, str) for mask in look["masks"]):
                raise ValueError("masks holds other than names")
            data["look"] = Look(**look | {"masks": tuple(look["masks"])})
            data["masks"] = tuple(Source(**mask) for mask in data["masks"])
            return cls(**data | {k: Source(**data[k]) for k in ("picture", "model")})
        except KeyError as error:
            raise ValueError(f"this recipe cannot be read: it has no {error}") from None
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"this recipe cannot be read: {error}") from None

    def encoded(self, target: Path, painter: Painter, recipe: str | None, *folders: Path) -> bytes:
        """The bytes of the file that it makes, which holds `recipe`, the text of one or None.

        Inputs that have moved are looked for in `folders`.
        """
        file = self.picture.find(*folders)
        picture = images.load(file, self.look.size)
        if (shortest := min(picture.rgb.shape[:2])) < images.MIN_SIDE:
            raise FileError(
                file,
                f"at size {self.look.size} its shorter side has {shortest} pixels, and "
                f"{images.MIN_SIDE} are needed; use a larger --size, or 0",
            )
        masks = tuple(mask.find(*folders) for mask in self.masks) or self.look.masks
        painted = paint(painter, picture, replace(self.look, masks=masks))
        options: dict[str, Any] = dict(recipe=recipe, quality=self.look.quality)
        return images.encode(target, painted, alpha=picture.alpha, **options)


def paint_again(recipe: PassRecipe, picture: Path, inputs: Sequence[Path] = ()) -> bytes:
    """The bytes of the file that the recipe makes, in the format of `picture`, with its text.

    Inputs are looked for in `homes(picture, inputs)`.
    """
    held, folders = images.load(picture).recipe, homes(picture, inputs)
    return recipe.encoded(picture, _opened(recipe.model.find(*folders)), held, *folders)


def _opened(model: Path) -> Painter:
    """The network in a file; only a .tflite file does without TensorFlow."""
    if model.suffix == LITE:
        from tfnst.export.lite import Stylizer

        return Stylizer(model)
    from tfnst.networks import style_network

    return (
        style_network.read(model) if model.suffix == ".npz" else style_network.load_network(model)
    )


def _told(failure: Exception, source: Path) -> str:
    """One line that names the file."""
    text = str(failure) or type(failure).__name__
    if isinstance(failure, OSError) and failure.filename:
        text = f"{failure.filename}: {failure.strerror}; use another --output"
    return text.splitlines()[0] if str(source) in text else f"{source}: {text.splitlines()[0]}"


def run(
    painter: Painter,
    jobs: Jobs,
    look: Look,
    model: str | Path,
    skip_existing: bool = False,
    embed: bool = True,
    paths: bool = False,
) -> Iterator[Applied]:
    """Paint one picture after the other; one that cannot be read or written stops nothing.

    With `embed`, every picture holds its recipe, for which `model` is where the network came from;
    with `paths`, that tells the folders of its files too, and not their names alone. Raises
    ValueError for masks that cannot be read.
    """
    look.shares(images.MIN_SIDE, images.MIN_SIDE)
    mask_files = () if look.masks == (GRADIENT,) else look.masks
    masks = tuple(Source.of(mask) for mask in mask_files)
    origin = Source.of(assets.PRESETS.get(str(model), model))
    steps = len(jobs.pairs)
    for step, (source, target) in enumerate(jobs.pairs, 1):
        began, error = time.perf_counter(), None
        skipped = skip_existing and target.exists()
        try:
            if not skipped:
                recipe = PassRecipe(Source.of(source), origin, masks, look)
                target.parent.mkdir(parents=True, exist_ok=True)
                text = (recipe if paths else recipe.by_names()).to_json() if embed else None
                files.write_bytes(target, recipe.encoded(target, painter, text))
        except Exception as failure:  # also TensorFlow's, as when a picture does not fit its memory
            if jobs.single:
                raise
            error = _told(failure, source)
        seconds = round(time.perf_counter() - began, 3)
        yield Applied(step, steps, str(source), str(target), seconds, skipped, error)
