# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6 · To the phone
#
# So far a network was an object in a Python process that had imported TensorFlow: half a gigabyte
# of library for [sixteen styles](05_many_styles.ipynb) that fit into a megabyte or so. A phone has
# neither Python nor TensorFlow, and a browser still less. This notebook takes the network out: into
# a **SavedModel** for servers, and into **.tflite** files that LiteRT runs on phones and in
# browsers. On the way we look at what a converter does, throw away three quarters of the bits and
# look at what that costs, and learn to time a network without fooling ourselves.
#
# Nothing is trained here. It runs in about a minute on two processor cores, offline.

# %%
# On Colab, or wherever tfnst is not installed yet: from a wheel beside the notebook, or a checkout.
import importlib.util
import subprocess
import sys
from pathlib import Path

if importlib.util.find_spec("tfnst") is None:
    folders = [Path.cwd(), *Path.cwd().parents]
    wheels = sorted(folders[0].glob("tfnst-*-any.whl"), reverse=True)
    checkouts = [f for f in folders if (f / "pyproject.toml").is_file() and (f / "tfnst").is_dir()]
    if not wheels + checkouts:
        raise FileNotFoundError("upload tfnst-*.whl, built by `make wheel`, beside this notebook")
    package = f"{(wheels + checkouts)[0]}[export]"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", package], check=True)

# %% tags=["parameters"]
SIDE = 384  # of the pictures, in pixels
ROUNDS = 20  # passes of each file when they are timed

# %%
import collections
import io
import os
import tempfile
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow starts, or it talks

import numpy as np
from IPython.display import Image, display

from tfnst import assets, devices, images

with devices.silent_stderr():
    import keras
    import tensorflow as tf

from matplotlib.figure import Figure

from tfnst import export
from tfnst.export import conversion, latency, lite, verification
from tfnst.images import figures
from tfnst.networks import StyleNetwork


