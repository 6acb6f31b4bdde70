"""What it takes to make a picture again: inputs, settings, network and versions, as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from tfnst import images
from tfnst.features import vgg_architecture, vgg_weights
from tfnst.painting.sources import Source, homes, is_share, versions
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import Progress, StyleTransfer

_KINDS: dict[str, Any] = {
    "content": dict,
    "styles": list,
    "shares": list,
    "settings": dict,
    "network": str,
    "weights": dict,
    "start": dict | None,
    "steps_done": int | None,
    "quality": int,
    "versions": dict,
}


@dataclass(frozen=True)
class Recipe:
    """A painting by optimisation, complete: the same recipe gives the same picture.

    Attributes:
        content: the photo's file.
        styles: the artworks' files.
        shares: how much each style counts; relative to each other.
        settings: see `Settings`.
        network: name of the feature network.
        weights: the file of its weights.
        start: the file of the picture to start from, if there is one.
        steps_done: of a run that was stopped.
        quality: of the file's encoding, 1 to 100.
        versions: of the packages that took part, and of the machine.
    """

    content: Source
    styles: tuple[Source, ...]
    shares: tuple[float, ...]
    settings: Settings
    network: str
    weights: Source
    start: Source | None = None
    steps_done: int | None = None
    quality: int = 95
    versions: dict[str, str] = field(default_factory=versions)

    @classmethod
    def gather(
        cls,
        content: str | Path,
        styles: Sequence[str | Path],
        settings: Settings,
        *,
        shares: Sequence[float] | None = None,
        network: str = "auto",
        weights: str = "auto",
        start: str | Path | None = None,
        quality: int = 95,
    ) -> Recipe:
        """Resolve names and hash every file; ValueError for one that is missing."""
        name, _ = vgg_weights.choose_network(network, weights)
        if name not in vgg_architecture.ARCHITECTURES:
            known = ", ".join(("auto", *vgg_architecture.ARCHITECTURES))
            raise ValueError(f"network {name!r} is unknown; use one of {known}")
        return cls(
            content=Source.of(content),
            styles=tuple(Source.of(style) for style in styles),
            shares=tuple(shares or [1.0] * len(styles)),
            settings=settings,
            network=name,
            weights=Source.of(vgg_weights.weights_file(name, weights)),
            start=None if start is None else Source.of(start),
            quality=quality,
        )

    @property
    def sources(self) -> list[Source]:
        """Every file that it was made from."""
        return [self.content, *self.styles, self.weights, *([self.start] if self.start else [])]

    def by_names(self) -> Recipe:
        """The same without the folders of its files."""
        return replace(
            self,
            content=self.content.by_name(),
            styles=tuple(style.by_name() for style in self.styles),
            weights=self.weights.by_name(),
            start=self.start and self.start.by_name(),
        )

    def begin(self, *folders: Path) -> tuple[StyleTransfer, np.ndarray | None]:
        """The painting, ready to run, and the content's alpha at the size of the result.

        Inputs that have moved are looked for in `folders`.
        """
        size, scale = self.settings.size, self.settings.style_scale
        content = _loaded(self.content.find(*folders), size)
        styles = [_loaded(style.find(*folders), size * scale) for style in self.styles]
        weights_homes = (
            vgg_weights.LITE_WEIGHTS.parent,
            vgg_weights.keras_cache().parent,
            Path(os.environ.get(vgg_weights.WEIGHTS_VARIABLE, "")).parent,
        )
        weights = self.weights.find(*weights_homes, *folders)
        painting = StyleTransfer(
            content.rgb,
            styles,
            self.settings,
            shares=self.shares,
            network=self.network,
            weights=str(weights),
            start=None if self.start is None else _loaded(self.start.find(*folders), size).rgb,
        )
        alpha = content.alpha
        if alpha is not None:
            alpha = images.resize(alpha, *painting.shape)
        return painting, alpha

    def to_json(self) -> str:
        """One line of JSON, with sorted keys."""
        return json.dumps({"tfnst": "stylize", **asdict(self)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what `to_json` wrote; ValueError for anything else."""
        try:
            data = json.loads(text)
            if not isinstance(data, dict) or data.pop("tfnst") != "stylize":
                raise ValueError("it is of another kind of picture")
            for name, kind in _KINDS.items():
                if not isinstance(data[name], kind):
                    raise ValueError(f"{name} is {data[name]!r}")
            if not (data["steps_done"] is None or data["steps_done"] > 0):
                raise ValueError(f"steps_done is {data['steps_done']!r}")
            if not all(is_share(share) for share in data["shares"]):
                raise ValueError("shares is not a list of numbers from 0 to 1e9")
            data["content"] = Source(**data["content"])
            data["weights"] = Source(**data["weights"])
            data["styles"] = tuple(Source(**style) for style in data["styles"])
            data["shares"] = tuple(data["shares"])
            data["start"] = Source(**data["start"]) if data["start"] else None
            data["settings"] = settings_from(data["settings"])
            return cls(**data)
        except KeyError as error:
            raise ValueError(f"this recipe cannot be read: it has no {error}") from None
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"this recipe cannot be read: {error}") from None


def paint_again(
    recipe: Recipe,
    picture: Path,
    show: Callable[[Progress], None],
    inputs: Sequence[Path] = (),
) -> bytes:
    """The bytes of the file that the recipe makes, in the format of `picture`, with its text.

    Inputs are looked for in `homes(picture, inputs)`.
    """
    held = images.load(picture).recipe
    painting, alpha = recipe.begin(*homes(picture, inputs))
    # A run that was stopped may have been watched more closely than the usual.
    for report in painting.run(10 if recipe.steps_done is None else 1):
        show(report)
        if report.step == recipe.steps_done:
            break
    return images.encode(
        picture, painting.picture(), alpha=alpha, recipe=held, quality=recipe.quality
    )


def settings_from(values: dict[str, Any]) -> Settings:
    """Settings from JSON, where a tuple has become a list."""
    unknown = sorted(set(values) - {one.name for one in fields(Settings)})
    if unknown:
        raise ValueError(f"settings {', '.join(unknown)} are unknown to this version")
    restored: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
    }
    return Settings(**restored)


def _loaded(file: Path, size: float) -> images.Picture:
    """As large as it is; but what no camera makes, only as large as a painting of `size` needs."""
    return images.load(file, enough=max(4096, round(2 * size)))
