"""What a trained network ships with: its weights in float16, its log and its model card."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tfnst import datasets, images

if TYPE_CHECKING:
    from tfnst.distillation import DistillationProgress, DistillationSettings


def write_weights(output: Path, network: keras.Model) -> None:
    """Write every layer's kernel and bias as a float16 `.npz`, whole or not at all."""
    arrays = {
        f"{layer.name}/{part}": value.astype(np.float16)
        for layer in network.layers
        for part, value in zip(("kernel", "bias"), layer.get_weights(), strict=False)
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    images.write_bytes(output, buffer.getvalue())


def require_same_run(folder: Path, **arguments: Any) -> None:
    """Note in a folder of checkpoints what they are made from; ValueError if that was another."""
    note = folder / "run.json"
    if note.exists():
        before = json.loads(note.read_text("utf-8"))
        changed = [f"{k} was {before.get(k)!r}" for k, v in arguments.items() if before.get(k) != v]
        if changed:
            raise ValueError(
                f"{folder} holds checkpoints of another training ({', '.join(changed)}); "
                "train as before, or delete it"
            )
    folder.mkdir(parents=True, exist_ok=True)
    images.write_bytes(note, json.dumps(arguments).encode())


def append_log(output: Path, progress: DistillationProgress) -> None:
    """Add a report to the log beside the weights, a line of JSON each."""
    with open(f"{output}.log.jsonl", "a", encoding="utf-8") as log:
        log.write(json.dumps(asdict(progress)) + "\n")


def write_card(
    output: Path,
    teacher: str | Path,
    photos: datasets.PhotoFolder,
    progress: DistillationProgress,
    settings: DistillationSettings,
    credit: str,
) -> None:
    """Say in a card beside the weights how they came about."""
    error = progress.gradient_error
    gradients = "not measured" if error is None else f"{error:.4f}"
    chosen = "\n".join(f"| {name} | {value} |" for name, value in asdict(settings).items())
    card = f"""# VGG-19-lite

VGG-19's convolutions to block5_conv1 with a quarter of its channels, for perceptual losses.
Distilled by `tfnst distill` from `{Path(teacher).name}`, on {len(photos.files)} pictures
({photos.skipped} files skipped), {progress.step} of {settings.steps} steps.

Relative squared error against the teacher over the last {settings.log_every} steps, on disturbed
crops: activations {progress.activation_error:.4f} (mean of all layers), image gradients
{gradients}.

| setting | value |
| --- | --- |
{chosen}

{credit}"""
    images.write_bytes(output.with_suffix(".md"), card.rstrip().encode() + b"\n")
