"""Tests of tfnst.training.fitting by the least that can be trained: one number, towards another."""

from __future__ import annotations

import io
import json
import signal
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from tests.training.samples import full_disk
from tfnst import files
from tfnst.training import checkpoints, fitting, model_card
from tfnst.training.trainer import Trainer


@dataclass(frozen=True)
class Settings:
    steps: int = 8
    minutes: float = 0.0
    learning_rate: float = 0.1
    seed: int = 0
    log_every: int = 2


@dataclass(frozen=True)
class Progress:
    step: int
    steps: int
    fraction: float
    seconds: float
    loss: float
    distance: float


class Number(Trainer):
    """Learns 1 from 0."""

    def __init__(self) -> None:
        super().__init__("number", ("distance",), 0)
        self.number = self.add_weight(name="number", shape=(), initializer="zeros")

    def call(self, x: Any) -> Any:
        return self.number + 0 * x

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any
    ) -> Any:
        self.trackers["distance"].update_state(abs(1 - self.number))
        return keras.ops.mean((1 - y_pred) ** 2)


class Zeros(keras.utils.PyDataset):  # type: ignore[misc]
    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[np.ndarray]:
        return (np.zeros((1, 1), np.float32),)


class Run(fitting.Run):
    def __init__(self, output: Path, settings: Settings, callbacks: Any = ()) -> None:
        trainer = Number()
        trainer.compile(keras.optimizers.SGD(settings.learning_rate), jit_compile=False)
        trainer.optimizer.build(trainer.trainable_variables)
        super().__init__(trainer, output, settings, callbacks)

    @property
    def number(self) -> float:
        return float(self.trainer.number)

    def batches(self, count: int) -> Zeros:
        return Zeros(count)

    def report(self, means: dict[str, float]) -> Progress:
        clock = self.clock
        now = (clock.step, clock.total, clock.fraction, clock.seconds)
        return Progress(*now, means["loss"], means["distance"])

    def write(self) -> None:
        files.write_bytes(self.output, repr(self.number).encode())

    def write_preview(self) -> None:
        files.write_bytes(self.output.with_suffix(".png"), b"")

    def write_card(self, latest: Progress) -> None:
        files.write_bytes(self.output.with_suffix(".md"), repr(latest).encode())


@pytest.fixture
def eager_to_save(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "CHECKPOINT", -1)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "number.txt"


def begun(
    output: Path, settings: Settings = Settings(), callbacks: Any = ()
) -> Generator[Progress, None, None]:
    return Run(output, settings, callbacks).begin(settings)


def trained(output: Path, settings: Settings = Settings(), callbacks: Any = ()) -> list[Progress]:
    return list(begun(output, settings, callbacks))


def logged(output: Path) -> list[int]:
    lines = model_card.log_file(output).read_text("utf-8").splitlines()
    return [json.loads(line)["step"] for line in lines]


def test_it_trains_and_writes(output: Path) -> None:
    reports = trained(output)
    assert [r.step for r in reports] == [2, 4, 6, 8] == logged(output)
    assert float(output.read_text()) == pytest.approx(1 - 0.8**8)
    assert reports[0].distance == pytest.approx((1 + 0.8) / 2)
    assert checkpoints.schedule(output) == {"steps": 8, "minutes": 0.0}


def test_a_finished_training_can_be_lengthened_in_steps(output: Path) -> None:
    trained(output)
    assert trained(output) == []
    reports = trained(output, Settings(steps=11))
    assert [(r.step, r.fraction) for r in reports] == [(10, 10 / 11), (11, 1)]
    assert logged(output) == [2, 4, 6, 8, 10, 11]
    assert float(output.read_text()) == pytest.approx(1 - 0.8**11)
    assert checkpoints.schedule(output)["steps"] == 11


def test_a_training_by_time_takes_no_more_steps_than_are_left(output: Path) -> None:
    settings = Settings(minutes=1.0, log_every=50)
    run = Run(output, settings)
    assert run.next_steps() == fitting.FIRST_STEPS
    # What was before, such as the tracing, tells nothing of what is to come.
    for step, seconds, pace, expected in (
        (5, 40.0, 0.1, 45),
        (60, 52.0, 1.0, 8),
        (61, 52.0, 0.5, 16),
        (9, 59.9, 5.0, 1),
    ):
        run.clock.step, run.clock.seconds, run.pace = step, seconds, pace
        assert run.next_steps() == expected


def test_reports_of_few_steps_are_epochs_of_their_own(output: Path) -> None:
    epochs: list[int] = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    reports = trained(output, Settings(minutes=0.02, log_every=10**6), [note])
    assert len(reports) >= 2 and epochs == list(range(len(reports)))


