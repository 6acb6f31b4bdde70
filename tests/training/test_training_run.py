"""Tests of tfnst.training.training_run: schedules, files, and what a restart goes on with."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import shutil
import signal
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from tfnst import assets, files, images
from tfnst.networks.settings import NetworkSettings
from tfnst.networks.style_network import StyleNetwork
from tfnst.training import checkpoints, fitting, photo_folder, style_trainer, training_run
from tfnst.training.fitting import Clock
from tfnst.training.progress import TrainingProgress
from tfnst.training.settings import TrainingSettings

SETTINGS = TrainingSettings(
    steps=8,
    batch=1,
    size=64,
    style_sizes=(96, 128),
    network=NetworkSettings((0, 8, 12), 1),
    content_layers=("block2_conv1",),
    style_layers=("block2_conv1",),
    log_every=2,
)
ARTWORKS = {name: assets.artwork(name) for name in ("swirl", "mosaic")}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> photo_folder.PhotoFolder:
    folder = tmp_path_factory.mktemp("photos")
    images.save(folder / "a.png", images.load(assets.photo(), 120).rgb)
    (folder / "b.jpg").write_bytes(b"no picture")
    return photo_folder.PhotoFolder([folder])


@pytest.fixture(autouse=True)
def eager_to_save(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "CHECKPOINT", -1)


files_and_clocks = pytest.mark.usefixtures("untraced")  # of which the graph knows nothing


@pytest.fixture(scope="module")
def whole(
    photos: photo_folder.PhotoFolder, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[TrainingProgress]]:
    """A training from beginning to end, in its graph; its network's file, and its reports."""
    output = tmp_path_factory.mktemp("whole") / "my.keras"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "CHECKPOINT", -1)
        patch.setattr(style_trainer, "AVERAGE", 0.0)
        run = training_run.train(ARTWORKS, photos, output, SETTINGS, credit="By hand.")
        return output, list(run)


def test_it_reports_and_writes_all_files(whole: tuple[Path, list[TrainingProgress]]) -> None:
    output, reports = whole
    assert [r.step for r in reports] == [2, 4, 6, 8]
    assert [r.fraction for r in reports] == [0.25, 0.5, 0.75, 1.0]
    network = keras.models.load_model(output)
    assert network.styles == ("swirl", "mosaic")
    sheet = images.load(output.with_suffix(".png")).rgb
    assert sheet.shape == (256, 3 * 256, 3)
    card = output.with_suffix(".md").read_text("utf-8")
    for expected in ("1 photos\n(1 files skipped)", "8 steps of 1 crops", "| mosaic |", "By hand."):
        assert expected in card
    log = [json.loads(x) for x in Path(f"{output}.log.jsonl").read_text("utf-8").splitlines()]
    assert [report["step"] for report in log] == [2, 4, 6, 8]
    assert log[-1]["style"] == reports[-1].style
    names = {file.name for file in output.parent.iterdir()}
    assert names == {f"my{s}" for s in (".keras", ".png", ".md")} | {
        "my.keras.log.jsonl",
        "my.keras.checkpoints",
    }


@files_and_clocks
def test_the_guides_training_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = Path(__file__).parents[2] / "docs" / "guides" / "train.md"
    (code,) = re.findall(r"```python\n(.*?)```", guide.read_text("utf-8"), re.DOTALL)
    code, shrunk = re.subn(r"TrainingSettings\(.*?\)", "settings", code)
    monkeypatch.chdir(tmp_path)
    shutil.copy(ARTWORKS["swirl"], "my_artwork.jpg")
    Path("my_photos").mkdir()
    images.save("my_photos/a.png", images.load(assets.photo(), 80).rgb)
    exec(code, names := {"settings": replace(SETTINGS, steps=2)})
    assert shrunk == 1 and names["report"].step == 2
    beside = {"mine.md", "mine.png", "mine.keras.log.jsonl", "mine.keras.checkpoints"}
    assert beside < {file.name for file in tmp_path.iterdir()}
    assert all(name in guide.read_text("utf-8") for name in beside)


