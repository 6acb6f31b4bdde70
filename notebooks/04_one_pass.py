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
# # 4 · One pass
#
# [Notebook 3](03_painting_by_gradient_descent.ipynb) painted one picture by hundreds of steps of
# gradient descent, each of them a pass through the feature network and back. The next photo costs
# as much again, though the artwork is the same and the steps are much alike. Johnson, Alahi &
# Fei-Fei (ECCV 2016) asked: can a *network* learn what the descent finds? Then painting is one
# pass, a thousand times quicker, and all the descending is done once, in training.
#
# We write that training by hand, on one page; look at what the network learns, when, and at what
# price; and then at three details that decide whether the result is beautiful: instance
# normalization, upsampling, and borders. It runs in a few minutes on two processor cores, without
# a network connection.

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
NETWORK = "vgg19-lite"
SIZE = 128  # side of the crops that the network learns from, in pixels
STEPS = 1600  # of training; about two minutes on two cores
PAINTING = 256  # long side of the paintings, in pixels
DESCENT = (120, 90, 50)  # steps of the descent that it is compared with, at each level

# %%
import io
import os
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow starts, or it talks

import numpy as np
from IPython.display import Image, display

from tfnst import assets, devices, images

with devices.silent_stderr():
    import keras
    import tensorflow as tf

from matplotlib.figure import Figure

from tfnst import features, losses
from tfnst.images import HALO, figures
from tfnst.networks import StyleNetwork
from tfnst.networks.architecture import reach
from tfnst.networks.settings import CONFIGURATIONS, NetworkSettings
from tfnst.synthesis import style_transfer
from tfnst.synthesis.settings import STYLE_LAYERS, Settings
from tfnst.training import photo_folder


