"""One training of a style network, from artworks and photos to a finished file, as progress."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfnst import files, images
from tfnst.features import vgg
from tfnst.files.leftovers import Claim
from tfnst.networks.style_network import StyleNetwork
from tfnst.training import checkpoints, model_card, photo_folder
from tfnst.training.batches import StyleBatches
from tfnst.training.progress import TrainingProgress
from tfnst.training.settings import TrainingSettings
from tfnst.training.style_trainer import Optimizer, StyleTrainer, style_targets

CHECKPOINT, PREVIEW = 30, 180  # seconds between them, at least
WARM_UP = 300  # steps until the learning rate is what was asked for


@dataclass
class Clock:
    """How far a training is, by steps or by minutes; survives a restart."""

    settings: TrainingSettings
    step: int = 0
    seconds: float = 0.0

    @property
    def fraction(self) -> float:
        """Of the work that is done, 0 to 1."""
        if self.settings.minutes:
            return min(1.0, self.seconds / (60 * self.settings.minutes))
        return min(1.0, self.step / self.settings.steps)

    @property
    def learning_rate(self) -> float:
        """Rises during the first steps, then falls along a cosine."""
        beginning = (self.step + self.settings.log_every) / WARM_UP
        warm = min(1.0, max(beginning, self.fraction / 0.05))
        return self.settings.learning_rate * warm * (1 + math.cos(math.pi * self.fraction)) / 2


def train(
    artworks: Mapping[str, Path],
    photos: photo_folder.PhotoFolder,
    output: Path,
    settings: TrainingSettings,
    start: StyleNetwork | None = None,
    resume: bool = False,
    credit: str = "",
) -> Generator[TrainingProgress, None, None]:
    """Train a network for the styles of some pictures, {name: file}; write it to `output`.

    With `start` its styles stay as they are and the new ones become rows beside them; nothing else
    is trained, unless `settings.everything`: then the result has the styles of `artworks` alone,
    and only begins as `start`. Beside the `.keras` file stand a sheet of previews (`.png`), a model
    card (`.md`), a log (`.log.jsonl`) and checkpoints (`.checkpoints`), all of them renewed while
    it runs; with `resume` a run goes on from its checkpoint to the same schedule.

    Raises ValueError, before it begins, for artworks that cannot be read, names and files that are
    taken, and checkpoints of another training.
    """
    if output.suffix != ".keras":
        raise ValueError(f"output is {str(output)!r}; end its name in .keras")
    state = checkpoints.state_file(output)
    _require_room(output, photos, resume)
    pictures = [
        images.load(file, 2 * settings.style_size).over_white() for file in artworks.values()
    ]
    network = _beginning(start, list(artworks), settings)
    free = ("steps", "minutes", "learning_rate")
    identity = {k: v for k, v in asdict(settings).items() if k not in free}
    run = Run(network, pictures, photos, output, settings)
    lock = checkpoints.claim(output)
    if not state.exists():
        state.with_name("run.json").unlink(missing_ok=True)  # of a start that came to nothing
    checkpoints.require_same_run(
        state.parent,
        artworks={name: files.sha256(file) for name, file in artworks.items()},
        photos=photos.sha256,
        start=None if start is None else list(start.styles),
        **identity,
    )
    card = dict(artworks=artworks, credit=credit, start=start)
    return _held(lock, run.reports(card))


def _held(
    lock: Claim, reports: Generator[TrainingProgress, None, None]
) -> Generator[TrainingProgress, None, None]:
    """A training's reports, and its lock until they end."""
    with contextlib.closing(lock), contextlib.closing(reports):
        yield from reports


def _require_room(output: Path, photos: photo_folder.PhotoFolder, resume: bool) -> None:
    """ValueError where a training would write over something, or into what it learns from."""
    state = checkpoints.state_file(output)
    if state.exists():
        if not resume:
            raise ValueError(f"{state.parent} holds a training; go on with --resume or delete it")
    elif not (resume and state.parent.exists()):  # or they are of a start that came to nothing
        sheet, card = output.with_suffix(".png"), output.with_suffix(".md")
        for file in (output, card, sheet, model_card.log_file(output)):
            if file.exists():
                raise ValueError(f"{file} exists and would be overwritten; use another --output")
    for folder in photos.folders:
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
    taken = [] if settings.everything else [name for name in names if name in start.styles]
    if taken:
        raise ValueError(f"style {taken[0]!r} is in the network already; give it another name")
    return start.with_styles(
        names if settings.everything else [*start.styles, *names], dtype=policy
    )


