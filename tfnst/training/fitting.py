"""A training of any kind, from its schedule to its files: `fit`, report by report."""

from __future__ import annotations

import contextlib
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np

from tfnst import files
from tfnst.arguments import require
from tfnst.files.leftovers import Claim
from tfnst.training import checkpoints, model_card
from tfnst.training.photo_folder import PhotoFolder
from tfnst.training.trainer import Trainer

CHECKPOINT, PREVIEW = 30, 180  # seconds between them, at least
FIRST_STEPS = 5  # of a training by time, which tell how long a step takes
CHANGEABLE = ("steps", "minutes", "learning_rate")  # settings that may change when a run goes on


@dataclass
class Clock:
    """How far a training is, by steps or by minutes; survives a restart."""

    steps: int
    minutes: float = 0.0
    step: int = 0
    seconds: float = 0.0

    @property
    def fraction(self) -> float:
        """Of the work that is done, 0 to 1."""
        if self.minutes:
            return min(1.0, self.seconds / (60 * self.minutes))
        return min(1.0, self.step / self.steps)

    @property
    def total(self) -> int:
        """All steps; of a training by time an estimate, once there was a step."""
        return round(self.step / self.fraction) if self.minutes else self.steps


class Callbacks(keras.callbacks.CallbackList):  # type: ignore[misc]
    """Callbacks for which a whole run is one training, and a report an epoch: a run fits often."""

    begun = False

    def on_train_begin(self, logs: Any = None) -> None:
        """Pass on the first beginning alone."""
        if not self.begun:
            self.begun = True
            super().on_train_begin(logs)

    def on_train_end(self, logs: Any = None) -> None:
        """Wait for `close`."""
        self.logs = logs

    def close(self) -> None:
        """Say that the training is over, once."""
        if self.begun:
            self.begun = False
            super().on_train_end(getattr(self, "logs", None))


def require_arguments(photos: object, settings: object, kind: type, callbacks: object) -> None:
    """ValueError for arguments of other types than a training takes."""
    require("photos", photos, PhotoFolder, "a PhotoFolder")
    require("settings", settings, kind, f"{kind.__name__}()")
    require("callbacks", callbacks, Sequence, "a list of Keras' callbacks")
    for number, callback in enumerate(cast(Sequence[object], callbacks)):
        require(f"callbacks[{number}]", callback, keras.callbacks.Callback, "a callback of Keras")


