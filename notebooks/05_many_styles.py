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
# # 5 · Many styles
#
# [Notebook 4](04_one_pass.ipynb) trained a network for one artwork. For sixteen artworks one would
# train sixteen networks, and most of what they learn would be the same: where edges are, what a
# surface is, how to lay colours side by side. Dumoulin, Shlens & Kudlur (ICLR 2017) found that
# *one* network is enough, and that styles need not differ in more than a few numbers a channel.
# From that follow three things that no stack of networks has: styles that **blend** continuously, a
# **strength**, and different styles at **different places**.
#
# Nothing is trained in the first sections: they look into the network that ships with tfnst. The
# last one teaches it a new style. It runs in a few minutes on two processor cores, offline.

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
SIZE = 288  # long side of the paintings, in pixels
STEPS = 250  # of training a new style, in the last section
CROP = 160  # side of its crops, in pixels

# %%
import io
import itertools
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

from matplotlib.figure import Figure

from tfnst import training
from tfnst.images import color, figures
from tfnst.networks import StyleNetwork
from tfnst.networks.layers import ConditionalInstanceNormalization
from tfnst.networks.mixture import stroke_rows
from tfnst.painting import appearance
from tfnst.training import photo_folder, training_run


def show(figure, dpi=65):
    """Display a figure as a small JPEG, so that the notebook stays small."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=dpi, pil_kwargs={"quality": 80})
    display(Image(buffer.getvalue()))


keras.utils.set_random_seed(0)
network = StyleNetwork.from_preset("gallery")
photo = images.load(assets.photo(), SIZE).rgb
began = time.perf_counter()
paintings = {name: network.stylize(photo, name) for name in network.styles}
each = (time.perf_counter() - began) / len(paintings)
print(f"{len(paintings)} styles, {network.count_params():,} numbers, {each:.2f} s a painting")
show(figures.show({"photo": photo, **paintings}, columns=5, height=2.4))

# %% [markdown]
# ## 5.1 Conditional instance normalization
#
# Instance normalization ends with a scale $\gamma_c$ and a shift $\beta_c$ for each channel
# (notebook 4). Now give every style $s$ its own, and leave all else as it is:
#
# $$z = \gamma^s_c \, \frac{x - \mu_c}{\sigma_c} + \beta^s_c, \qquad
# \gamma^s = \sum_{k} w_k\, \Gamma_{kc}, \quad \beta^s = \sum_k w_k\, B_{kc}.$$
#
# $\Gamma$ and $B$ are tables with one *row* a style, and $w$ says which row to take: a one and
# zeros. (In this network a style has two rows, and $w$ takes half of each; section 5.3 says why.)
# That is equation 5 of the paper, and the layer is this line of it:

# %%
layer = network.get_layer("quarter_norm")
print(f"{layer.name}: gamma and beta have shape {tuple(layer.gamma.shape)}")
x = np.random.default_rng(0).random((1, 8, 8, layer.gamma.shape[1]), np.float32)
weights = stroke_rows(network.weights_for("great_wave"), 0.5)[None]

centred = x - x.mean((1, 2), keepdims=True)
by_equation = (weights @ layer.gamma.numpy()) * centred / np.sqrt(
    x.var((1, 2), keepdims=True) + layer.epsilon
) + weights @ layer.beta.numpy()
by_library = layer(x, weights).numpy()
print(f"largest difference from the equation: {np.abs(by_equation - by_library).max():.1e}")
assert np.allclose(by_equation, by_library, atol=1e-4)

norms = [each for each in network.layers if isinstance(each, ConditionalInstanceNormalization)]
a_row = sum(2 * each.gamma.shape[1] for each in norms)
shared = network.count_params() - a_row * layer.gamma.shape[0]
print(f"all styles share {shared:,} numbers; a row has {a_row:,}")

# %% [markdown]
# So a style *is* two times not even three thousand numbers; in a file of half precision, eleven
# kilobytes. The convolutions know how to paint, the rows say what.
#
# ## 5.2 Blends
#
# Since $w$ need not be a one and zeros, what is half of one row and half of another? Nothing says
# that the space between two rows holds anything sensible. It does, all the more because some of the
# samples in training were random blends, which had to match blended targets.

# %%
PAIR = ("great_wave", "scream")
strip = {}
for share in np.linspace(0, 1, 5):
    mixture = {PAIR[0]: 1 - share, PAIR[1]: share}
    strip[f"{1 - share:.0%} {PAIR[0]}\n{share:.0%} {PAIR[1]}"] = network.stylize(photo, mixture)
show(figures.show(strip, columns=5, height=2.4))

pixels = list(strip.values())
steps = [np.abs(b - a).mean() for a, b in itertools.pairwise(pixels)]
print("change from picture to picture:", " ".join(f"{step:.3f}" for step in steps))
crossfade = (pixels[0] + pixels[-1]) / 2
other = np.abs(pixels[2] - crossfade).mean()
print(f"the middle differs from a cross-fade of the ends by {other:.3f}")

# %% [markdown]
# The steps are of about the same size: no style wins suddenly. And the middle is not the two ends
# laid over each other: strokes of both kinds are not there twice, but there are strokes of one new
# kind. Any number of styles can be mixed, and `tfnst apply photo.jpg --morph great_wave,scream -o
# morph.gif` makes a film of the way.
#
# > **Exercise 1.** Use shares that do not add up to 1, or negative ones, by calling the network
# > itself: `network({"image": ..., "style_weights": ...})`. What is "minus Scream"?

# %% [markdown]
# ## 5.3 Size of strokes
#
# An artwork looked at from near has large strokes, from afar fine ones. So each artwork was learnt
# twice, beside photos of one size: seen with a long side of 384 pixels, and of three times that, or
# of all it has. Those are the two rows of a style, and a stroke $t$ between them is one more blend,
# $1 - t$ of the first and $t$ of the second. (Jing et al., ECCV 2018, give each size a branch of
# its own.)

# %%
strip = {f"stroke {t:.2f}": network.stylize(photo, "la_calanque", stroke=t) for t in (0, 0.5, 1)}
strip |= {f"stroke {t:.2f} ": network.stylize(photo, "carceri", stroke=t) for t in (0, 1)}
show(figures.show(strip, columns=5, height=2.4))

# %% [markdown]
# ## 5.4 Strength
#
# The first row of the tables belongs to no artwork, but to the **photo**: its target is to change
# nothing. Strength is then one more blend, between the style's row and that one. Instance norms
# forget brightness and contrast, though, which no row can give back, and so the network lays the
# photo itself over its painting, in proportion to the square of the photo's weight: nearly nothing
# at the middle, everything at strength 0.

# %%
strip = {f"strength {s:.2f}": network.stylize(photo, "scream", s) for s in (0, 0.25, 0.5, 0.75, 1)}
show(figures.show(strip, columns=5, height=2.4))
distance = [float(np.abs(picture - photo).mean()) for picture in strip.values()]
print("distance from the photo:", " ".join(f"{d:.3f}" for d in distance))
assert distance[0] < 1e-6 and distance == sorted(distance)

# %% [markdown]
# ## 5.5 Somewhere one style, somewhere another
#
# The equation in 5.1 holds at each position by itself. So $w$ may be a *map*, of shape $(H, W, S)$:
# the rows are mixed at every pixel. Masks, gradients, "only the background" are all the same thing.
# (The means and deviations stay those of the whole picture: it remains one painting.)

# %%
height, width, _ = photo.shape
left, right = appearance.left_to_right(height, width, 2)
gradient = network.stylize(
    photo,
    {"starry_night": 1, "lady_with_fan": 1},
    1.0,
    {"starry_night": left, "lady_with_fan": right},
)
y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
person = (((x - 0.5) / 0.32) ** 2 + ((y - 0.42) / 0.36) ** 2 < 1).astype(np.float32)
background = network.stylize(photo, "composition_vii", 1.0, {"composition_vii": 1 - person})
in_colours = color.keep_color(photo, network.stylize(photo, "metzinger"))
show(
    figures.show(
        {
            "two styles, left to right": gradient,
            "mask": person,
            "all but the mask": background,
            "the photo's own colours": in_colours,
        },
        columns=4,
        height=2.8,
    )
)

# %% [markdown]
# The last picture is of another kind: the painting's brightness with the photo's colours
# (`--keep-color`; Gatys, Bethge, Hertzmann & Shechtman, 2016).
#
# > **Exercise 2.** Paint a mask in any program, white where the style is to be, and use it: `tfnst
# > apply photo.jpg --style udnie --style-map mask.png -o out.png`.

# %% [markdown]
# ## 5.6 What the rows mean
#
# Some thousand numbers a style: do they mean anything to us? Which styles does the network keep
# close together? Take each style's row for fine strokes less the mean of all, over all layers, and
# compare the directions.

# %%
finest = slice(1, 1 + len(network.styles))
tables = [w.numpy()[finest] for norm in norms for w in (norm.gamma, norm.beta)]
rows = np.concatenate([table / (table.std() + 1e-6) for table in tables], axis=1)
rows -= rows.mean(0)
unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
similarity = unit @ unit.T
figure = Figure(figsize=(5.2, 4), layout="constrained")
axis = figure.subplots()
heat = axis.imshow(similarity, cmap="RdBu_r", vmin=-1, vmax=1)
axis.set_xticks(range(len(rows)), network.styles, rotation=60, ha="right", fontsize=7)
axis.set_yticks(range(len(rows)), network.styles, fontsize=7)
figure.colorbar(heat, ax=axis, shrink=0.8)
show(figure, dpi=80)
off = similarity - 2 * np.eye(len(rows))
first, second = np.unravel_index(np.argmax(off), off.shape)
print(f"most alike: {network.styles[first]} and {network.styles[second]}")

# %% [markdown]
# And where in the network does a style's palette live, where its strokes? Take the rows of one
# style in the layers up to some depth, and another style's after it.


# %%
def spliced(first, second, layers_of_second):
    """A copy of the network in which style `first` has the rows of `second` in some layers."""
    copy = network.with_styles(network.styles)
    a, b = (1 + network.styles.index(name) for name in (first, second))
    sizes = len(network.styles) * np.arange(2)  # both rows of each
    for each in copy.layers:
        if each.name in layers_of_second:
            for weight in (each.gamma, each.beta):
                value = weight.numpy()
                value[a + sizes] = value[b + sizes]
                weight.assign(value)
    return copy.stylize(photo, first)


names = [each.name for each in norms]
first, second = "starry_night", "scream"
strip = {f"all {first}": paintings[first]}
for label, chosen in (
    ("the last layer", names[-1:]),
    ("the last third", names[-len(names) // 3 :]),
    ("all but the first two", names[2:]),
):
    strip[f"{label}\nof {second}"] = spliced(first, second, chosen)
strip[f"all {second}"] = paintings[second]
show(figures.show(strip, columns=5, height=2.6))

# %% [markdown]
# The last layers, where the picture is enlarged again, hold most of the palette; what is left of
# "starry_night" in the middle pictures are its strokes.
#
# > **Exercise 3.** Scale one style's row away from the mean of all rows, by 1.3 or 1.6. A
# > caricature of the style, or noise?

# %% [markdown]
# ## 5.7 A new style in a few minutes
#
# If a style is nothing but rows, then a network that knows how to paint can learn a new one by
# learning *only* rows, with all convolutions frozen. It is quick, and the old styles cannot be
# forgotten. `tfnst train` does that unless it is told otherwise, and goes on for as long as it is
# given. Here, a few hundred steps, and the same few pictures as in notebook 4:

# %%
artwork = images.load(assets.artwork("mosaic"), SIZE).rgb
with tempfile.TemporaryDirectory() as folder:
    (photos := Path(folder) / "photos").mkdir()
    for file in [assets.photo(), *(assets.artwork(n) for n in assets.NAMES if n != "mosaic")]:
        images.save(photos / f"{file.stem}.png", images.load(file, 512).rgb)
    pictures = photo_folder.PhotoFolder([photos])
    output = Path(folder) / "with_mosaic.keras"
    settings = training.TrainingSettings(steps=STEPS, size=CROP)
    began, reports = time.perf_counter(), []
    for report in training_run.train(
        {"mosaic": assets.artwork("mosaic")}, pictures, output, settings, start=network
    ):
        reports.append(report)
    taken = time.perf_counter() - began
    larger = keras.models.load_model(output)

first, last = reports[0], reports[-1]
print(f"{len(larger.styles)} styles now, after {taken:.0f} s")
print(f"style loss {first.style:.3f} -> {last.style:.3f}")
print(f"content distance {first.content:.2f} -> {last.content:.2f}")
again = larger.stylize(photo, "scream")
print(f"'scream' has changed by {np.abs(again - paintings['scream']).max():.1e}")
show(
    figures.show(
        {
            "artwork": artwork,
            "before: the mean of all rows": network.stylize(
                photo, dict.fromkeys(network.styles, 1.0)
            ),
            "after": larger.stylize(photo, "mosaic"),
            "half of it is Scream": larger.stylize(photo, {"mosaic": 1, "scream": 1}),
        },
        columns=4,
        height=2.8,
    )
)

# %% [markdown]
# > **Exercise 4.** Train a style of your own on your own photos: `tfnst train my_artwork.jpg
# > --photos my_photos/ -o mine.keras --minutes 10`, then `tfnst styles --model mine.keras -o
# > sheet.png`. Then all weights, `--everything`, from the same beginning. What do ten minutes buy?