class Run:
    """A trainer with its optimiser, data and files."""

    def __init__(
        self,
        network: StyleNetwork,
        artworks: list[np.ndarray],
        photos: photo_folder.PhotoFolder,
        output: Path,
        settings: TrainingSettings,
    ) -> None:
        # A network that is given has its own shape, whatever the settings say.
        settings = replace(settings, network=network.settings)
        self.network, self.photos, self.output = network, photos, output
        self.trained = range(len(network.styles) - len(artworks), len(network.styles))
        if self.trained.start:
            network.freeze_all_but_rows()
            # The photo's row belongs to the others too.
            settings = replace(settings, photo_share=0.0)
        self.settings = settings
        layers = dict.fromkeys((*settings.style_layers, *settings.content_layers))
        extractor = vgg.FeatureExtractor(settings.extractor, tuple(layers))
        self.trainer = StyleTrainer(
            network, extractor, style_targets(extractor, artworks, settings), settings
        )
        self.optimizer = Optimizer()
        self.trainer.compile(self.optimizer, jit_compile=False)
        self.optimizer.build(self.trainer.trainable_variables)
        self.clock = Clock(settings)
        self.state = checkpoints.state_file(output)
        self.card: dict[str, Any] = {}
        self.unsaved: list[TrainingProgress] = []

    def reports(self, card: dict[str, Any]) -> Generator[TrainingProgress, None, None]:
        """Train to the end of the schedule; what was learnt is kept when it is stopped before."""
        self.card = card
        self.load()
        saved = previewed = time.perf_counter()
        try:
            while self.clock.fraction < 1:
                self.unsaved.append(self.some_steps())
                now, last = time.perf_counter(), self.clock.fraction == 1
                if last or now > previewed + PREVIEW:
                    images.save(self.output.with_suffix(".png"), self.preview())
                    previewed = now
                report = self.unsaved[-1]
                if last or now > saved + CHECKPOINT:
                    self.save()
                    saved = now
                yield report
        except (KeyboardInterrupt, GeneratorExit):
            with files.uninterrupted():
                if self.clock.step:
                    self.save()
            raise
        if not self.output.exists():  # and the training had ended before
            checkpoints.replace(self.output, self.result().save)

    def some_steps(self) -> TrainingProgress:
        """The steps of one report."""
        clock, began = self.clock, time.perf_counter()
        count = self.settings.log_every
        if not self.settings.minutes:
            count = min(count, self.settings.steps - clock.step)
        batches = StyleBatches(self.photos, self.trained, self.settings, count, clock.step)
        self.optimizer.learning_rate = rate = clock.learning_rate
        self.trainer.random.state.assign([self.settings.seed % 2**31, clock.step])
        try:
            logs = self.trainer.fit(batches, shuffle=False, verbose=0).history
        finally:
            clock.step = int(self.optimizer.iterations)
            clock.seconds += time.perf_counter() - began
        if not np.isfinite(logs["loss"][0]):
            raise RuntimeError(
                f"the loss became {logs['loss'][0]} by step {clock.step}; go on with --resume "
                f"and a --learning-rate below {self.settings.learning_rate:g}"
            )
        terms = {name: float(logs[name][0]) for name in ("style", "content", "stability")}
        steps = self.settings.steps
        if self.settings.minutes:
            steps = round(clock.step / clock.fraction)
        return TrainingProgress(
            clock.step,
            steps,
            clock.fraction,
            **terms,
            learning_rate=rate,
            seconds=clock.seconds,
        )

    def result(self) -> StyleNetwork:
        """The network with the averages of its weights, in float32."""
        averaged = self.network.with_styles(self.network.styles)
        pairs = zip(self.optimizer.averages(), self.trainer.trainable_variables, strict=True)
        averages = {id(weight): average for average, weight in pairs}
        for ours, weight in zip(averaged.weights, self.network.weights, strict=True):
            ours.assign(averages.get(id(weight), weight))
        return averaged

    def save(self) -> None:
        """Network, card, log and, when they are there, the checkpoint; each whole or not at all."""
        if self.unsaved:
            checkpoints.replace(self.output, self.result().save)
            model_card.append_log(self.output, *self.unsaved)
            latest = self.unsaved[-1]
            model_card.write_style_card(
                self.output, self.photos, latest, self.settings, **self.card
            )
            self.unsaved.clear()
        noted = {name: getattr(self.settings, name) for name in ("steps", "minutes")}
        clock = {"step": self.clock.step, "seconds": self.clock.seconds}
        checkpoints.note(self.state, **clock, **noted)
        checkpoints.replace(self.state, self.trainer.save_weights)

    def load(self) -> None:
        """Go on from the checkpoint, if there is one."""
        if self.state.exists():
            with checkpoints.or_damaged(self.state):
                self.trainer.load_weights(self.state)
            self.clock.step = int(self.optimizer.iterations)
            self.clock.seconds = checkpoints.noted(self.state, self.clock.step)["seconds"]
        model_card.shorten_log(self.output, self.clock.step)

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
