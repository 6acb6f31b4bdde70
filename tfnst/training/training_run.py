"""One training of a style network, from artworks and photos to a finished file, as progress."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from tfnst import files, images
from tfnst.arguments import FieldError
from tfnst.features import vgg, vgg_architecture, vgg_weights
from tfnst.networks import style_names
from tfnst.networks.style_network import StyleNetwork
from tfnst.training import checkpoints, fitting, model_card, photo_folder
from tfnst.training.batches import StyleBatches
from tfnst.training.progress import TrainingProgress
from tfnst.training.settings import TrainingSettings
from tfnst.training.style_trainer import TERMS, Optimizer, StyleTrainer
from tfnst.training.targets import style_targets

RATE, WARM_UP = 2e-3, 300  # the learning rate, and steps until it is reached
ROW_RATE, ROW_WARM_UP = 2e-2, 100  # where all but rows stays as it is and can take no harm


def learning_rate(
    clock: fitting.Clock, highest: float, ahead: int = 0, warm_up: int = WARM_UP
) -> float:
    """Rises during the first steps, then falls along a cosine; of the steps `ahead`."""
    warm = min(1.0, max((clock.step + ahead) / warm_up, clock.fraction / 0.05))
    return highest * warm * (1 + math.cos(math.pi * clock.fraction)) / 2


def train(
    artworks: Mapping[str, str | Path | Sequence[str | Path]],
    photos: photo_folder.PhotoFolder,
    output: Path,
    settings: TrainingSettings,
    start: StyleNetwork | None = None,
    resume: bool = False,
    credit: str = "",
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Generator[TrainingProgress, None, None]:
    """Train a network for the styles of some pictures; write it.

    With `start` its styles stay as they are and the new ones become rows beside them; nothing else
    is trained, unless `settings.everything`: then the result has the styles of `artworks` alone,
    and only begins as `start`. Beside the `.keras` file stand a sheet of previews (`.png`), a model
    card (`.md`), a log (`.log.jsonl`) and checkpoints (`.checkpoints`), all of them renewed while
    it runs.

    Args:
        artworks: {name of a style: file of its picture, or files of several, whose statistics
            add up}.
        photos: what it learns from.
        output: the file of the network, a `.keras`.
        settings: see `TrainingSettings`.
        start: the network that it begins as.
        resume: go on from the checkpoint, to the end of the same schedule or of a longer one.
        credit: of artworks and photos, for the model card.
        callbacks: of Keras, as for `fit`; a report is an epoch to them, and they may stop it.

    Yields:
        A report every `log_every` steps; taking the next one trains on.

    Raises:
        ValueError: before it begins, for arguments of other types, artworks that cannot be read,
            names and files that are taken, or checkpoints of another training.
        RuntimeError: a damaged checkpoint; or a loss or weights that are no numbers any more: the
            checkpoint before them stays.
    """
    fitting.require_arguments(photos, settings, TrainingSettings, callbacks)
    named = {name: _files(several) for name, several in artworks.items()}
    require_ready(named, photos.folders, output, settings, start, resume)
    largest = 2 * max(settings.style_sizes)
    pictures = [
        [images.load(file, largest).over_white() for file in several] for several in named.values()
    ]
    network = _beginning(start, list(named), settings)
    origins = {"artworks": named, "credit": credit, "start": start}
    run = StyleRun(network, pictures, photos, output, settings, callbacks, origins)
    return run.begin(
        settings,
        artworks={k: [files.sha256(file) for file in several] for k, several in named.items()},
        photos=photos.sha256,
        start=None if start is None else list(start.styles),
    )


def require_ready(
    artworks: Mapping[str, str | Path | Sequence[str | Path]],
    folders: photo_folder.Folders,
    output: Path,
    settings: TrainingSettings,
    start: StyleNetwork | None = None,
    resume: bool = False,
) -> None:
    """ValueError for what can be told without a look at the photos, of which there may be many."""
    require_room(output, photo_folder.require_folders(folders), resume)
    style_names.require_names(list(artworks))
    taken = set(start.styles if start and not settings.everything else ()) & set(artworks)
    if taken:
        raise ValueError(f"style {min(taken)!r} is in the network already; give it another name")
    scale = (start.settings if start else settings.network).scale
    if settings.size % scale:
        raise FieldError("size", settings.size, f"a multiple of {scale} for this network")
    vgg_architecture.known_architecture(settings.extractor)
    vgg_weights.weights_file(settings.extractor)
    for name, several in artworks.items():
        if not _files(several):
            raise ValueError(f"artworks of style {name!r} are none; give one or more pictures")
        for file in _files(several):
            images.load(file, 64, draft=True)


def _files(artworks: str | Path | Sequence[str | Path]) -> list[Path]:
    """The files of one style."""
    return [Path(file) for file in photo_folder.listed(artworks)]


def require_room(output: Path, folders: Iterable[str | Path], resume: bool) -> None:
    """ValueError where a training would write over something, or into what it learns from."""
    if output.suffix != ".keras":
        raise ValueError(f"output is {str(output)!r}; end its name in .keras")
    sheet, card = output.with_suffix(".png"), output.with_suffix(".md")
    checkpoints.require_room(output, resume, card, sheet, model_card.log_file(output))
    for folder in folders:
        if Path(folder).resolve() in output.resolve().parents:
            raise ValueError(
                f"output {str(output)!r} lies in the photos' folder {str(folder)!r}, where its "
                "previews would be photos to learn from; use another folder"
            )


def _beginning(
    start: StyleNetwork | None, names: list[str], settings: TrainingSettings
) -> StyleNetwork:
    keras.utils.set_random_seed(settings.seed)
    policy = None if settings.precision == "float32" else f"mixed_{settings.precision}"
    if start is None:
        return StyleNetwork(names, settings.network, dtype=policy)
    return start.with_styles(
        names if settings.everything else [*start.styles, *names], dtype=policy
    )


class StyleRun(fitting.Run):
    """The training of a style network; `origins` are what its card names."""

    def __init__(
        self,
        network: StyleNetwork,
        artworks: Sequence[Sequence[np.ndarray]],
        photos: photo_folder.PhotoFolder,
        output: Path,
        settings: TrainingSettings,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        origins: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        # A network that is given has its own shape, whatever the settings say.
        settings = replace(settings, network=network.settings)
        self.network, self.photos, self.origins = network, photos, origins
        self.rate_chosen = settings.learning_rate is not None
        self.trained = range(len(network.styles) - len(artworks), len(network.styles))
        rate = RATE
        if self.trained.start:
            network.freeze_all_but_rows()
            # The photo's row belongs to the others too.
            settings, rate = replace(settings, photo_share=0.0), ROW_RATE
        settings = replace(settings, learning_rate=settings.learning_rate or rate)
        layers = dict.fromkeys((*settings.style_layers, *settings.content_layers))
        extractor = vgg.FeatureExtractor(settings.extractor, tuple(layers))
        targets = style_targets(extractor, artworks, settings, network.strokes)
        trainer = StyleTrainer(network, extractor, targets, settings)
        self.optimizer = Optimizer()
        trainer.compile(self.optimizer, jit_compile=False)
        self.optimizer.build(trainer.trainable_variables)
        super().__init__(trainer, output, settings, callbacks)

    def before_steps(self) -> None:
        """Set the learning rate."""
        highest, ahead = self.settings.learning_rate, self.settings.log_every
        warm_up = ROW_WARM_UP if self.trained.start else WARM_UP
        self.optimizer.learning_rate = learning_rate(self.clock, highest, ahead, warm_up)

    def schedule(self) -> dict[str, Any]:
        """Its length, and the learning rate."""
        return super().schedule() | {"learning_rate": self.settings.learning_rate}

    def go_on(self, noted: dict[str, Any]) -> None:
        """The clock, and the learning rate where no other is chosen."""
        super().go_on(noted)
        if not self.rate_chosen and "learning_rate" in noted:  # tfnst 0.1 noted none
            self.settings = replace(self.settings, learning_rate=noted["learning_rate"])

    def batches(self, count: int) -> StyleBatches:
        """Crops with their styles."""
        return StyleBatches(self.photos, self.trained, self.settings, count, self.clock.step)

    def report(self, means: dict[str, float]) -> TrainingProgress:
        """The terms' means, and where the training stands."""
        clock = self.clock
        return TrainingProgress(
            clock.step,
            clock.total,
            clock.fraction,
            **{name: means[name] for name in TERMS if name != "photo"},
            learning_rate=float(self.optimizer.learning_rate),
            seconds=clock.seconds,
        )

    def result(self) -> StyleNetwork:
        """The network with the averages of its weights, in float32."""
        averaged = self.network.with_styles(self.network.styles)
        pairs = zip(self.optimizer.averages(), self.trainer.trainable_variables, strict=True)
        averages = {id(weight): average for average, weight in pairs}
        for average, weight in zip(averaged.weights, self.network.weights, strict=True):
            average.assign(averages.get(id(weight), weight))
        return averaged

    def write(self) -> None:
        """Write the network, with the averages of its weights."""
        checkpoints.replace(self.output, self.result().save)

    def write_card(self, latest: TrainingProgress) -> None:
        """Write the card beside the network."""
        model_card.write_style_card(self.output, self.photos, latest, self.settings, **self.origins)

    def write_preview(self) -> None:
        """Write the sheet of previews."""
        images.save(self.output.with_suffix(".png"), self.preview())

    def preview(self, side: int = 256) -> np.ndarray:
        """A few photos, one above the other, in every style that is trained."""
        network, files = self.result(), self.photos.files
        chosen = [files[i * len(files) // 3] for i in range(min(3, len(files)))]
        rows = []
        for file in chosen:
            photo = images.load(file).rgb
            edge = min(photo.shape[:2])
            square = images.resize(photo[:edge, :edge], side, side)
            names = [network.styles[row] for row in self.trained]
            rows.append(np.concatenate([square, *(network.stylize(square, n) for n in names)], 1))
        return np.concatenate(rows)
