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
# # 10 · Control
#
# A painter decides more than a style: in whose colours, which part, in which strokes, how large.
# In this notebook each of these is an equation on what you know already, feature statistics and a
# gradient: colours are moved by a linear map, regions are sums with a mask, scale is a choice of
# layers, mixtures are averages of sums, and a poster is a sum over tiles.
#
# It runs in a few minutes on two processor cores, without a network connection. You should know
# [painting by gradient descent](03_painting_by_gradient_descent.ipynb) and [many
# styles](05_many_styles.ipynb).

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
SIZE = 192  # the long side of paintings by optimisation, in pixels
STEPS = (40, 20)

# %%
import io
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow starts, or it talks

import numpy as np
from IPython.display import Image, display

import tfnst
from tfnst import assets, devices, images, losses
from tfnst.images import figures

with devices.silent_stderr():
    import tensorflow as tf

    network = tfnst.load_network("gallery")


def show(figure, dpi=70):
    """Display a figure as a small JPEG, so that the notebook stays small."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=dpi, pil_kwargs={"quality": 80})
    display(Image(buffer.getvalue()))


photo = images.load(assets.photo(), 320).rgb[:320, :256]  # sides that can be halved
painting = network.stylize(photo, "great_wave")
show(figures.show({"photo": photo, "great_wave": painting}, height=3.2))

# %% [markdown]
# ## Colour
#
# "Keep my colours" has two answers (Gatys et al., 2016). The first knows that the eye sees strokes
# in light and shade. In YIQ, the colour space of old television, $Y = 0.299 R + 0.587 G + 0.114 B$
# is luminance, and $I, Q$ are colour. Take $Y$ of the painting, brought to the mean and deviation
# of the photo's, and $I, Q$ of the photo:
#
# $$\hat Y = \frac{\sigma_P}{\sigma_S} (Y_S - \mu_S) + \mu_P .$$

# %%
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def luminance_only(photo, painting):
    """The painting's luminance, matched to the photo's, with the photo's colours."""
    y, wanted = painting @ LUMA, photo @ LUMA
    matched = np.clip(wanted.std() / y.std() * (y - y.mean()) + wanted.mean(), 0, 1)
    return photo - wanted[..., None] + matched[..., None]  # another Y, the same I and Q


by_equation = luminance_only(photo, painting)
kept = images.keep_color(photo, painting, "luminance")
inside = (by_equation > 0.01).all(-1) & (by_equation < 0.99).all(-1)
np.testing.assert_allclose(kept[inside], by_equation[inside], atol=2e-3)
print(f"the library agrees where the equation stays in range, {inside.mean():.0%} of the pixels")
show(
    figures.show(
        {
            "the equation, clipped": np.clip(by_equation, 0, 1),
            "the library": kept,
            "OKLab": images.keep_color(photo, painting, "oklab"),
        },
        height=3.2,
    )
)

# %% [markdown]
# What leaves the range of RGB is clipped here, which turns its hue; the library makes it paler
# instead. OKLab (Ottosson, 2020) is a space in which a step is as large to the eye everywhere;
# there the painting's lightness is left as it is.
#
# The second answer gives the painting the photo's *palette*, as a whole. Colours are points with a
# mean $\mu$ and a covariance $\Sigma$; the map $x \mapsto A (x - \mu_S) + \mu_P$ makes these the
# photo's if
#
# $$A \, \Sigma_S \, A^\top = \Sigma_P .$$
#
# With Cholesky's roots $\Sigma = L L^\top$ one solution is $A = L_P L_S^{-1}$. Another one is
# symmetric and moves colours the least.


# %%
def moments(picture):
    colors = picture.reshape(-1, 3).astype(np.float64)
    return colors.mean(0), np.cov(colors.T)


def by_cholesky(painting, photo):
    (mean, own), (wanted_mean, wanted) = moments(painting), moments(photo)
    matrix = np.linalg.cholesky(wanted) @ np.linalg.inv(np.linalg.cholesky(own))
    return (painting - mean) @ matrix.T + wanted_mean