def test_a_finished_training_can_be_lengthened_in_minutes(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(0, 1000, 2))  # so the steps of one report take two seconds
    monkeypatch.setattr(fitting, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    reports = trained(output, Settings(minutes=0.1))
    assert [r.seconds for r in reports] == [2.0, 4.0, 6.0]
    assert [r.fraction for r in reports] == pytest.approx([1 / 3, 2 / 3, 1])
    assert [(r.step, r.steps) for r in reports] == [(2, 6), (4, 6), (6, 6)]
    longer = trained(output, Settings(minutes=0.2))
    assert [r.step for r in longer] == [8, 10, 12]
    assert longer[0].fraction == pytest.approx(2 / 3)


def test_what_is_asked_for_again_is_the_same_training(output: Path) -> None:
    """Whatever a run makes of the settings, as of those that a network has of its own."""
    asked = Settings(seed=1)
    next(Run(output, replace(asked, seed=2)).begin(asked))
    next(Run(output, replace(asked, seed=2)).begin(asked))
    with pytest.raises(ValueError, match=r"another training \(seed was 1\)"):
        Run(output, asked).begin(replace(asked, seed=2))


def test_a_start_that_comes_to_nothing_is_in_nobodys_way(output: Path) -> None:
    begun(output)  # and no report asked for
    assert next(begun(output)).step == 2


def test_a_second_training_into_one_output_is_refused(output: Path) -> None:
    reports = begun(output)
    next(reports)
    with pytest.raises(ValueError, match="is being written by another process"):
        begun(output)
    reports.close()
    assert trained(output)


# Stops, and files that are gone, damaged or cannot be written


def test_what_was_learnt_is_kept_when_it_is_stopped(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two reports, by whoever reads them, and in the midst of steps."""
    reports = begun(output)
    next(reports)
    assert not checkpoints.state_file(output).exists()
    reports.close()
    assert float(output.read_text()) == pytest.approx(1 - 0.8**2)
    reports = begun(output)
    assert next(reports).step == 4
    fit = Number.fit

    def interrupted(self: Number, *arguments: Any, **options: Any) -> None:
        fit(self, *arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Number, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(reports)
    monkeypatch.setattr(Number, "fit", fit)
    assert [r.step for r in trained(output)] == [8]


def test_a_second_ctrl_c_loses_no_checkpoint(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = begun(output)
    next(reports)
    honest = files.write_bytes

    def impatient(target: Path, data: bytes) -> None:
        signal.raise_signal(signal.SIGINT)
        honest(target, data)

    monkeypatch.setattr(files, "write_bytes", impatient)
    reports.close()
    assert checkpoints.state_file(output).exists() and output.exists()


def test_an_output_that_is_gone_is_written_again(output: Path) -> None:
    trained(output)
    before = output.read_bytes()
    output.unlink()
    assert trained(output) == []
    assert output.read_bytes() == before


@pytest.mark.usefixtures("eager_to_save")
def test_a_run_stopped_before_its_last_checkpoint_ends_with_all_files(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint comes last: whatever is killed before it is done again."""
    with monkeypatch.context() as patch:
        patch.setattr(Run, "write_card", raising(OSError("the disk is full")))
        with pytest.raises(OSError, match="full"):
            trained(output)
    assert not checkpoints.state_file(output).exists()
    assert not [file for file in output.parent.rglob("*") if file.name.startswith(".")]
    *_, last = trained(output)
    assert last.fraction == 1 and output.exists()


@pytest.mark.usefixtures("eager_to_save")
def test_a_full_disk_is_met_by_the_atomic_writer_alone(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDF5 that meets it crashes the process; and the last whole file stays."""
    reports, name = begun(output), "state.weights.h5"
    next(reports)
    (file,) = output.parent.rglob(name)
    before = file.read_bytes()
    opened = full_disk(monkeypatch, name)
    with pytest.raises(files.FileError, match=f"{name}: .*No space left"):
        list(reports)
    assert opened and all(isinstance(where, io.BytesIO) for where in opened)
    assert file.read_bytes() == before


@pytest.mark.usefixtures("eager_to_save")
def test_whoever_dies_before_the_checkpoint_repeats_neither_log_nor_clock(output: Path) -> None:
    reports = begun(output)
    first, state = next(reports), checkpoints.state_file(output)
    kept = state.read_bytes()
    next(reports)
    reports.close()
    # As if it had died after log and clock, and within the log's next line.
    state.write_bytes(kept)
    with model_card.log_file(output).open("a") as log:
        log.write('{"step": 6')
    assert checkpoints.noted(state)["seconds"] > first.seconds
    assert checkpoints.noted(state, first.step)["seconds"] == first.seconds
    assert [report.step for report in trained(output)] == [4, 6, 8]
    assert logged(output) == [2, 4, 6, 8]


@pytest.mark.usefixtures("eager_to_save")
@pytest.mark.parametrize("name", ["clock.json", "run.json", "state.weights.h5"])
def test_a_damaged_checkpoint_is_told(name: str, output: Path) -> None:
    next(begun(output))
    damaged = checkpoints.state_file(output).with_name(name)
    damaged.write_bytes(damaged.read_bytes()[:10])
    with pytest.raises((RuntimeError, ValueError), match=r"is damaged; delete .*, and begin"):
        next(begun(output))


# Numbers that are none


@pytest.mark.parametrize("interrupted", [False, True])
def test_weights_that_are_no_numbers_are_not_saved(
    interrupted: bool, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss is of the weights before a step, and that of an interrupted one is not known."""
    monkeypatch.setattr(fitting, "CHECKPOINT", -1)
    settings = Settings(log_every=1)
    run = Run(output, settings)
    reports = run.begin(settings)
    next(reports)
    kept = {file: file.read_bytes() for file in output.parent.rglob("*") if file.is_file()}
    run.trainer.optimizer.learning_rate = float("nan")
    if interrupted:
        monkeypatch.setattr(run, "report", raising(KeyboardInterrupt))
    with pytest.raises(RuntimeError, match=r"weights became .* by step 2; .* rate below 0\.1"):
        next(reports)
    assert kept == {file: file.read_bytes() for file in kept}
    assert [r.step for r in trained(output, settings)] == [*range(2, 9)]


def raising(error: BaseException | type[BaseException]) -> Callable[..., Any]:
    def fail(*_: Any) -> None:
        raise error

    return fail


def test_a_loss_that_is_no_number_is_told(output: Path) -> None:
    with pytest.raises(RuntimeError, match=r"the loss became (nan|inf) by step 2; .* below 1e\+30"):
        trained(output, Settings(learning_rate=1e30))


@pytest.mark.usefixtures("eager_to_save")
def test_a_loss_that_is_no_number_leaves_what_was_before(output: Path) -> None:
    run = Run(output, Settings())
    reports = run.begin(Settings())
    next(reports)
    run.trainer.optimizer.learning_rate = float("nan")
    with pytest.raises(RuntimeError, match="the loss became nan by step"):
        list(reports)
    assert np.isfinite(float(output.read_text()))
    *_, last = trained(output, Settings(learning_rate=0.01))
    assert np.isfinite(last.loss)


# Callbacks


class Diary(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes what it is called for."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.events.append("begin")

    def on_train_end(self, logs: Any = None) -> None:
        self.events.append("end")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.events.append(("batch", batch, sorted(logs)))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.events.append((epoch, self.params["epochs"], logs["distance"]))


def test_callbacks_see_one_training_whose_epochs_are_its_reports(output: Path) -> None:
    diary, settings = Diary(), Settings()
    reports = begun(output, settings, [diary])
    distances = [next(reports).distance]
    reports.close()
    steps = [("batch", n, ["distance", "loss"]) for n in range(settings.log_every)]
    assert diary.events == ["begin", *steps, (0, 4, distances[0]), "end"]
    diary, board = Diary(), output.parent / "board"
    resumed = trained(output, settings, (diary, keras.callbacks.TensorBoard(board)))
    distances = [report.distance for report in resumed]
    epochs = [event for event in diary.events if event not in steps]
    assert epochs == ["begin", *((n, 4, x) for n, x in enumerate(distances, 1)), "end"]
    assert len(list(board.rglob("events.*"))) == 1


def test_a_callback_can_end_a_training(output: Path) -> None:
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(stop.model, "stop_training", True)
    )
    assert [report.step for report in trained(output, callbacks=[stop])] == [2]
    assert output.exists() and output.with_suffix(".png").exists()
    assert [report.step for report in trained(output)] == [4, 6, 8]


def test_a_callback_chooses_the_learning_rate(output: Path) -> None:
    trained(
        output, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 ** (epoch + 1))]
    )
    # A rate of 1/2 is Newton's step.
    assert float(output.read_text()) == 1


def test_what_a_callback_makes_of_the_weights_at_the_end_is_written(output: Path) -> None:
    best = keras.callbacks.LambdaCallback(on_train_end=lambda _: best.model.number.assign(7))
    trained(output, callbacks=[best])
    assert output.read_text() == "7.0"


def test_a_callback_remembers_from_report_to_report(output: Path) -> None:
    impatient = keras.callbacks.EarlyStopping("loss", patience=2, mode="max")  # and it falls
    assert [r.step for r in trained(output, callbacks=[impatient])] == [2, 4, 6]
    assert [r.step for r in trained(output)] == [8]


def test_a_callback_can_stop_within_an_epoch(output: Path) -> None:
    class Stop(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_training = True

    assert [r.step for r in trained(output, callbacks=[Stop()])] == [1]
    assert logged(output) == [1]
    assert [r.step for r in trained(output)] == [2, 4, 6, 8]


def test_a_callback_that_fails_ends_it_and_frees_the_output(output: Path) -> None:
    ends: list[Any] = []
    diary = keras.callbacks.LambdaCallback(on_train_end=ends.append)
    faulty = keras.callbacks.LambdaCallback(on_epoch_end=raising(ZeroDivisionError))
    with pytest.raises(ZeroDivisionError):
        trained(output, callbacks=[diary, faulty])
    assert len(ends) == 1
    assert [r.step for r in trained(output)] == [2, 4, 6, 8]
