"""Tests of tfnst.training.training_run: schedules, files, and what a restart goes on with."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest

from tests.conftest import run_eagerly
from tests.training.samples import full_disk
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
SWIRL = {"swirl": ARTWORKS["swirl"]}


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


class Whole(NamedTuple):
    """A training from beginning to end, in its graph: its network's file, and what was told."""

    output: Path
    reports: list[TrainingProgress]
    logged: list[list[str]]  # names, of each step, that callbacks are given
    half: Path  # the file as it was after half the steps, with what is beside it


@pytest.fixture(scope="module")
def whole(photos: photo_folder.PhotoFolder, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    output = tmp_path_factory.mktemp("whole") / "my.keras"
    logged: list[list[str]] = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: logged.append(sorted(logs))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "CHECKPOINT", -1)
        patch.setattr(style_trainer, "AVERAGE", 0.0)
        run = training_run.train(
            ARTWORKS, photos, output, SETTINGS, credit="By hand.", callbacks=[note]
        )
        reports = list(itertools.islice(run, 2))
        half = shutil.copytree(output.parent, tmp_path_factory.mktemp("half") / "whole")
        return Whole(output, [*reports, *run], logged, half / output.name)


def test_it_reports_and_writes_all_files(whole: Whole) -> None:
    output, reports, logged, _ = whole
    assert logged == [sorted(["loss", *style_trainer.TERMS])] * 8
    assert [r.step for r in reports] == [2, 4, 6, 8] and reports[0].steps == 8
    assert 0 < reports[0].seconds < reports[1].seconds < reports[2].seconds < reports[3].seconds
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
    exec(code, names := {"settings": replace(SETTINGS, steps=1)})
    assert shrunk == 1 and names["report"].step == 1
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
            {"swirl": artwork}, photos, tmp_path / "my.keras", replace(SETTINGS, steps=1)
        )
    )
    assert "| swirl | caf?.jpg |" in (tmp_path / "my.md").read_text("utf-8")


def test_a_restart_goes_on_as_if_nothing_had_happened(
    whole: Whole, photos: photo_folder.PhotoFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Or what is written hardly moves in eight steps.
    monkeypatch.setattr(style_trainer, "AVERAGE", 0.0)
    file, expected, _, half = whole
    before = keras.models.load_model(half)
    resumed = list(training_run.train(ARTWORKS, photos, half, SETTINGS, resume=True))
    assert [r.step for r in resumed] == [6, 8]
    assert resumed[-1].learning_rate == expected[-1].learning_rate
    assert resumed[-1].style == pytest.approx(expected[-1].style, rel=1e-3)
    one, other = (keras.models.load_model(output) for output in (file, half))
    for mine, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-4)
    changes = [np.abs(a - b).max() for a, b in zip(one.weights, before.weights, strict=True)]
    assert max(changes) > 1e-3


@pytest.mark.usefixtures("untraced")
def test_averages_are_written_and_weights_go_on(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    """fit itself would put the averages in the weights' place at each report."""
    settings = replace(SETTINGS, steps=4, log_every=1)
    artworks = [[images.load(assets.artwork("swirl"), 96).rgb]]
    run, again = (
        training_run.StyleRun(
            StyleNetwork(["a"], SETTINGS.network), artworks, photos, tmp_path / "a.keras", settings
        )
        for _ in range(2)
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
    run.state.parent.mkdir()
    run.write()
    run.save()
    again.load()
    written = keras.models.load_model(tmp_path / "a.keras")
    for one, other in zip(again.result().weights, written.weights, strict=True):
        np.testing.assert_array_equal(one, other)


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


def test_everything_can_be_trained_on(
    photos: photo_folder.PhotoFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_eagerly(monkeypatch.setattr, style_trainer.StyleTrainer)
    start = StyleNetwork(["old", "older"], SETTINGS.network)
    settings = replace(SETTINGS, steps=1, everything=True, precision="bfloat16")
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
    settings = replace(SETTINGS, log_every=1)
    next(training_run.train(ARTWORKS, photos, output, settings))
    with pytest.raises(ValueError, match="holds a training; go on with --resume or delete it"):
        training_run.train(ARTWORKS, photos, output, settings)
    with pytest.raises(ValueError, match="of another training"):
        training_run.train(ARTWORKS, photos, output, replace(settings, size=68), resume=True)
    assert checkpoints.schedule(output) == {"steps": 8, "minutes": 0.0, "learning_rate": 0.002}
    with pytest.raises(ValueError, match="of another training"):
        training_run.train(SWIRL, photos, output, settings, resume=True)
    other = replace(settings, steps=3, learning_rate=1e-4)
    resumed = training_run.train(ARTWORKS, photos, output, other, resume=True)
    assert [report.step for report in resumed] == [2, 3]


@files_and_clocks
def test_a_checkpoint_is_of_the_settings_that_were_asked_for(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    """A run makes others of them: a network that is given has its own shape."""
    start, output = StyleNetwork(["wave"], NetworkSettings((0, 12, 16), 1)), tmp_path / "my.keras"
    settings = replace(SETTINGS, log_every=1)
    next(training_run.train(SWIRL, photos, output, settings, start))
    noted = json.loads(checkpoints.state_file(output).with_name("run.json").read_text("utf-8"))
    asked = json.loads(json.dumps(asdict(settings)))
    assert noted == noted | {k: v for k, v in asked.items() if k not in fitting.CHANGEABLE}


def test_what_cannot_be_trained_is_told_first(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="end its name in"):
        training_run.train(ARTWORKS, photos, tmp_path / "my.h5", SETTINGS)
    with pytest.raises(ValueError, match="nothing"):
        training_run.train({"a": tmp_path / "nothing.jpg"}, photos, tmp_path / "my.keras", SETTINGS)
    with pytest.raises(ValueError, match="vgg20"):
        settings = replace(SETTINGS, extractor="vgg20")
        training_run.train(ARTWORKS, photos, tmp_path / "my.keras", settings)
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
def test_a_full_disk_is_met_by_the_atomic_writer_alone(
    photos: photo_folder.PhotoFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDF5 that meets it crashes the process; and the last whole file stays."""
    output = tmp_path / "my.keras"
    settings = replace(SETTINGS, steps=2, log_every=1)
    reports = training_run.train(SWIRL, photos, output, settings)
    next(reports)
    before = output.read_bytes()
    opened = full_disk(monkeypatch, output.name)
    with pytest.raises(files.FileError, match=r"my\.keras: .*No space left"):
        list(reports)
    assert opened and all(isinstance(where, io.BytesIO) for where in opened)
    assert output.read_bytes() == before


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
        *_, last = training_run.train(SWIRL, photos, output, settings, begun)
        assert 0 <= last.learning_rate < highest
        assert f"| learning_rate | {highest} |" in output.with_suffix(".md").read_text("utf-8")


@files_and_clocks
def test_a_restart_keeps_the_learning_rate_unless_another_is_chosen(
    photos: photo_folder.PhotoFolder, tmp_path: Path
) -> None:
    output = tmp_path / "my.keras"
    settings = replace(SETTINGS, steps=2, log_every=1, learning_rate=0.125)
    next(training_run.train(SWIRL, photos, output, settings))
    for chosen, highest in ((None, 0.125), (0.25, 0.25), (None, 0.25)):
        settings = replace(settings, steps=settings.steps + 1, learning_rate=chosen)
        next(training_run.train(SWIRL, photos, output, settings, resume=True))
        assert checkpoints.schedule(output)["learning_rate"] == highest