moved = by_cholesky(painting, photo)
np.testing.assert_allclose(moments(moved)[0], moments(photo)[0], atol=1e-6)
np.testing.assert_allclose(moments(moved)[1], moments(photo)[1], atol=1e-6)
library = images.keep_color(photo, painting, "cholesky")
print(f"mean difference from the library: {np.abs(np.clip(moved, 0, 1) - library).mean():.4f}")
sunset = images.load(assets.artwork("swirl"), 256).rgb
show(
    figures.show(
        {
            "cholesky": library,
            "symmetric": images.keep_color(photo, painting, "symmetric"),
            "another palette": sunset,
            "great_wave in it": images.match_colors(painting, sunset),
        },
        height=2.8,
    )
)

# %% [markdown]
# **Exercise.** Each colour of the photo's palette may turn up somewhere else: where do skin
# colours go in "cholesky"? Predict, before you try it, what a painting does that is moved to the
# palette of a grey picture.
#
# ## Where
#
# The Gram matrix of a region is a sum with a mask (Gatys et al., 2017). With $m_i \in [0, 1]$, how
# much position $i$ belongs to it,
#
# $$G = \frac{\sum_i m_i \, f_i f_i^\top}{\sum_i m_i} .$$
#
# The mask has to be as small as the layer: each position takes the mean of the pixels that it
# covers.

# %%
extractor = tfnst.FeatureExtractor("vgg19-lite", ["block2_conv1"])
activation = extractor(photo[None])["block2_conv1"].numpy()
height, width, _ = photo.shape
rows, columns = np.mgrid[:height, :width]
away = np.hypot((columns / width - 0.47) / 0.25, (rows / height - 0.33) / 0.27)
face = np.clip(5 * (1.1 - away), 0, 1).astype(np.float32)