@files_and_clocks
def test_names_that_are_not_utf_8_end_no_training(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    artwork = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    artwork.write_bytes(ARTWORKS["swirl"].read_bytes())
    list(
        training_run.train(
            {"swirl": artwork}, photos, tmp_path / "my.keras", replace(SETTINGS, steps=2)
        )
    )
    assert "| swirl | caf?.jpg |" in (tmp_path / "my.md").read_text("utf-8")


def test_a_restart_goes_on_as_if_nothing_had_happened(
    whole: tuple[Path, list[TrainingProgress]],
    photos: photo_folder.PhotoFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Or what is written hardly moves in eight steps.
    monkeypatch.setattr(style_trainer, "AVERAGE", 0.0)
    (file, expected), halves = whole, tmp_path / "halves.keras"
    stopped = training_run.train(ARTWORKS, photos, halves, SETTINGS)
    next(stopped), next(stopped)
    stopped.close()
    resumed = list(training_run.train(ARTWORKS, photos, halves, SETTINGS, resume=True))
    assert [r.step for r in resumed] == [6, 8]
    assert resumed[-1].learning_rate == expected[-1].learning_rate
    assert resumed[-1].style == pytest.approx(expected[-1].style, rel=1e-3)
    one, other = (keras.models.load_model(output) for output in (file, halves))
    for mine, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-4)


@pytest.mark.usefixtures("untraced")
def test_averages_are_written_and_weights_go_on(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    """fit itself would put the averages in the weights' place at each report."""
    settings = replace(SETTINGS, steps=4, log_every=1)
    run = training_run.StyleRun(
        StyleNetwork(["a"], SETTINGS.network),
        [[images.load(assets.artwork("swirl"), 96).rgb]],
        photos,
        tmp_path / "a.keras",
        settings,
    )
    averages = [weight.numpy() for weight in run.network.trainable_variables]
    for step in range(4):
        run.some_steps()
        # The first average is of the weights after the first step, as Keras has it.
        keep = style_trainer.AVERAGE if step else 0.0
        weights = run.network.trainable_variables
        averages = [
            keep * average + (1 - keep) * weight.numpy()
            for average, weight in zip(averages, weights, strict=True)
        ]
    for average, kept in zip(averages, run.optimizer.averages(), strict=True):
        np.testing.assert_allclose(kept, average, atol=1e-6)
    for average, weight in zip(averages, run.result().trainable_variables, strict=True):
        np.testing.assert_allclose(weight, average, atol=1e-6)


@pytest.mark.usefixtures("untraced")
def test_a_new_row_leaves_the_others_as_they_are(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(3)
    start = StyleNetwork(["old", "older"], SETTINGS.network)
    random = np.random.default_rng(0)
    for weight in start.weights:
        if weight.name in ("gamma", "beta"):
            weight.assign(weight + random.normal(0, 0.3, weight.shape))
    photo = images.load(assets.photo(), 64).rgb
    settings = replace(SETTINGS, mixture_share=0.5, photo_share=0.5, learning_rate=0.05)
    output = tmp_path / "more.keras"
    list(training_run.train({"new": ARTWORKS["swirl"]}, photos, output, settings, start))
    network = keras.models.load_model(output)
    assert network.styles == ("old", "older", "new")
    for name in ("old", "older"):
        for strength in (1.0, 0.5):
            np.testing.assert_array_equal(
                network.stylize(photo, name, strength), start.stylize(photo, name, strength)
            )
    change = network.stylize(photo, "new") - start.stylize(photo, {"old": 1, "older": 1})
    assert np.abs(change).max() > 0.003
    with pytest.raises(ValueError, match="style 'old' is in the network already"):
        training_run.train(
            {"old": ARTWORKS["swirl"]}, photos, tmp_path / "b.keras", settings, start
        )


def test_everything_can_be_trained_on(photos: photo_folder.PhotoFolder, tmp_path: Path) -> None:
    start = StyleNetwork(["old", "older"], SETTINGS.network)
    settings = replace(SETTINGS, everything=True, precision="bfloat16")
    output = tmp_path / "other.keras"
    list(training_run.train({"old": ARTWORKS["swirl"]}, photos, output, settings, start))
    network = keras.models.load_model(output)
    assert network.styles == ("old",)
    kernels = [[w.numpy() for w in each.weights if w.name == "kernel"] for each in (start, network)]
    assert all(np.abs(a - b).max() > 0 for a, b in zip(*kernels, strict=True))
    assert "began as a network with 2 styles" in (tmp_path / "other.md").read_text("utf-8")


@files_and_clocks
def test_checkpoints_of_another_training_are_not_gone_on_with(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    output = tmp_path / "my.keras"
    next(training_run.train(ARTWORKS, photos, output, SETTINGS))
    with pytest.raises(ValueError, match="holds a training; go on with --resume or delete it"):
        training_run.train(ARTWORKS, photos, output, SETTINGS)
    with pytest.raises(ValueError, match="of another training"):
        training_run.train(ARTWORKS, photos, output, replace(SETTINGS, size=68), resume=True)
    assert checkpoints.schedule(output) == {"steps": 8, "minutes": 0.0, "learning_rate": 0.002}
    with pytest.raises(ValueError, match="of another training"):
        training_run.train({"swirl": ARTWORKS["swirl"]}, photos, output, SETTINGS, resume=True)
    longer = replace(SETTINGS, steps=6, learning_rate=1e-4)
    assert [r.step for r in training_run.train(ARTWORKS, photos, output, longer, resume=True)] == [
        4,
        6,
    ]


@files_and_clocks
def test_a_checkpoint_is_of_the_settings_that_were_asked_for(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    """A run makes others of them: a network that is given has its own shape."""
    start, output = StyleNetwork(["wave"], NetworkSettings((0, 12, 16), 1)), tmp_path / "my.keras"
    next(training_run.train(ARTWORKS, photos, output, SETTINGS, start))
    noted = json.loads(checkpoints.state_file(output).with_name("run.json").read_text("utf-8"))
    asked = json.loads(json.dumps(asdict(SETTINGS)))
    assert noted == noted | {k: v for k, v in asked.items() if k not in fitting.CHANGEABLE}


def test_what_cannot_be_trained_is_told_first(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="end its name in"):
        training_run.train(ARTWORKS, photos, tmp_path / "my.h5", SETTINGS)
    with pytest.raises(ValueError, match="nothing"):
        training_run.train({"a": tmp_path / "nothing.jpg"}, photos, tmp_path / "my.keras", SETTINGS)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"settings": None}, r"settings is None; give TrainingSettings\(\)"),
        ({"photos": 3}, r"photos is 3; give a PhotoFolder"),
        ({"callbacks": [3]}, r"callbacks\[0\] is 3; give a callback of Keras"),
        ({"callbacks": None}, "callbacks is None; give a list"),
    ],
)
def test_arguments_of_other_types_are_named(
    photos: photo_folder.PhotoFolder, tmp_path: Path, changed: dict[str, Any], says: str
) -> None:
    arguments = {"photos": photos, "settings": SETTINGS} | changed
    with pytest.raises(ValueError, match=rf"^{says}"):
        training_run.train(ARTWORKS, output=tmp_path / "my.keras", **arguments)
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over(photos: photo_folder.PhotoFolder, tmp_path: Path) -> None:
    for suffix in (".keras", ".md", ".png"):
        (tmp_path / f"my{suffix}").write_bytes(b"mine")
        with pytest.raises(ValueError, match=f"my{suffix} exists and would be overwritten"):
            training_run.train(ARTWORKS, photos, tmp_path / "my.keras", SETTINGS)
        (tmp_path / f"my{suffix}").unlink()
    inside = Path(photos.folders[0]) / "my.keras"
    with pytest.raises(ValueError, match="lies in the photos' folder"):
        training_run.train(ARTWORKS, photos, inside, SETTINGS)


@files_and_clocks
def test_a_start_that_comes_to_nothing_is_in_nobodys_way(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    output = tmp_path / "my.keras"
    with pytest.raises(ValueError, match="vgg20"):
        training_run.train(ARTWORKS, photos, output, replace(SETTINGS, extractor="vgg20"))
    assert list(tmp_path.iterdir()) == []
    training_run.train(
        ARTWORKS, photos, output, replace(SETTINGS, size=64)
    )  # and no report asked for
    assert next(training_run.train(ARTWORKS, photos, output, SETTINGS)).step == 2


@files_and_clocks
def test_a_run_stopped_before_its_last_checkpoint_ends_with_all_files(
    photos: photo_folder.PhotoFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint comes last: whatever is killed before it is done again."""
    output = tmp_path / "my.keras"
    honest = training_run.model_card.write_style_card

    def full(*arguments: object, **options: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(training_run.model_card, "write_style_card", full)
    with pytest.raises(OSError, match="full"):
        list(training_run.train(ARTWORKS, photos, output, SETTINGS))
    assert not checkpoints.state_file(output).exists()
    assert not [file for file in tmp_path.rglob("*") if file.name.startswith(".")]
    monkeypatch.setattr(training_run.model_card, "write_style_card", honest)
    *_, last = training_run.train(ARTWORKS, photos, output, SETTINGS, resume=True)
    assert last.fraction == 1 and output.exists()


@files_and_clocks
@pytest.mark.parametrize("name", ["my.keras", "state.weights.h5"])
def test_a_full_disk_is_met_by_the_atomic_writer_alone(
    name: str, photos: photo_folder.PhotoFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDF5 that meets it crashes the process; and the last whole file stays."""
    output = tmp_path / "my.keras"
    reports = training_run.train(ARTWORKS, photos, output, SETTINGS)
    next(reports)
    (file,) = tmp_path.rglob(name)
    before, honest, open_h5 = file.read_bytes(), files.write_bytes, h5py.File
    opened: list[object] = []

    def full(target: Path, data: bytes) -> None:
        if target.name == name:
            raise files.FileError(target, "cannot be written (No space left on device)")
        honest(target, data)

    def noted(where: object, *arguments: Any, **options: Any) -> h5py.File:
        opened.append(where)
        return open_h5(where, *arguments, **options)

    monkeypatch.setattr(files, "write_bytes", full)
    monkeypatch.setattr(h5py, "File", noted)
    with pytest.raises(files.FileError, match=f"{name}: .*No space left"):
        list(reports)
    assert opened and all(isinstance(where, io.BytesIO) for where in opened)
    assert file.read_bytes() == before


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
        self.events.append((epoch, self.params["epochs"], logs["style"]))


@files_and_clocks
def test_callbacks_see_one_training_whose_epochs_are_its_reports(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    diary, output = Diary(), tmp_path / "my.keras"
    reports = training_run.train(ARTWORKS, photos, output, SETTINGS, callbacks=[diary])
    styles = [next(reports).style]
    reports.close()
    terms = sorted(["loss", *style_trainer.TERMS])
    steps = [("batch", n, terms) for n in range(SETTINGS.log_every)]
    assert diary.events == ["begin", *steps, (0, 4, styles[0]), "end"]
    diary, tensorboard = Diary(), keras.callbacks.TensorBoard(tmp_path / "board")
    resumed = training_run.train(
        ARTWORKS, photos, output, SETTINGS, resume=True, callbacks=(diary, tensorboard)
    )
    styles = [report.style for report in resumed]
    epochs = [event for event in diary.events if event not in steps]
    assert epochs == ["begin", *((n, 4, style) for n, style in enumerate(styles, 1)), "end"]
    assert len(list((tmp_path / "board").rglob("events.*"))) == 1


@files_and_clocks
def test_a_callback_can_end_a_training(photos: photo_folder.PhotoFolder, tmp_path: Path) -> None:
    output = tmp_path / "my.keras"
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(stop.model, "stop_training", True)
    )
    reports = list(training_run.train(ARTWORKS, photos, output, SETTINGS, callbacks=[stop]))
    assert [report.step for report in reports] == [2]
    assert output.exists() and output.with_suffix(".png").exists()
    reports = list(training_run.train(ARTWORKS, photos, output, SETTINGS, resume=True))
    assert [report.step for report in reports] == [4, 6, 8]


@files_and_clocks
def test_what_was_learnt_is_kept_when_it_is_stopped(
    photos: photo_folder.PhotoFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two reports, by whoever reads them, and in the midst of steps."""
    monkeypatch.setattr(fitting, "CHECKPOINT", 3600)
    output = tmp_path / "my.keras"
    reports = training_run.train(ARTWORKS, photos, output, SETTINGS)
    next(reports)
    assert not checkpoints.state_file(output).exists()
    reports.close()
    assert keras.models.load_model(output).styles == ("swirl", "mosaic")
    reports = training_run.train(ARTWORKS, photos, output, SETTINGS, resume=True)
    assert next(reports).step == 4
    fit = style_trainer.StyleTrainer.fit

    def interrupted(self: style_trainer.StyleTrainer, *arguments: Any, **options: Any) -> None:
        fit(self, *arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(style_trainer.StyleTrainer, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(reports)
    monkeypatch.setattr(style_trainer.StyleTrainer, "fit", fit)
    assert [
        r.step for r in training_run.train(ARTWORKS, photos, output, SETTINGS, resume=True)
    ] == [8]


@files_and_clocks
def test_a_second_ctrl_c_loses_no_checkpoint(
    photos: photo_folder.PhotoFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "CHECKPOINT", 3600)
    output = tmp_path / "my.keras"
    reports = training_run.train(ARTWORKS, photos, output, SETTINGS)
    next(reports)
    honest = files.write_bytes

    def impatient(target: Path, data: bytes) -> None:
        signal.raise_signal(signal.SIGINT)
        honest(target, data)

    monkeypatch.setattr(files, "write_bytes", impatient)
    reports.close()
    assert checkpoints.state_file(output).exists() and output.exists()


@files_and_clocks
def test_a_network_that_is_gone_is_written_again(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    output = tmp_path / "my.keras"
    list(training_run.train(ARTWORKS, photos, output, SETTINGS))
    before = keras.models.load_model(output)
    output.unlink()
    assert list(training_run.train(ARTWORKS, photos, output, SETTINGS, resume=True)) == []
    for one, other in zip(keras.models.load_model(output).weights, before.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@files_and_clocks
def test_a_second_training_into_one_output_is_refused(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    output = tmp_path / "my.keras"
    reports = training_run.train(ARTWORKS, photos, output, SETTINGS)
    next(reports)
    with pytest.raises(ValueError, match="is being written by another process"):
        training_run.train(ARTWORKS, photos, output, SETTINGS, resume=True)
    reports.close()
    assert list(training_run.train(ARTWORKS, photos, output, SETTINGS, resume=True))


@files_and_clocks
def test_whoever_dies_before_the_checkpoint_repeats_neither_log_nor_clock(
    photos: photo_folder.PhotoFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "my.keras"
    reports = training_run.train(ARTWORKS, photos, output, SETTINGS)
    first, state = next(reports), checkpoints.state_file(output)
    kept = state.read_bytes()
    next(reports)
    reports.close()
    # As if it had died after log and clock, and within the log's next line.
    state.write_bytes(kept)
    with Path(f"{output}.log.jsonl").open("a") as log:
        log.write('{"step": 6')
    assert checkpoints.noted(state)["seconds"] > first.seconds
    assert checkpoints.noted(state, first.step)["seconds"] == first.seconds
    resumed = list(training_run.train(ARTWORKS, photos, output, SETTINGS, resume=True))
    assert [report.step for report in resumed] == [4, 6, 8]
    lines = Path(f"{output}.log.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2, 4, 6, 8]


@files_and_clocks
@pytest.mark.parametrize("name", ["clock.json", "run.json", "state.weights.h5"])
def test_a_damaged_checkpoint_is_told(
    name: str, photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    output = tmp_path / "my.keras"
    next(training_run.train(ARTWORKS, photos, output, SETTINGS))
    damaged = checkpoints.state_file(output).with_name(name)
    damaged.write_bytes(damaged.read_bytes()[:10])
    with pytest.raises((RuntimeError, ValueError), match=r"is damaged; delete .*, and begin"):
        next(training_run.train(ARTWORKS, photos, output, SETTINGS, resume=True))


@files_and_clocks
def test_a_loss_that_is_no_number_ends_it(
    photos: photo_folder.PhotoFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "my.keras"
    reports = training_run.train(ARTWORKS, photos, output, SETTINGS)
    next(reports)
    with monkeypatch.context() as patch:
        patch.setattr(training_run, "learning_rate", lambda *_: float("nan"))
        with pytest.raises(RuntimeError, match="the loss became nan by step"):
            list(reports)
    assert np.isfinite(keras.models.load_model(output).weights[0]).all()
    slower = replace(SETTINGS, learning_rate=1e-4)
    *_, last = training_run.train(ARTWORKS, photos, output, slower, resume=True)
    assert np.isfinite(last.style)


def test_the_schedule_is_one_of_steps_or_of_time() -> None:
    rates = [
        training_run.learning_rate(Clock(2000, step=step), 0.3, 50) for step in range(0, 2000, 50)
    ]
    assert rates[0] < 0.6 * max(rates) and max(rates) > 0.9 * 0.3
    assert rates[-1] < 0.01 * max(rates)
    by_time = Clock(2000, minutes=10.0, step=1000, seconds=300.0)
    assert by_time.fraction == 0.5
    half = Clock(2000, step=1000)
    assert training_run.learning_rate(by_time, 0.3) == training_run.learning_rate(half, 0.3)


@files_and_clocks
def test_rows_alone_learn_faster(photos: photo_folder.PhotoFolder, tmp_path: Path) -> None:
    start = StyleNetwork(["wave"], SETTINGS.network)
    for number, (begun, chosen, highest) in enumerate(
        ((start, None, 0.02), (None, None, 0.002), (start, 1e-4, 1e-4))
    ):
        settings = replace(SETTINGS, steps=1, log_every=1, learning_rate=chosen)
        output = tmp_path / f"{number}.keras"
        *_, last = training_run.train(ARTWORKS, photos, output, settings, begun)
        assert 0 <= last.learning_rate < highest
        assert f"| learning_rate | {highest} |" in output.with_suffix(".md").read_text("utf-8")


@files_and_clocks
def test_a_restart_keeps_the_learning_rate_unless_another_is_chosen(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    output = tmp_path / "my.keras"
    settings = replace(SETTINGS, steps=4, learning_rate=0.125)
    next(training_run.train(ARTWORKS, photos, output, settings))
    for chosen, highest in ((None, 0.125), (0.25, 0.25), (None, 0.25)):
        settings = replace(settings, steps=settings.steps + 2, learning_rate=chosen)
        next(training_run.train(ARTWORKS, photos, output, settings, resume=True))
        assert checkpoints.schedule(output)["learning_rate"] == highest


@files_and_clocks
def test_training_by_time_ends_in_time(
    photos: photo_folder.PhotoFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(0.0, 2.0)  # so the steps of one report take two seconds
    monkeypatch.setattr(fitting, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    settings = replace(SETTINGS, minutes=0.1)
    reports = list(training_run.train(ARTWORKS, photos, tmp_path / "my.keras", settings))
    assert [r.seconds for r in reports] == [2.0, 4.0, 6.0]
    assert [r.fraction for r in reports] == pytest.approx([1 / 3, 2 / 3, 1])
    assert [(r.step, r.steps) for r in reports] == [(2, 6), (4, 6), (6, 6)]
