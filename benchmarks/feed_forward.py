"""The gallery network: pictures a second and file size in LiteRT, time and memory of large ones."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks import timing
from tfnst import assets, images
from tfnst.export import conversion
from tfnst.networks.style_network import StyleNetwork
from tfnst.painting import appearance

THREADS = 2


def runner(model: bytes) -> Callable[[], object]:
    """A call that runs a model once, on random inputs."""
    interpreter = Interpreter(model_content=model, num_threads=THREADS)
    interpreter.allocate_tensors()
    random = np.random.default_rng(0)
    for each in interpreter.get_input_details():
        interpreter.set_tensor(each["index"], random.random(each["shape"], np.float32))
    return interpreter.invoke


def lite(network: StyleNetwork, magenta: Path | None, side: int = 384) -> None:
    """Print sizes, times, and the ratio to Magenta's transformer, all in one run."""
    shapes = {
        "image": (1, side, side, 3),
        "style_weights": (1, 1 + len(network.styles)),
        "stroke": (1, 1),
    }
    converter = conversion.LiteConverter(network, shapes)
    files = {precision: converter.convert(precision) for precision in ("float32", "float16")}
    calls = {name: runner(model) for name, model in files.items()}
    if magenta is not None:
        files["magenta"] = magenta.read_bytes()
        calls["magenta"] = runner(files["magenta"])
    times = timing.take_turns(calls, rounds=15)
    for name in calls:
        seconds = float(np.median(times[name]))
        faster = f"  {timing.ratio(times, 'magenta', name):.2f} x Magenta's rate" if magenta else ""
        kilobytes = len(files[name]) / 1000
        print(f"LiteRT {side} px {name:8} {1000 * seconds:6.1f} ms {kilobytes:6.0f} kB{faster}")


def large(network: StyleNetwork, width: int, height: int, masked: bool) -> None:
    """Print time, of the clock and of all cores, and peak memory of one picture."""
    picture = images.resize(images.load(assets.photo()).rgb, height, width)
    styles, masks = dict.fromkeys(network.styles[: 2 if masked else 1], 1.0), None
    if masked:
        masks = dict(zip(styles, appearance.left_to_right(height, width, 2), strict=True))
    network.stylize(picture[:64, :64], styles)
    began, work = time.perf_counter(), time.process_time()
    network.stylize(picture, styles, masks=masks)
    seconds, work = time.perf_counter() - began, time.process_time() - work
    how = ", two styles by masks" if masked else ""
    memory = timing.peak_memory()
    cost = f"{seconds:.2f} s, {work:.1f} s of all cores, {memory:.1f} GB"
    print(f"Keras {width} x {height}{how}: {cost}", flush=True)


def main() -> None:
    """Print it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--magenta",
        type=Path,
        default=os.environ.get("TFNST_MAGENTA"),
        help="Magenta's style transformer, a .tflite file; or the variable TFNST_MAGENTA",
    )
    parser.add_argument("--picture", type=int, nargs=2, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--masked", action="store_true", help="that picture in two styles")
    options = parser.parse_args()
    network = StyleNetwork.from_preset("gallery")
    if options.picture:
        width, height = options.picture
        large(network, width, height, options.masked)
        return
    print(f"gallery: {len(network.styles)} styles, {network.count_params()} parameters")
    lite(network, options.magenta)
    for masked, width, height in (
        *((False, *size) for size in ((512, 512), (1024, 1024), (4000, 3000), (8000, 6000))),
        (True, 4000, 3000),
    ):
        # Each in a process of its own, for the memory is that of the whole process.
        command = [sys.executable, "-m", "benchmarks.feed_forward", "--picture"]
        arguments = [str(width), str(height), *(["--masked"] if masked else [])]
        subprocess.run([*command, *arguments], check=True)


if __name__ == "__main__":
    main()