def show(figure, dpi=65):
    """Display a figure as a small JPEG, so that the notebook stays small."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=dpi, pil_kwargs={"quality": 80})
    display(Image(buffer.getvalue()))


keras.utils.set_random_seed(0)
photo = images.load(assets.photo(), PAINTING).rgb
artwork = images.load(assets.artwork("waves"), PAINTING).rgb
show(figures.show({"photo": photo, "artwork": artwork}, height=2.6))

# %% [markdown]
# ## 4.1 From one picture to all pictures
#
# Descent solves a problem for one photo $p$, over the pixels $x$. A network $f_\theta$ solves it
# for all photos, over its weights $\theta$:
#
# $$x^* = \arg\min_x \; L(x, p) \qquad\longrightarrow\qquad
# \theta^* = \arg\min_\theta \; \mathbb{E}_{p}\left[\, L(f_\theta(p), p) \,\right],$$
#
# with the very same loss $L$: style against the artwork, content against the photo, and the total
# variation that a painting has beyond its artwork's. It is called a *perceptual loss*, because what
# it compares are not pixels but what another network sees in them. The gradient flows through the
# frozen feature network into the painting, as in notebook 3, and from there one step further, into
# the weights that painted it:
#
# $$\frac{\partial L}{\partial \theta} = \frac{\partial L}{\partial x}\,
# \frac{\partial f_\theta(p)}{\partial \theta}.$$
#
# Nobody ever shows the network a finished painting. There is none to show.
#
# ## 4.2 The network
#
# Johnson's network: two convolutions that halve the picture, five residual blocks at a quarter of
# its size, two that enlarge it again. At a quarter of the size a convolution costs a sixteenth, and
# a 3×3 kernel spans twelve pixels: painting is done coarsely, where it is cheap and where strokes
# are made. The library's `StyleNetwork` has that shape as a configuration:

# %%
paper = StyleNetwork(["waves"], CONFIGURATIONS["johnson"])
gallery = StyleNetwork(["waves"], CONFIGURATIONS["compact"])
small = NetworkSettings(widths=(0, 16, 32), blocks=4, middle=16)
network = StyleNetwork(["waves"], small)
for name, each in (("Johnson et al.", paper), ("the gallery's", gallery), ("ours here", network)):
    parameters = sum(int(np.prod(w.shape)) for w in each.trainable_weights)
    print(f"{name:15} {parameters:9,} parameters, sees {reach(each.settings)} px around a pixel")
for layer in network.layers:
    if layer.name in ("half", "quarter", "block1a", "block1b", "block1c", "up1", "colors", "up2"):
        print(f"    {layer.name:9} {type(layer).__name__:13} {tuple(layer.output.shape[1:])}")

# %% [markdown]
# The first has the sizes of the paper. The second is half as wide, with *bottlenecks*: blocks that
# do their 3×3 in half of the channels. The third is ours for the next minutes, smaller still.
#
# ## 4.3 Something to learn from
#
# Johnson et al. took 80,000 photos. We have no network connection, and so one photo, and the
# sample artworks that we do not learn; random squares of them at random scales, mirrored or not.
# That is far too little to learn the world, and enough to see the thing work.

# %%
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    for file in [assets.photo(), *(assets.artwork(n) for n in assets.NAMES if n != "waves")]:
        images.save(Path(folder) / f"{file.stem}.png", images.load(file, 4 * SIZE).rgb)
    pictures = photo_folder.PhotoFolder([folder])
    side, batch = SIZE + 2 * HALO, 2
    stream = photo_folder.crops(pictures, side, batch, seed=0)
    crops = [next(stream) for _ in range(STEPS)]

show(
    figures.show({f"crop {i}": crop[0] for i, crop in enumerate(crops[:6])}, columns=6, height=1.6)
)

# %% [markdown]
# ## 4.4 The training step on one page
#
# The loss is that of notebook 3, for a batch. Content is free up to a distance, beyond which it
# costs the more, the further it goes. (A thermostat, as there, does not work: while the network
# knows nothing the distance is large, so the weight would rise until nothing but the photo counts.)
# With total variation it is the same: a painting may vary from pixel to pixel as much as its
# artwork does. Whoever punishes all of it gets paintings without the grain of brush and canvas.
#
# `tf.function` traces the step once and compiles it; the gradient tape records the pass forward and
# plays it backward, through the feature network and the painter.

# %%
CONTENT_LAYERS = ("block3_conv3", "block4_conv2")
ALLOWED, CONTENT_WEIGHT, VARIATION = 0.5, 4.0, 3.0
extractor = features.FeatureExtractor(NETWORK, (*STYLE_LAYERS, *CONTENT_LAYERS))

seen, rough = extractor(artwork[None]), losses.total_variation(artwork[None])
style_targets = {k: losses.gaussian(losses.feature_statistics(seen[k])) for k in STYLE_LAYERS}
one_style = tf.constant([[0.0, 1.0]] * batch)  # 0 of the photo, 1 of "waves"; see notebook 5


def inner(pictures):
    """Without the halo, of which more below."""
    return pictures[:, HALO:-HALO, HALO:-HALO]


def perceptual_loss(painting, photo):
    found, wanted = extractor(painting), extractor(photo)
    style = 0.0
    for name, target in style_targets.items():
        statistics = losses.feature_statistics(found[name])
        style += losses.wasserstein_style_loss(statistics, target) / len(style_targets)
    content = 0.0
    for name in CONTENT_LAYERS:
        target = losses.standardize(tf.stop_gradient(wanted[name]))
        content += losses.content_distance(found[name], target) / len(CONTENT_LAYERS)
    excess = tf.nn.relu(content - ALLOWED)
    rougher = tf.nn.relu(losses.total_variation(painting) - rough)
    loss = style + CONTENT_WEIGHT * excess**2 + VARIATION * rougher
    return tf.reduce_mean(loss), tf.reduce_mean(style), tf.reduce_mean(content)


schedule = keras.optimizers.schedules.CosineDecay(2e-3, STEPS)
optimizer = keras.optimizers.Adam(schedule, beta_2=0.99, clipnorm=5.0)
optimizer.build(network.trainable_variables)


@tf.function(autograph=False)  # no if or for of Python's in it depends on a tensor
def training_step(photos):
    with tf.GradientTape() as tape:
        painted = network({"image": photos, "style_weights": one_style})["stylized"]
        loss, style, content = perceptual_loss(inner(painted), inner(photos))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
    return loss, style, content


history, stages = [], {}
began = time.perf_counter()
for step, crop in enumerate(crops):
    if step in (0, STEPS // 16, STEPS // 4):
        stages[f"after {step} steps"] = network.stylize(photo, "waves")
    history.append([float(value) for value in training_step(tf.constant(crop))])
trained = time.perf_counter() - began
stages[f"after {STEPS} steps"] = network.stylize(photo, "waves")
print(f"{STEPS} steps, {1000 * trained / STEPS:.0f} ms each")

# %%
figure = Figure(figsize=(7, 2.2), layout="constrained")
axes = figure.subplots(1, 2)
for axis, column, name in zip(axes, (1, 2), ("style loss", "content distance"), strict=True):
    axis.plot(np.convolve(np.array(history)[:, column], np.ones(9) / 9, "valid"))
    axis.set(title=name, xlabel="step")
axes[0].set_yscale("log")
axes[1].axhline(ALLOWED, color="gray", linewidth=0.5)
show(figure, dpi=80)
show(figures.show(stages, columns=4, height=2.8))

# %% [markdown]
# Before any training there is coloured noise, in which the photo is a shadow: random convolutions
# keep something of edges. Then palette and contrast come, within seconds; strokes come last and
# slowly. Each step is of crops that the network has not met before, some easier than others, so the
# curves shake.
#
# ## 4.5 What it costs, and what one pass is worth
#
# Let us measure the two solvers against each other, on the same photo, by the same loss: descent on
# the pixels, and one pass of the network.

# %%
settings = Settings(size=PAINTING, strength=0.85, steps=DESCENT)
began = time.perf_counter()
descent = style_transfer.StyleTransfer(photo, [artwork], settings, network=extractor)
*_, _ = descent.run()
by_descent = descent.picture()
descending = time.perf_counter() - began

began = time.perf_counter()
by_network = network.stylize(photo, "waves")
passing = time.perf_counter() - began

paintings = {}
for name, picture, seconds in (
    ("descent", by_descent, descending),
    ("one pass", by_network, passing),
    ("the photo itself", photo, 0.0),
):
    _, style, content = (float(v) for v in perceptual_loss(picture[None], photo[None]))
    print(f"{name:16} {seconds:7.3f} s   style {style:.4f}   content distance {content:.3f}")
    paintings[f"{name}\nstyle {style:.3f}, content {content:.2f}"] = picture
print(f"one pass is {descending / passing:.0f} times as fast")
show(figures.show(paintings, columns=3, height=3.4))

# %% [markdown]
# Descent wins by the loss, and it always will: it looks for the one best picture, the network for
# one rule that is good on average. (Johnson et al. trained on fifty times as many crops, and come
# closer.) But the network has painted in a fraction of a second, and the training is paid
# back after a dozen photos.
#
# > **Exercise 1.** After how many photos is it paid back here? And if you paint at twice the size?
#
# > **Exercise 2.** Set `ALLOWED` to 0.2, and to 1.0, and train again. What happens to the strokes,
# > what to the face?

# %% [markdown]
# ## 4.6 Instance normalization: contrast is style
#
# After each convolution, each channel of each picture is brought to mean 0 and deviation 1,
#
# $$\mathrm{IN}(x)_{hwc} = \gamma_c \, \frac{x_{hwc} - \mu_c}{\sigma_c} + \beta_c,
# \qquad \mu_c = \operatorname*{mean}_{h,w} x_{hwc},$$
#
# over the positions of *that* picture alone (Ulyanov, Vedaldi & Lempitsky, 2016); batch
# normalization would take them over all pictures of a batch. The contrast of a photo is a matter
# of style, and style is to come from the artwork: so forget the photo's contrast early, and learn
# that of the artwork, in $\gamma$ and $\beta$. We can see it forget:

# %%
washed_out = 0.4 + 0.3 * photo
dark = 0.35 * photo
inputs = {"photo": photo, "washed out": washed_out, "dark": dark}
outputs = {f"{k}, painted": network.stylize(v, "waves") for k, v in inputs.items()}
show(figures.show({**inputs, **outputs}, columns=3, height=2.4))
reference = outputs["photo, painted"]
for name in ("washed out", "dark"):
    before = np.abs(inputs[name] - photo).mean()
    after = np.abs(outputs[f"{name}, painted"] - reference).mean()
    print(f"{name:10} differs from the photo by {before:.3f}; the paintings by {after:.3f}")

# %% [markdown]
# > **Exercise 3.** That also means that the network cannot tell a photo taken at night from one
# > taken at noon. How would you let a user keep the difference? (`tfnst apply --strength` and
# > `--keep-color` are two answers.)

# %% [markdown]
# ## 4.7 No checkerboards, no frames
#
# Two faults are known to everybody who has trained such a network.
#
# **Checkerboards.** To enlarge, the paper used transposed convolutions. Where stride and kernel do
# not divide, pixels are written by unequal numbers of kernel weights, and the difference is a
# grid. We enlarge by *repeating* pixels, and convolve afterwards; and at the last step, where four
# pixels of a block come from four sets of weights, we start them equal and smooth away what they
# could still disagree on. Let us look for a grid, where it would show best: in the spectrum of what
# the network makes of a flat grey picture, and of the photo. A grid of two pixels would be a peak
# at the right end, at half a cycle a pixel.

# %%
flat = np.full((PAINTING, PAINTING, 3), 0.5, np.float32)


def spectrum(picture):
    """Mean power of the rows at each frequency along them, in cycles a pixel."""
    grey = picture.mean(-1)
    rows = (grey - grey.mean(1, keepdims=True)) * np.hanning(grey.shape[1])
    return np.fft.rfftfreq(grey.shape[1]), np.mean(np.abs(np.fft.rfft(rows, axis=1)) ** 2, 0)


figure = Figure(figsize=(7, 2.2), layout="constrained")
axis = figure.subplots()
lines = {"flat grey, painted": network.stylize(flat, "waves")[64:-64, 64:-64]}
lines |= {"photo": photo, "photo, painted": by_network}
for name, picture in lines.items():
    frequency, power = spectrum(picture)
    axis.semilogy(frequency[1:], power[1:] + 1e-12, label=name)
axis.set(xlabel="cycles a pixel", ylabel="power", ylim=(1e-10, None))
axis.legend(fontsize=7)
show(figure, dpi=80)

# %% [markdown]
# There is no peak at the right end, nor anywhere else; and flat grey is painted flat, with so
# little power that its line lies below the axis.
#
# **Frames.** A convolution at the border needs pixels that are not there, and takes zeros: black.
# The network sees a black frame, and paints something about it. Reflecting the picture at every
# layer, as the paper does, is slow on phones (LiteRT then splits the network into 17 pieces). So we
# reflect once: a *halo* of 16 pixels around the picture, in training and in use, which is cut off
# at the end (a network whose trunk is at a sixteenth takes 32: two of its pixels). Here is what it
# hides:

# %%
multiple = photo[: photo.shape[0] // 4 * 4, : photo.shape[1] // 4 * 4]
inputs = {"image": tf.constant(multiple[None]), "style_weights": one_style[:1]}
bare = network(inputs)["stylized"].numpy()[0]
clean = by_network[: bare.shape[0], : bare.shape[1]]
difference = np.abs(bare - clean).mean(-1)
show(
    figures.show({"without a halo": bare, "with": clean, "difference": 4 * difference}, height=3.0)
)
for inset in (0, 4, 16, 40):
    ring = difference[inset : inset + 4, inset : -inset or None].mean()
    print(f"{inset:3} px from the upper border: difference {ring:.4f}")

# %% [markdown]
# ## 4.8 Reach and scale: who cannot see a stroke cannot paint it
#
# Lay a painting of such a network beside its artwork, and often you would not know whose it is: the
# colours are there, and one fine weave in place of every kind of mark. Why?
#
# A pixel of the painting depends on the pixels of the photo around it, up to some distance, which
# is the network's *reach*. A $k \times k$ convolution on activations that are $s$ times smaller
# than the picture adds $s\,(k-1)/2$ pixels to it:
#
# $$\text{reach} = \sum_{\text{layers}} s_l \, \frac{k_l - 1}{2}.$$
#
# To lay down a stroke of 60 pixels, all its pixels must *agree* where it begins and how it runs.
# Two that are further apart than the reach know nothing of each other. Only $s$ grows the sum
# cheaply: half the size, twice the reach, for a quarter of the cost. So we take the same number of
# blocks to a sixteenth of the size, and come back in steps, at each of which what was seen there on
# the way down is added again, for the outlines (the skips of a U-Net; Ronneberger, Fischer & Brox,
# 2015). The gradient of one pixel of the painting shows what it depends on:

# %%
near = NetworkSettings((0, 16, 32), 2, middle=16)
far = NetworkSettings((0, 16, 32, 48, 48), 2, "light", middle=24, refinements=(1, 1), seeds=True)
painters = {}
for name, shape in (("near", near), ("far", far)):
    keras.utils.set_random_seed(0)
    painters[name] = StyleNetwork([name], shape)

fields = {}
for name, painter in painters.items():
    image = tf.constant(images.resize(photo, 256, 256)[None])
    with tf.GradientTape() as tape:
        tape.watch(image)
        pixel = tf.reduce_sum(
            painter({"image": image, "style_weights": one_style[:1]})["stylized"][0, 128, 128]
        )
    slope = np.abs(tape.gradient(pixel, image)[0]).sum(-1)
    title = f"{name}: {reach(painter.settings)} px, {painter.count_params():,} parameters"
    fields[title] = np.repeat((slope / slope.max())[..., None] ** 0.25, 3, -1)
show(figures.show(fields, columns=2, height=3.0))

# %% [markdown]
# (The fourth root of it, or you would see nothing but the middle; normalization adds a little of
# everything.)
#
# The other half of the matter is the loss. Feature networks look mostly at small things: by the
# same sum, a position of `block1_conv1` sees 3 pixels a side, of `block3_conv1` 24, and of
# `block5_conv1` 156; of five layers, one knows what is large. So we let all of them look again at
# the picture *made smaller*, at half and at a quarter of the size, beside the artwork made smaller
# alike:
#
# $$L_{\text{style}} = \frac{1}{3} \sum_{r \in \{1, 2, 4\}}
# L\big(A_r\, f_\theta(p),\; A_r\, a\big),$$
#
# where $A_r$ averages squares of $r \times r$ pixels. At a quarter, a stroke of 60 pixels is one of
# 15, and the network that only knew small marks has something to say about it. Last, fine detail:
# punishing total variation takes the bristles of a brush along with the noise; we ask for as *much*
# in each of the finest bands of a Laplacian pyramid as the artwork has, no more and no less (the
# library for somewhat less in the two finest, which networks lay as hatching over what is smooth).
#
# The same artwork, with strokes twice as large, for both networks, in as many steps:

# %%
large = images.resize(images.load(assets.artwork("swirl"), 640).rgb, 480, 640)
SCALES = (1, 2, 4)


def smaller(pictures, scale):
    return tf.nn.avg_pool2d(pictures, scale, scale, "VALID") if scale > 1 else pictures


def layers_at(scale):
    """At a quarter of a crop the deepest layer has too few positions to speak of statistics."""
    return STYLE_LAYERS if scale < 4 else STYLE_LAYERS[:3]


def targets_of(artwork):
    targets = []
    for scale in SCALES:
        seen = extractor(smaller(tf.constant(artwork[None]), scale))
        targets.append(
            {k: losses.gaussian(losses.feature_statistics(seen[k])) for k in layers_at(scale)}
        )
    return targets


def style_at(painting, targets, scale):
    seen, wanted = extractor(smaller(painting, scale)), targets[SCALES.index(scale)]
    parts = [
        losses.wasserstein_style_loss(losses.feature_statistics(seen[name]), target)
        for name, target in wanted.items()
    ]
    return tf.reduce_mean(sum(parts) / len(parts))


large_targets = targets_of(large)
large_bands = losses.band_energies(large[None])


def train_at_scales(painter, steps):
    schedule = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    optimizer = keras.optimizers.Adam(schedule, beta_2=0.99, clipnorm=5.0)
    optimizer.build(painter.trainable_variables)

    @tf.function(autograph=False)
    def step(photos):
        with tf.GradientTape() as tape:
            inputs = {"image": photos, "style_weights": one_style}
            painted, wanted = inner(painter(inputs)["stylized"]), extractor(inner(photos))
            style = sum(style_at(painted, large_targets, scale) for scale in SCALES) / 3
            target = losses.standardize(tf.stop_gradient(wanted["block4_conv2"]))
            content = losses.content_distance(extractor(painted)["block4_conv2"], target)
            excess = tf.reduce_mean(tf.nn.relu(content - ALLOWED) ** 2)
            bands = tf.reduce_mean(losses.band_loss(losses.band_energies(painted), large_bands))
            loss = style + CONTENT_WEIGHT * excess + 0.15 * bands
        gradients = tape.gradient(loss, painter.trainable_variables)
        optimizer.apply_gradients(zip(gradients, painter.trainable_variables, strict=True))

    for crop in crops[:steps]:
        step(tf.constant(crop))


shown = {"artwork": large}
for name, painter in painters.items():
    train_at_scales(painter, STEPS // 2)
    painted = painter.stylize(photo, name)
    values = [float(style_at(tf.constant(painted[None]), large_targets, s)) for s in SCALES]
    print(
        f"{name:5} style at full, half and quarter size: " + "  ".join(f"{v:.3f}" for v in values)
    )
    shown[name] = painted
show(figures.show(shown, columns=3, height=3.6))

# %% [markdown]
# Half the steps are few for either. But look at what each does with the large smooth places: to the
# one with the short reach they are a gradient with a weave; the other begins to lay down forms. The
# figures say it too: there is most between them where the picture is smallest.
#
# > **Exercise 4.** Leave the scales 2 and 4 out of the loss. Which of the two networks loses more?
#
# > **Exercise 5.** Paint the photo at half its size with "near", and enlarge the painting. What
# > reach has it now, and what have you lost? (It is the cheapest cure that there is.)

# %% [markdown]
# ## 4.9 The same, by the library
#
# `StyleTrainer` is this page as a `keras.Model`: it has `compute_loss`, so that `fit`, callbacks,
# mixed precision and several GPUs come with Keras. It compares styles at the three scales, and
# learns each artwork at two sizes, between which `stroke` goes from fine to large; and it keeps an
# average of the weights, checkpoints, previews and a model card. On the command line:
#
# ```
# tfnst train waves.jpg --photos my_photos/ -o waves.keras --start-from none --minutes 60
# tfnst apply photo.jpg --model waves.keras -o painted.png
# ```
#
# And the package brings a network that has been trained for longer, on many styles at once:

# %%
gallery = StyleNetwork.from_preset("gallery")
began = time.perf_counter()
chosen = {name: gallery.stylize(photo, name) for name in gallery.styles[:4]}
print(f"{(time.perf_counter() - began) / len(chosen):.2f} s a painting")
show(figures.show(chosen, columns=4, height=2.8))

# %% [markdown]
# How can *one* network know several styles, when all its convolutions are the same for all? That is
# [notebook 5](05_many_styles.ipynb).
#
# > **Exercise 6.** Train on another of the sample artworks, "mosaic" or "woodcut". Which style is
# > hard for a network of this size, and why?
