"""Commands around the feature networks and the machine: download, distill, info."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfnst import devices
from tfnst.cli import terminal
from tfnst.cli.app import AsJson, Device, Option, Quiet, app

if TYPE_CHECKING:
    from tfnst.training.progress import DistillationProgress


@app.command()
def download(
    network: Annotated[str, typer.Argument(help="vgg19, the only one that is not shipped.")],
) -> None:
    """Download VGG-19's ImageNet weights (80 MB) and check them."""
    if network != "vgg19":
        raise ValueError(f"network {network!r} cannot be downloaded; use vgg19")
    devices.start_tensorflow()
    from tfnst.features import vgg_weights

    print(vgg_weights.download_vgg19())


@app.command()
def distill(
    teacher: Annotated[str, Option(help="vgg19, or the .npz of a network of its shape.")],
    photos: Annotated[list[Path], Option(help="A folder of pictures; may be repeated.")],
    output: Annotated[Path, Option("--output", "-o", help="The .npz to write.")],
    steps: Annotated[int | None, Option(help="How long to train.")] = None,
    learning_rate: Annotated[
        float | None, Option(help="Of LAMB, at its highest: a share of a layer's own size.")
    ] = None,
    credit: Annotated[
        str, Option(help="Who made teacher and photos, and under which licence, for the card.")
    ] = "",
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train VGG-19-lite from a teacher.

    Goes on from its checkpoints if there are any: Ctrl-C and the same command at any time, also
    with more steps.
    """
    terminal.keep_apart([Path(teacher)], [output], {"card": output.with_suffix(".md")})
    device_scope = devices.start_tensorflow(device)
    from tfnst.training import checkpoints, distillation, photo_folder
    from tfnst.training import settings as training_settings

    distillation.require_ready(teacher, photos, output)  # before all photos are looked at
    if steps is None:
        steps = checkpoints.schedule(output).get("steps")
    changes: dict[str, Any] = dict(steps=steps, learning_rate=learning_rate)
    settings = training_settings.DistillationSettings(
        **{name: value for name, value in changes.items() if value is not None}
    )
    with device_scope:
        folder = photo_folder.PhotoFolder(photos)
        terminal.remark_on_skipped(folder, quiet)
        reports = distillation.distill(teacher, folder, output, settings, credit)
        bar = terminal.progress_bar(quiet, as_json, _describe_distillation)
        terminal.follow(reports, bar, "stopped; the same command goes on")
    if not (quiet or as_json):
        print(output)


def _describe_distillation(report: DistillationProgress) -> str:
    gradients = "" if report.gradient_error is None else f"  gradients {report.gradient_error:.4f}"
    return f"activations {report.activation_error:.4f}{gradients}"


@app.command()
def info() -> None:
    """Versions, devices, and the feature network that auto chooses."""
    devices.start_tensorflow()
    import tensorflow as tf

    from tfnst.features import vgg_weights
    from tfnst.painting.sources import versions

    for name, value in versions().items():
        print(f"{name:16} {value}")
    visible = ", ".join(
        d.name.removeprefix("/physical_device:") for d in tf.config.list_physical_devices()
    )
    network, why = vgg_weights.choose_network()
    print(f"{'devices':16} {visible}\n{'network':16} {network}: {why}")
