"""One training of a network for any artwork, from pictures to a finished file, as progress."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfnst import files, images
from tfnst.arguments import FieldError
from tfnst.features import vgg
from tfnst.images.sizes import HALO
from tfnst.networks.any_style import AnyStyleNetwork
from tfnst.training import checkpoints, fitting, model_card, photo_folder
from tfnst.training.any_style_trainer import TERMS, AnyStyleTrainer
from tfnst.training.artwork_views import ArtworkView, measured_views, measuring
from tfnst.training.batches import AnyStyleBatches
from tfnst.training.progress import TrainingProgress
from tfnst.training.settings import AnyStyleTrainingSettings
from tfnst.training.style_trainer import Optimizer
from tfnst.training.training_run import learning_rate, require_room

RATE = 2e-3
OF_COMPONENTS = 100  # photos whose activations' components are taken, beside all artworks'
COMPONENTS_SIZE = 288  # pixels, the long side at which that is done


def train_any(
    artworks: Sequence[Path],
    others: Sequence[Path],
    photos: photo_folder.PhotoFolder,
    output: Path,
    settings: AnyStyleTrainingSettings,
    start: AnyStyleNetwork | None = None,
    resume: bool = False,
) -> Generator[TrainingProgress, None, None]:
    """Train a network for any artwork; write it.

    Views of all artworks are measured first, which takes about half a second each. Beside the
    `.keras` file stand a sheet of previews (`.png`), a card (`.md`), a log (`.log.jsonl`) and
    checkpoints.

    Args:
        artworks: files that are learnt from.
        others: files of textures and of other pictures that are no artworks.
        photos: what is painted, and what some of it is painted after, too.
        output: the file of the network, a `.keras`.
        settings: see `AnyStyleTrainingSettings`.
        start: the network that it begins as; it stays as it is.
        resume: go on from the checkpoint.

    Yields:
        A report every `log_every` steps; taking the next one trains on.

    Raises:
        ValueError: before it begins, for arguments of other types, pictures that cannot be read, an
            output that is taken, or checkpoints of another training.
    """
    fitting.require_arguments(photos, settings, AnyStyleTrainingSettings, ())
    if not artworks:
        raise ValueError("artworks is empty; give one or more pictures")
    require_room(output, photo_folder.require_folders(photos.folders), resume)
    if (settings.size + 2 * HALO) % settings.network.scale:
        raise FieldError("size", settings.size, f"a multiple of {settings.network.scale}")
    for file in (*artworks, *others):
        images.load(file, 64, draft=True)
    run = AnyStyleRun(artworks, others, photos, output, settings, start)
    hashes = [files.sha256(file) for file in (*artworks, *others)]
    return run.begin(
        settings,
        artworks=hashes,
        photos=photos.sha256,
        start=None if start is None else _digest(start),
    )


class AnyStyleRun(fitting.Run):
    """The training of a network for any artwork."""

    def __init__(
        self,
        artworks: Sequence[Path],
        others: Sequence[Path],
        photos: photo_folder.PhotoFolder,
        output: Path,
        settings: AnyStyleTrainingSettings,
        start: AnyStyleNetwork | None = None,
    ) -> None:
        self.photos, self.artworks = photos, list(artworks)
        keras.utils.set_random_seed(settings.seed)
        self.rate_chosen = settings.learning_rate is not None
        settings = replace(settings, learning_rate=settings.learning_rate or RATE)
        if start is None:
            self.network = _beginning(artworks, photos, settings)
        else:
            settings = replace(settings, network=start.settings)
            self.network = _copied(start)
        layers = dict.fromkeys((*settings.style_layers, *settings.content_layers))
        extractor = vgg.FeatureExtractor(settings.extractor, tuple(layers))
        self.views = _views(self.network, extractor, artworks, others, photos, settings)
        trainer = AnyStyleTrainer(self.network, extractor, settings)
        self.optimizer = Optimizer()
        trainer.compile(self.optimizer, jit_compile=False)
        self.optimizer.build(trainer.trainable_variables)
        super().__init__(trainer, output, settings)

    def before_steps(self) -> None:
        """Set the learning rate."""
        highest, ahead = self.settings.learning_rate, self.settings.log_every
        self.optimizer.learning_rate = learning_rate(self.clock, highest, ahead)

    def schedule(self) -> dict[str, Any]:
        """Its length, and the learning rate."""
        return super().schedule() | {"learning_rate": self.settings.learning_rate}

    def go_on(self, noted: dict[str, Any]) -> None:
        """The clock, and the learning rate where no other is chosen."""
        super().go_on(noted)
        if not self.rate_chosen:
            self.settings = replace(self.settings, learning_rate=noted["learning_rate"])

    def batches(self, count: int) -> AnyStyleBatches:
        """Crops, each with a view."""
        return AnyStyleBatches(self.photos, self.views, self.settings, count, self.clock.step)

    def report(self, means: dict[str, float]) -> TrainingProgress:
        """The terms' means, and where the training stands."""
        clock = self.clock
        return TrainingProgress(
            clock.step,
            clock.total,
            clock.fraction,
            **{name: means[name] for name in TERMS if name != "photo"},
            outliers=0.0,
            stability=0.0,
            learning_rate=float(self.optimizer.learning_rate),
            seconds=clock.seconds,
        )

    def result(self) -> AnyStyleNetwork:
        """The network with the averages of its weights."""
        averaged = _copied(self.network)
        pairs = zip(self.optimizer.averages(), self.trainer.trainable_variables, strict=True)
        averages = {id(weight): average for average, weight in pairs}
        for target, weight in zip(averaged.weights, self.network.weights, strict=True):
            target.assign(averages.get(id(weight), weight))
        return averaged

    def write(self) -> None:
        """Write the network, with the averages of its weights."""
        checkpoints.replace(self.output, self.result().save)

    def write_card(self, latest: TrainingProgress) -> None:
        """Write the card beside the network."""
        model_card.write_any_style_card(
            self.output, self.photos, self.artworks, latest, self.settings
        )

    def write_preview(self) -> None:
        """Write the sheet of previews."""
        images.save(self.output.with_suffix(".png"), self.preview())

    def preview(self, side: int = 192) -> np.ndarray:
        """Some artworks one above the other, and a few photos after each."""
        network, files_of_photos = self.result(), self.photos.files
        thirds = (i * len(files_of_photos) // 3 for i in range(3))
        photos = [_square(files_of_photos[i], side) for i in thirds]
        rows = [np.concatenate([np.ones_like(photos[0]), *photos], 1)]
        for file in self.artworks[:: -(-len(self.artworks) // 8)]:
            artwork = images.load(file, 2 * side).over_white()
            style = network.description(artwork)
            painted = [network.stylize(photo, style) for photo in photos]
            rows.append(np.concatenate([images.resize(artwork, side, side), *painted], 1))
        return np.concatenate(rows)


def _digest(network: AnyStyleNetwork) -> str:
    return hashlib.sha256(
        b"".join(weight.tobytes() for weight in network.get_weights())
    ).hexdigest()


def _copied(network: AnyStyleNetwork) -> AnyStyleNetwork:
    copy = AnyStyleNetwork(network.settings)
    copy.set_weights(network.get_weights())
    return copy


def _square(file: Path, side: int) -> np.ndarray:
    picture = images.load(file).over_white()
    edge = min(picture.shape[:2])
    return images.resize(picture[:edge, :edge], side, side)


def _beginning(
    artworks: Sequence[Path], photos: photo_folder.PhotoFolder, settings: AnyStyleTrainingSettings
) -> AnyStyleNetwork:
    """A network that has learnt nothing, with the encoder and components that it is to keep."""
    network = AnyStyleNetwork(settings.network)
    network.read_encoder()
    chosen = photos.files[:: max(1, len(photos.files) // OF_COMPONENTS)][:OF_COMPONENTS]
    pictures = [images.load(f, COMPONENTS_SIZE).over_white() for f in (*artworks, *chosen)]
    network.calibrate(pictures)
    return network


def _views(
    network: AnyStyleNetwork,
    extractor: keras.Model,
    artworks: Sequence[Path],
    others: Sequence[Path],
    photos: photo_folder.PhotoFolder,
    settings: AnyStyleTrainingSettings,
) -> tuple[list[ArtworkView], list[ArtworkView]]:
    """Of artworks, and of what is none: a third as many of each texture, and one of some photos."""
    count, measured = settings.views, measuring(network.describe, extractor, settings)
    chosen = photos.files[:: max(1, len(photos.files) // max(1, settings.others))]
    groups = (
        [(file, count) for file in artworks],
        [(file, max(1, count // 3)) for file in others]
        + [(file, 1) for file in chosen[: settings.others]],
    )
    views: tuple[list[ArtworkView], list[ArtworkView]] = ([], [])
    for kind, (group, pairs) in enumerate(zip(views, groups, strict=True)):
        for number, (file, views_of_it) in enumerate(pairs):
            group += measured_views(file, views_of_it, measured, (settings.seed, kind, number))
    return views