small = (
    face[: height // 2 * 2, : width // 2 * 2].reshape(height // 2, 2, width // 2, 2).mean((1, 3))
)
f, m = activation[0].reshape(-1, activation.shape[-1]), small.reshape(-1)
gram = np.einsum("i,ic,id->cd", m, f, f) / m.sum()
statistics = losses.feature_statistics(activation, face[None, ..., None])
np.testing.assert_allclose(losses.gram_matrix(statistics)[0], gram, rtol=1e-3, atol=1e-4)
show(figures.show({"mask": face, "at block2": small}, height=2.5))

# %% [markdown]
# So a painting by regions has a style loss for each of them, with its own target: the statistics
# of another artwork, or of another part of one. Content is compared all over, which keeps the
# canvas whole where regions meet. Where no region is, the photo stays, bit by bit.

# %%
settings = tfnst.Settings(size=SIZE, steps=STEPS, strength=0.6)
artworks = [images.load(assets.artwork(name)).rgb for name in ("woodcut", "swirl")]
everywhere, nowhere = (
    [None, np.zeros(artworks[1].shape[:2], np.float32)],
    [np.zeros(artworks[0].shape[:2], np.float32), None],
)
regions = [
    tfnst.synthesis.Region(face, everywhere),
    tfnst.synthesis.Region(1 - face, nowhere),
]
by_regions = tfnst.stylize(photo, artworks, settings, regions=regions, network="vgg19-lite")
alone = tfnst.stylize(
    photo,
    artworks[1:],
    settings,
    regions=[tfnst.synthesis.Region(1 - face, [None])],
    network="vgg19-lite",
)
small_photo = images.resize(photo, *alone.shape[:2])
untouched = images.resize(1 - face, *alone.shape[:2]) == 0
assert (alone[untouched] == small_photo[untouched]).all()
show(
    figures.show(
        {
            "woodcut": artworks[0],
            "swirl": artworks[1],
            "each in its region": by_regions,
            "all but the face": alone,
        },
        height=2.8,
    )
)

# %% [markdown]
# **Exercise.** Give both regions parts of *one* artwork, its upper half for the face and its lower
# half for the rest. What of a statistic is lost when a part becomes very small?
#
# ## Scale
#
# Layers near the picture see marks, deep ones see forms; so do the same layers on a smaller
# picture. A style can therefore be taken apart: the fine statistics of one artwork with the coarse
# ones of another. Each term has its own target, and the gradient adds them up.

# %%
pictures = {}
for bands in (("fine", "coarse"), ("coarse", "fine")):
    pictures[f"woodcut {bands[0]}, swirl {bands[1]}"] = tfnst.stylize(
        photo, artworks, settings, style_bands=bands, network="vgg19-lite"
    )
show(figures.show(pictures, height=3.2))

# %% [markdown]
# ## Between
#
# Statistics are sums, and sums have averages. Of two artworks with shares $a$ and $1 - a$ the
# target is $a G_1 + (1 - a) G_2$: one painting in a style between them, not two paintings laid
# over each other. In a network the rows of conditional instance normalisation are mixed in the
# same way.

# %%
strip = [
    network.stylize(photo, {"great_wave": 1 - share, "scream": share})
    for share in np.linspace(0, 1, 5)
]
faded = 0.5 * strip[0] + 0.5 * strip[-1]
print(f"mixed style and mixed pictures differ by {np.abs(strip[2] - faded).mean():.3f} on average")
names = ["great_wave", "3 : 1", "1 : 1", "1 : 3", "scream"]
show(figures.show(dict(zip(names, strip, strict=True)), columns=5, height=2.6))

# %% [markdown]
# `tfnst grid` paints such strips, sheets between four styles, and any two settings against each
# other.
#
# **Exercise.** Where do you see that the middle is no double exposure?
#
# ## A poster, by tiles
#
# An A2 poster at 300 dots an inch has 35 million pixels, and the 64 channels of VGG-19's first
# layer alone would take 9 gigabytes. But the loss needs only *sums* over positions,
# $S = \sum_i s(f_i)$. By the chain rule
#
# $$\frac{\partial L(S)}{\partial x} = \sum_{t} \frac{\partial L}{\partial S} \cdot
# \frac{\partial S_t}{\partial x} , \qquad S = \sum_t S_t .$$
#
# So a first pass over the tiles adds up $S$; $\partial L / \partial S$ is a small matrix, taken
# once; and a second pass carries it back through each tile. The gradient is that of the whole
# picture, and the memory that of a tile. A tile needs margins as wide as a feature sees, which
# count for its neighbour.

# %%
layer, margin = "block2_conv1", 16
target = losses.gram_matrix(losses.feature_statistics(extractor(artworks[1][None])[layer]))
image = tf.constant(photo[None])
_, tall, wide, _ = image.shape


def loss_of(statistics):
    return losses.gram_style_loss(statistics, target)[0]


with tf.GradientTape() as tape:  # in one piece
    tape.watch(image)
    whole_loss = loss_of(losses.feature_statistics(extractor(image)[layer]))
whole = tape.gradient(whole_loss, image)


def sums(left, right):
    """Of the columns from left to right, seen with margins that are cut off again."""
    first, last = max(0, left - margin), min(wide, right + margin)
    seen = extractor(image[:, :, first:last])[layer]
    return losses.feature_statistics(seen[:, :, (left - first) // 2 : (right - first) // 2])


tiles = [(left, left + wide // 2) for left in (0, wide // 2)]
total = tf.nest.map_structure(lambda *parts: sum(parts), *(sums(*tile) for tile in tiles))
with tf.GradientTape() as tape:  # of the loss by its sums
    tape.watch(total)
    tiled_loss = loss_of(total)
slopes = tape.gradient(tiled_loss, total, unconnected_gradients="zero")
tiled = tf.zeros_like(image)
for tile in tiles:  # back through each tile
    with tf.GradientTape() as tape:
        tape.watch(image)
        part = sums(*tile)
    tiled += tape.gradient(part, image, slopes)

error = float(tf.norm(tiled - whole) / tf.norm(whole))
print(f"loss {float(whole_loss):.6f} and {float(tiled_loss):.6f}; gradients differ by {error:.1e}")
assert error < 1e-4
strength = np.abs(whole[0]).mean(-1)
show(
    figures.show(
        {
            "gradient, in one piece": strength / strength.max(),
            "by two tiles": np.abs(tiled[0]).mean(-1) / strength.max(),
        },
        height=3.2,
    )
)

# %% [markdown]
# `tfnst stylize --size 4096` does that by itself, for all of its terms and scales.
#
# **Exercise.** Set `margin` to 0. How large is the error, and where does the difference lie?
#
# What a photo keeps of its own, bits, profile and who took it, is not a matter of style: see the
# guides to control and to picture files. Next, [style as
# augmentation](11_style_as_augmentation.ipynb).