def show(figure, dpi=65):
    """Display a figure as a small JPEG, so that the notebook stays small."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=dpi, pil_kwargs={"quality": 80})
    display(Image(buffer.getvalue()))


folder = Path(tempfile.mkdtemp())
network = StyleNetwork.from_preset("gallery")
photo = images.load(assets.photo()).rgb
photo = images.resize(photo[: photo.shape[1]], SIDE, SIDE)
weights = network.weights_for("scream")
stroke = np.full((1, 1), 0.5, np.float32)  # between the finest, 0, and the largest, 1
example = {"image": photo[None], "style_weights": weights[None], "stroke": stroke}

# %% [markdown]
# ## 6.1 A SavedModel and its signatures
#
# A SavedModel is a folder: the graph (what is computed, without any Python) and the variables. What
# can be called are its **signatures**: names for inputs and outputs, each with a type and a shape.
# Whoever loads it needs no class of ours.
#
# Before we write it, one thing has to move. `StyleNetwork.stylize` adds a mirrored border to a
# photo and cuts it off afterwards, in NumPy. An app should not have to know that, so `deployable`
# puts it into the graph: a whole picture in, a whole picture out.

# %%
deployable = conversion.deployable(network)
conversion.write_saved_model(deployable, folder / "saved_model")
for file in sorted((folder / "saved_model").rglob("*")):
    if file.is_file():
        print(f"{file.relative_to(folder)!s:48} {file.stat().st_size:>9,} bytes")

loaded = tf.saved_model.load(folder / "saved_model")
for name in ("serve", "serve_uint8"):
    signature = loaded.signatures[name]
    given = {
        k: f"{v.dtype.name} {v.shape}" for k, v in signature.structured_input_signature[1].items()
    }
    print(f"\n{name}\n  takes {given}")
    print(f"  gives { {k: v.dtype.name for k, v in signature.structured_outputs.items()} }")

# %% [markdown]
# `None` is a size that is free: any batch, any height and width. `serve` speaks floats in $[0, 1]$,
# `serve_uint8` bytes, so that a client may send what it decoded from a JPEG as it is. Both have to
# give what the network gives; how near they come, we say as a **peak signal-to-noise ratio**,
#
# $$\mathrm{PSNR}(a, b) = -10 \log_{10} \Big( \frac{1}{n} \sum_i (a_i - b_i)^2 \Big)
# \quad \text{decibels, for pictures in } [0, 1].$$
#
# Twenty decibels more are a tenth of the error. Above 45 or so no eye finds the difference; a
# rounding to eight bits alone costs 59.

# %%
expected = network.stylize(photo, "scream")


def psnr(one, other):
    return float(-10 * np.log10(np.mean((one - other) ** 2, dtype=np.float64) + 1e-20))


served = loaded.signatures["serve"](**{k: tf.constant(v) for k, v in example.items()})
in_bytes = example | {"image": images.as_uint8(photo)[None]}
by_bytes = loaded.signatures["serve_uint8"](**{k: tf.constant(v) for k, v in in_bytes.items()})
print(f"serve        {psnr(served['stylized'].numpy()[0], expected):6.1f} dB")
print(f"serve_uint8  {psnr(by_bytes['stylized'].numpy()[0] / 255.0, expected):6.1f} dB")
assert abs(psnr(0.5, 0.6) - 20) < 1e-6 and psnr(served["stylized"].numpy()[0], expected) > 80

show(
    figures.show(
        {
            "photo": photo,
            "painted by Keras": expected,
            "by the SavedModel": served["stylized"].numpy()[0],
            "by the one of bytes": by_bytes["stylized"].numpy()[0] / 255.0,
        },
        height=2.4,
    )
)

# %% [markdown]
# ## 6.2 What a converter does
#
# A `.tflite` file is a list of operations and a block of weights, laid out so that a phone can map
# it into memory and begin. The converter turns TensorFlow's operations into LiteRT's: it folds
# constants, drops what only training needs, and fuses an activation into the convolution before it.
# Three things go wrong so often that we check them each time.
#
# 1. **Operations that the phone has not.** Keras' default allows TensorFlow's own operations in the
#    file, which then asks for a runtime of 30 MB that is not there. We allow builtins alone: what
#    cannot be converted fails here and not on somebody's phone.
# 2. **Lost weights.** Some routes (`from_concrete_functions` without its trackable object) write a
#    file without the weights, *and say nothing*. So: is the file as large as its parameters?
# 3. **Many partitions.** On a processor XNNPACK runs the network, on a GPU its delegate, each the
#    longest pieces it can take whole. Each piece that it cannot take costs a trip back and forth.

# %%
shapes = {name: array.shape for name, array in example.items()}
converter = conversion.LiteConverter(deployable, shapes)
file = converter.convert("float32")
plain = folder / "float32.tflite"
plain.write_bytes(file)

model = lite.Model(plain)
print("inputs:", model.shapes, "outputs:", list(model(**example)))
operations = [one["op_name"] for one in model.interpreter._get_ops_details()]
counted = collections.Counter(name for name in operations if name != "DELEGATE").most_common()
print(f"{len(operations)} operations:", ", ".join(f"{n} {name}" for name, n in counted))
print(f"{len(file):,} bytes for {4 * network.count_params():,} bytes of parameters")
print("left over by XNNPACK:", model.left_over() or "nothing, one partition")
assert len(file) > 4 * network.count_params() and model.left_over() == []
assert set(operations) & {"FlexConv2D", "CUSTOM"} == set()

# %% [markdown]
# Look at the operations. The convolutions are there. The many slices and concatenations are
# reflections at the borders, line by line, because XNNPACK runs those and does not run
# `MIRROR_PAD`. But where is *conditional instance normalization*? It has no operation of its own:
# it is a `MEAN`, a difference, a square, another `MEAN`, a reciprocal root, and two
# `FULLY_CONNECTED` that turn the weights of the styles into scale and shift. So `style_weights`
# stays an **input** of the file, and so does `stroke`: one file paints all styles and mixtures.
#
# ## 6.3 Fewer bits
#
# A float32 weight takes four bytes. Half precision takes two and keeps eleven significant bits,
# which is plenty for a picture of eight. Eight-bit numbers take one byte, and need a scale. For
# each output channel $c$ of a convolution,
#
# $$s_c = \frac{\max |w_c|}{127}, \qquad q = \operatorname{round}(w / s_c), \qquad
# \hat w = s_c\, q, \qquad |w - \hat w| \le s_c / 2.$$
#
# That is all there is to symmetric quantization of weights (Jacob et al., 2018, section 2, with a
# zero point of 0):

# %%
kernels = [w.numpy() for w in network.weights if w.name == "kernel" and len(w.shape) == 4]
kernel = max(kernels, key=np.size)
largest = np.abs(kernel).max((0, 1, 2))
scale = largest / 127
whole = np.round(kernel / scale).astype(np.int8)
restored = scale * whole
assert (np.abs(kernel - restored) <= scale / 2 + 1e-7).all()

one_scale = np.abs(kernel).max() / 127
coarse = one_scale * np.round(kernel / one_scale)


def decibels(changed):
    return 10 * np.log10(np.square(kernel).mean() / np.square(changed - kernel).mean())


print(f"largest weight of a channel: from {largest.min():.2f} to {largest.max():.2f}")
print(f"signal to rounding noise: {decibels(restored):.1f} dB with a scale for each channel,")
print(f"{decibels(coarse):.1f} dB with one for all")

# %% [markdown]
# Why eight? With $b$ bits, 127 becomes $2^{b-1} - 1$. Let us round every kernel of a copy of the
# network so, and paint:

# %%
fewer, rounder = {}, network.with_styles(network.styles)
rounded_kernels = [w for w in rounder.weights if w.name == "kernel" and len(w.shape) == 4]
for bits in (8, 6, 5, 4, 3):
    for weight, value in zip(rounded_kernels, kernels, strict=True):
        steps = np.abs(value).max((0, 1, 2), keepdims=True) / (2 ** (bits - 1) - 1)
        weight.assign(steps * np.round(value / np.maximum(steps, 1e-12)))
    painted = rounder.stylize(photo, "scream")
    fewer[f"{bits} bits: {psnr(painted, expected):.0f} dB"] = painted
show(figures.show(fewer, columns=5, height=2.5), dpi=75)

# %% [markdown]
# Each bit less costs about six decibels, as twice the rounding error should ($20 \log_{10} 2$), and
# eight leave room below what an eye sees.
#
# A scale for each channel is better the more the channels differ. Rounded weights are a network
# that is slightly another one. The *activations* are still floats: LiteRT turns the weights back
# into floats as it loads them, so the file is small and no faster.
#
# **Full int8** rounds activations, too, and multiplies whole numbers. Their scale has to be known
# beforehand: from examples, by calibration. And there is a trap in a style network. An activation's
# tensor has *one* scale for all channels, but instance normalization divides every channel by its
# own deviation. A channel that hardly moves is rounded to a few steps, and then blown up:

# %%
norm = network.get_layer("half_again_norm")  # near the end, at half the picture's size
inner = keras.Model(network.input, norm.input[0])
activation = np.asarray(inner(example))[0]
step = np.abs(activation).max() / 127
rounded = step * np.round(activation / step)
deviation = activation.std((0, 1))
noise = (rounded - activation).std((0, 1))  # before the norm; afterwards it is noise / deviation

figure = Figure(figsize=(8, 2.6), layout="constrained")
axes = figure.subplots()
order = np.argsort(deviation)
axes.semilogy(deviation[order] / step, label="deviation of the channel, in steps of int8")
axes.semilogy((noise / np.maximum(deviation, 1e-9))[order], label="rounding noise after the norm")
axes.set_xlabel("channels, the quietest first")
axes.legend(fontsize=8)
axes.grid(alpha=0.3)
show(figure, dpi=80)

# %% [markdown]
# The loudest of these channels uses nearly twenty of the 127 steps, the quietest not three: once it
# is divided by its deviation, a tenth of what the next layer sees of it is rounding noise. So
# `tfnst` keeps the normalization in float, rounds only what goes into and out of convolutions, and
# calls the result experimental. What do the four look like?

# %%
files = {"float32": plain}
for precision in ("float16", "int8-weights", "int8"):
    files[precision] = folder / f"{precision}.tflite"
    files[precision].write_bytes(converter.convert(precision, [example]))

paintings, errors = {"Keras": expected}, {}
for precision, path in files.items():
    painted = lite.Model(path)(**example)["stylized"][0]
    likeness = psnr(painted, expected)
    print(f"{precision:13} {path.stat().st_size / 1000:6.0f} kB  {likeness:6.1f} dB")
    paintings[precision] = painted
    errors[f"{precision}: error × 16"] = np.clip(16 * np.abs(painted - expected), 0, 1)
show(figures.show(paintings, columns=5, height=2.5), dpi=75)
show(figures.show(errors, columns=4, height=2.5), dpi=75)

# %% [markdown]
# Half precision loses nothing here at all, because this network's weights were shipped in it. With
# `int8-weights` you have to know where to look. Full int8 errs where the picture is calm, most of
# all in the sky, where small differences are all there is; side by side, at full size, it can be
# seen.
#
# ## 6.4 Without TensorFlow
#
# Now the other side: a program that has numpy, Pillow and LiteRT. To be sure, we take TensorFlow
# and Keras away from it. `Stylizer` needs the names of the rows beside the file:

# %%
(folder / lite.NAMES).write_text("\n".join(("photo", *network.styles)) + "\n")
images.save(folder / "photo.png", photo)
PROGRAM = """
import sys, time
began = time.perf_counter()
sys.modules["tensorflow"] = sys.modules["keras"] = None  # importing them is an error
from tfnst import images, lite
stylizer = lite.Stylizer("float16.tflite")
painted = stylizer.stylize(images.load("photo.png").rgb, {"scream": 3, "great_wave": 1}, 0.9)
images.save("painted.png", painted)
print(f"{time.perf_counter() - began:.2f} s from the first import to the file")
"""
ended = subprocess.run(
    [sys.executable, "-c", PROGRAM], cwd=folder, capture_output=True, text=True, check=True
)
print(ended.stdout.strip())
ours = network.stylize(photo, {"scream": 3, "great_wave": 1}, 0.9)
print(f"{psnr(images.load(folder / 'painted.png').rgb, ours):.1f} dB from Keras' painting")

# %% [markdown]
# On the command line that is `tfnst apply photo.jpg --lite FILE --style scream -o out.png`.
#
# ## 6.5 Timing it honestly
#
# How fast is it? The obvious way is wrong in three ways:

# %%
slow = lite.Model(files["float16"], threads=2)
took = []
for _ in range(ROUNDS):
    began = time.perf_counter()
    slow(**example)
    took.append(1000 * (time.perf_counter() - began))
print(f"first pass {took[0]:.0f} ms, mean {np.mean(took):.0f} ms, median {np.median(took):.0f} ms")
print(f"from {min(took):.0f} to {max(took):.0f} ms")
figure = Figure(figsize=(8, 2.2), layout="constrained")
axes = figure.subplots()
axes.bar(range(1, ROUNDS + 1), took)
axes.axhline(np.median(took), color="black", linewidth=1, label="median")
axes.axhline(np.mean(took), color="red", linewidth=1, label="mean")
axes.set_xlabel("pass")
axes.set_ylabel("ms")
axes.legend(fontsize=8)
show(figure, dpi=80)

# %% [markdown]
# 1. The **first** pass makes room and packs the weights. That matters to who opens the app, and not
#    to who films: tell it apart.
# 2. A **mean** is pulled by every hiccup of the machine. The median is not; the fifth and the
#    ninety-fifth percentile say how it varies.
# 3. **One after the other** compares a cool machine with a warm one, an idle one with a busy one.
#    Time the files *in turns*, and compare by the median of the *ratios* within a round.
#
# `latency.measure` does so, and starts a fresh process for each file to see how much memory it
# takes:

# %%
for report in latency.measure(list(files.values()), threads=2, rounds=ROUNDS, side=SIDE):
    taken = f"{report.median:6.1f} ms ({report.low:.1f} to {report.high:.1f})"
    memory = f"{report.megabytes or float('nan'):.0f} MB"
    print(f"{Path(report.file).stem:13} {taken}  rate {report.rate:.2f}  {memory}")

# %% [markdown]
# As promised, smaller weights are not faster weights. Nor do whole numbers gain much in this
# network of many small convolutions with norms between them. And a desktop's milliseconds are not a
# phone's: what carries over is, roughly, the ratio. For the phone itself there are LiteRT's own
# benchmark programs, which run the very same file.
#
# ## 6.6 All of it at once
#
# `tfnst export` does what we did, for several sizes, and refuses to leave a file behind that
# answers otherwise than the network. It adds what a developer asks next: names of the styles,
# pictures to choose from, a *golden pair* (a picture and its painting, to test an app with), a card
# for programs, and the Kotlin and Swift around it.

# %%
settings = export.ExportSettings(("float16",), (str(SIDE),))
for report in export.export(network, "gallery", folder / "gallery", settings):
    print(f"{report.file}  {report.psnr} dB  {report.milliseconds} ms")
for file in sorted((folder / "gallery").iterdir()):
    print("  ", file.name)
for report in verification.verify(folder / "gallery"):
    print("verified", report.file, report.error or "")

# %% [markdown]
# And the browser? LiteRT exists for it, too, as WebAssembly and for WebGPU.
#
#     tfnst export my.keras --web site     # a page for any static host, which works offline
#     tfnst studio                         # the gallery in your browser, with your camera
#
# The page paints with the same bytes as above, on your machine: no picture leaves it.
#
# ## Exercises
#
# 1. Convert `network` itself in place of `deployable`, and paint with it. What happens at the
#    borders, and why does no number above show it?
# 2. Round the kernels of one layer alone to 4 bits, then those of another. Which layer can least
#    afford it: the first, one in the middle, or the last? Why?
# 3. Calibrate full int8 with a picture that is all grey, and paint the portrait with it. What has
#    calibration to do with the result?
# 4. Time the file with one thread and with two. Is two threads twice as fast? Where does the rest
#    go? (Amdahl's law names it.)
