"""What a trained network ships with: its weights in float16, its log and its model card."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from tfnst import files
from tfnst.files import archives
from tfnst.training import photo_folder

if TYPE_CHECKING:
    from tfnst.networks.style_network import StyleNetwork
    from tfnst.training.progress import DistillationProgress, TrainingProgress
    from tfnst.training.settings import (
        AnyStyleTrainingSettings,
        DistillationSettings,
        TrainingSettings,
    )


def write_weights(output: Path, network: keras.Model) -> None:
    """Write every layer's kernel and bias as a float16 `.npz`, whole or not at all."""
    arrays = {
        f"{layer.name}/{part}": value
        for layer in network.layers
        for part, value in zip(("kernel", "bias"), layer.get_weights(), strict=False)
    }
    archives.write(output, arrays)


def log_file(output: Path) -> Path:
    """The log beside the weights, a report a line of JSON."""
    return Path(f"{output}.log.jsonl")


def append_log(output: Path, *reports: Any) -> None:
    """Add reports to the log."""
    with log_file(output).open("a", encoding="utf-8") as log:
        log.writelines(json.dumps(asdict(report)) + "\n" for report in reports)


def shorten_log(output: Path, step: int) -> None:
    """Drop the reports after a step, which a run that goes on from there writes again."""
    if not log_file(output).exists():
        return
    lines = log_file(output).read_bytes().splitlines(keepends=True)
    earlier = [line for line in lines if _step_of(line) <= step]
    if earlier != lines:
        files.write_bytes(log_file(output), b"".join(earlier))


def _step_of(line: bytes) -> float:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):  # a line that was cut off
        return float("inf")


def write_card(
    output: Path,
    teacher: str | Path,
    photos: photo_folder.PhotoFolder,
    progress: DistillationProgress,
    settings: DistillationSettings,
    credit: str,
) -> None:
    """Say in a card beside the weights how they came about."""
    error = progress.gradient_error
    gradients = "not measured" if error is None else f"{error:.4f}"
    card = f"""# VGG-19-lite

VGG-19's convolutions to block5_conv1 with a quarter of its channels, for perceptual losses.
Distilled by `tfnst distill` from `{Path(teacher).name}`, on {len(photos.files)} pictures
({photos.skipped} files skipped), {progress.step} of {settings.steps} steps.

Relative squared error against the teacher over the last {settings.log_every} steps, on disturbed
crops: activations {progress.activation_error:.4f} (mean of all layers), image gradients
{gradients}.

{_table(settings)}

{credit}"""
    files.write_bytes(output.with_suffix(".md"), _encoded(card))


def write_style_card(
    output: Path,
    photos: photo_folder.PhotoFolder,
    progress: TrainingProgress,
    settings: TrainingSettings,
    artworks: Mapping[str, Sequence[Path]],
    start: StyleNetwork | None,
    credit: str,
) -> None:
    """Say in a card beside a style network how it came about."""
    before = ""
    if start is not None and settings.everything:
        before = f" It began as a network with {len(start.styles)} styles."
    elif start is not None:
        before = f" The {len(start.styles)} styles it began with are as they were."
    names = {style: ", ".join(file.name for file in several) for style, several in artworks.items()}
    styles = "\n".join(f"| {style} | {text} |" for style, text in names.items())
    card = f"""# {output.stem}

A style network (`tfnst.StyleNetwork`), trained by `tfnst train` on {len(photos.files)} photos
({photos.skipped} files skipped): {progress.step} steps of {settings.batch} crops of
{settings.size} px, {progress.seconds / 60:.3g} minutes, {100 * progress.fraction:.0f} % of the
schedule, on {_machine()}.{before}

At the end, over {settings.log_every} steps or less: style loss (squared Wasserstein distance,
relative, mean of three scales) {progress.style:.4f}, content distance {progress.content:.3f}, fine
detail against the artworks' {progress.bands:.3f} (mean square of log ratios), change of the answer
under noise and shifts {progress.stability:.5f} (mean square; 0 where it is not asked for).

| style | artwork |
| --- | --- |
{styles}

{_table(settings)}

{credit}"""
    files.write_bytes(output.with_suffix(".md"), _encoded(card))


def write_any_style_card(
    output: Path,
    photos: photo_folder.PhotoFolder,
    artworks: Sequence[Path],
    progress: TrainingProgress,
    settings: AnyStyleTrainingSettings,
) -> None:
    """Say in a card beside a network for any artwork how it came about."""
    names = "\n".join(f"- {file.name}" for file in artworks)
    card = f"""# {output.stem}

A network for any artwork (`tfnst.AnyStyleNetwork`), trained on {len(photos.files)} photos
({photos.skipped} files skipped): {progress.step} steps of {settings.batch} crops of
{settings.size} px, {progress.seconds / 60:.3g} minutes, {100 * progress.fraction:.0f} % of the
schedule, on {_machine()}.

At the end, over {settings.log_every} steps or less: style loss (squared Wasserstein distance,
relative, mean of three scales) {progress.style:.4f}, content distance {progress.content:.3f}, fine
detail against the artworks' {progress.bands:.3f} (mean square of log ratios).

It learnt from views of these, parts of them at several sizes and in other colours, and of some
textures and photos:

{names}

{_table(settings)}"""
    files.write_bytes(output.with_suffix(".md"), _encoded(card))


def _encoded(card: str) -> bytes:
    # Names of files need not be UTF-8, and a card does not end a training.
    return card.rstrip().encode(errors="replace") + b"\n"


def _table(settings: Any) -> str:
    chosen = "\n".join(f"| {name} | {value} |" for name, value in asdict(settings).items())
    return f"| setting | value |\n| --- | --- |\n{chosen}"


def _machine() -> str:
    devices = ", ".join(str(name) for name in keras.distribution.list_devices())
    return f"{devices} ({os.cpu_count()} processor cores)"