class Run(ABC):
    """A compiled trainer with its data, its clock and its files.

    A subclass says what is trained on (`batches`), what a report is (`report`), and what is written
    (`write`, `write_card`).
    """

    def __init__(
        self,
        trainer: Trainer,
        output: Path,
        settings: Any,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> None:
        self.trainer, self.output, self.settings = trainer, output, settings
        self.clock = Clock(settings.steps, getattr(settings, "minutes", 0.0))
        self.state = checkpoints.state_file(output)
        self.callbacks = Callbacks(
            list(callbacks),
            add_history=True,
            model=trainer,
            verbose=0,
            epochs=-(-settings.steps // settings.log_every),
            steps=settings.log_every,
        )
        self.unsaved: list[Any] = []
        self.epoch = 0  # of the callbacks: a report, however many steps it takes
        self.pace: float | None = None  # seconds a step, of the last report

    @abstractmethod
    def batches(self, count: int) -> keras.utils.PyDataset:
        """What the next `count` steps are trained on."""

    @abstractmethod
    def report(self, means: dict[str, float]) -> Any:
        """Progress, from the means of loss and terms since the last report."""

    @abstractmethod
    def write(self) -> None:
        """Write the output as it stands."""

    @abstractmethod
    def write_card(self, latest: Any) -> None:
        """Write the card beside the output; `latest` is the last report."""

    def write_preview(self) -> None:  # noqa: B027 - there may be nothing to see
        """Write what the output does, where that can be seen."""

    def before_steps(self) -> None:  # noqa: B027 - there may be nothing to set
        """Set the learning rate, say, of the steps of the next report."""

    def next_steps(self) -> int:
        """The steps to the next report, and of a training by time no more than are left."""
        clock, every = self.clock, self.settings.log_every
        count = every - clock.step % every
        if not clock.minutes:
            return min(count, clock.steps - clock.step)
        if self.pace is None:
            return min(count, FIRST_STEPS)
        left = (60 * clock.minutes - clock.seconds) / self.pace
        return max(1, min(count, math.ceil(left)))

    def schedule(self) -> dict[str, Any]:
        """What is noted beside a checkpoint for whoever goes on from it."""
        return {"steps": self.clock.steps, "minutes": self.clock.minutes}

    def go_on(self, noted: dict[str, Any]) -> None:
        """Take over what was noted beside the checkpoint."""
        self.clock.seconds = noted["seconds"]

    def begin(self, settings: Any, **identity: Any) -> Generator[Any, None, None]:
        """The reports of the training, to which the output belongs until they end.

        Raises ValueError where another process has the output, or its checkpoints are of another
        training: one that was begun by other `settings`, or of another `identity`.
        """
        lock = checkpoints.claim(self.output)
        if not self.state.exists():
            # of a start that came to nothing
            self.state.with_name("run.json").unlink(missing_ok=True)
        fixed = {name: value for name, value in asdict(settings).items() if name not in CHANGEABLE}
        checkpoints.require_same_run(self.state.parent, **identity, **fixed)
        return _held(lock, self.reports())

    def reports(self) -> Generator[Any, None, None]:
        """Train to the end of the schedule; what was learnt is kept when it is stopped before."""
        self.load()
        saved = previewed = time.perf_counter()
        over = self.clock.fraction == 1
        try:
            while not over:
                self.unsaved.append(report := self.some_steps())
                over = self.clock.fraction == 1 or self.trainer.stop_training
                if over:
                    self.callbacks.close()  # before what they may change is written
                now = time.perf_counter()
                if over or now > previewed + PREVIEW:
                    self.write_preview()
                    previewed = now
                if over or now > saved + CHECKPOINT:
                    self.save()
                    saved = now
                yield report
        except (KeyboardInterrupt, GeneratorExit):
            with files.uninterrupted():
                if self.clock.step:
                    self.save()
            raise
        finally:
            self.callbacks.close()
        if not self.output.exists():  # and the training had ended before
            self.write()

    def some_steps(self) -> Any:
        """The steps of one report."""
        clock, began, done = self.clock, time.perf_counter(), self.clock.step
        self.before_steps()
        batches = self.batches(self.next_steps())
        self.trainer.random.state.assign([self.settings.seed % 2**31, clock.step])
        try:
            history = self.trainer.fit(
                batches,
                shuffle=False,
                verbose=0,
                callbacks=self.callbacks,
                initial_epoch=self.epoch,
                epochs=self.epoch + 1,
            ).history
        finally:
            clock.step = int(self.trainer.optimizer.iterations)
            seconds = time.perf_counter() - began
            clock.seconds += seconds
        self.epoch += 1
        self.pace = seconds / max(1, clock.step - done)
        means = {name: float(values[-1]) for name, values in history.items()}
        if not np.isfinite(means["loss"]):
            raise self.diverged(f"the loss became {means['loss']}")
        return self.report(means)

    def diverged(self, what: str) -> RuntimeError:
        """What to say of a training that cannot go on, and how another could."""
        return RuntimeError(
            f"{what} by step {self.clock.step}; go on from the checkpoint with a learning rate "
            f"below {self.settings.learning_rate:g}"
        )

    def save(self) -> None:
        """Output, log, card and, when they are there, the checkpoint; each whole or not at all.

        Raises RuntimeError, and leaves all as it was, when a weight is no number any more.
        """
        weights = map(keras.ops.convert_to_numpy, self.trainer.trainable_variables)
        if not all(np.isfinite(weight).all() for weight in weights):
            raise self.diverged("weights became infinite or no numbers")
        if self.unsaved:
            self.write()
            model_card.append_log(self.output, *self.unsaved)
            self.write_card(self.unsaved[-1])
            self.unsaved.clear()
        clock = {"step": self.clock.step, "seconds": self.clock.seconds}
        checkpoints.note(self.state, **clock, **self.schedule())
        checkpoints.replace(self.state, self.trainer.save_weights)

    def load(self) -> None:
        """Go on from the checkpoint, if there is one."""
        if self.state.exists():
            with checkpoints.or_damaged(self.state):
                self.trainer.load_weights(self.state)
                self.clock.step = int(self.trainer.optimizer.iterations)
                self.go_on(checkpoints.noted(self.state, self.clock.step))
                self.epoch = self.clock.step // self.settings.log_every
        model_card.shorten_log(self.output, self.clock.step)


def _held(lock: Claim, reports: Generator[Any, None, None]) -> Generator[Any, None, None]:
    """A training's reports, and its lock until they end."""
    with contextlib.closing(lock), contextlib.closing(reports):
        yield from reports
