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
# # 1 · What a network sees
#
# Style transfer asks two questions about a picture: *what is where* and *how is it painted*. Both
# are asked in the language of a convolutional network that was trained for something else, to name
# the objects in photos. Before we use that language we look at it: what such a network computes at
# each depth, how much of the picture one number depends on, and what of the picture is left.
#
# You need: Python and NumPy, convolution, the chain rule. You do not need a GPU: everything here
# runs in a few minutes on two processor cores, without a network connection.
#
# **The feature network.** The notebook uses `vgg19-lite`, a network with VGG-19's layers and a
# quarter of its channels that ships with the package. To see the real VGG-19, run
# `tfnst download vgg19` once (80 MB), set `NETWORK = "vgg19"` below and give it more time.

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
SIZE = 192  # long side of the photo, in pixels
STEPS = 600  # of gradient descent, for each reconstruction

# %%
import io
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow starts, or it talks

import numpy as np
from IPython.display import Image, display

from tfnst import assets, devices, images

with devices.silent_stderr():
    import keras
    import tensorflow as tf

from matplotlib.figure import Figure

from tfnst import features, losses
from tfnst.images import figures


def show(figure, dpi=65):
    """Display a figure as a small JPEG, so that the notebook stays small."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=dpi, pil_kwargs={"quality": 80})
    display(Image(buffer.getvalue()))


keras.utils.set_random_seed(0)

# %% [markdown]
# ## 1.1 A picture is a tensor
#
# `images.load` reads a file as an array of shape (height, width, 3): red, green and blue, numbers
# from 0 to 1. Networks take batches, so one picture becomes a tensor of shape (1, H, W, 3).

# %%
photo = images.load(assets.photo(), SIZE).rgb
batch = tf.constant(photo[None])
print(batch.shape, batch.dtype.name, f"from {photo.min():.2f} to {photo.max():.2f}")
show(figures.show({"photo": photo}, height=2.5))

# %% [markdown]
# ## 1.2 The extractor
#
# VGG-19 is a chain. Every convolution takes the activation $F^{l-1}$ before it and computes
#
# $$F^l = \max\left(0,\; W^l * F^{l-1} + b^l\right),$$
#
# with 3 × 3 kernels $W^l$; the maximum with 0 is the ReLU. After each *block* of convolutions a
# *pooling* halves height and width. `block3_conv1` is the first convolution of the third block, so
# two poolings lie before it.
#
# `FeatureExtractor` is a Keras model from a batch of pictures to a dictionary
# `{layer name: activation}`, for the layers that you name. All names that this network has:

# %%
LAYERS = features.ARCHITECTURES[NETWORK].layers
extractor = features.FeatureExtractor(NETWORK, LAYERS)
activations = extractor(batch)
print(f"{'layer':14}{'height':>7}{'width':>7}{'channels':>10}{'numbers':>10}{'zeros':>8}")
for name, activation in activations.items():
    _, height, width, channels = activation.shape
    zeros = np.mean(activation.numpy() == 0)
    print(f"{name:14}{height:7}{width:7}{channels:10}{tf.size(activation):10}{zeros:8.0%}")

# %% [markdown]
# Read the table downwards: positions get fewer (the picture is seen on coarser and coarser grids),
# channels get more (more is said about each position). In total the numbers get fewer: the last
# layer holds fewer of them than the photo has (compare $3HW$). So something must have been dropped,
# and the rest of this notebook is about what.
#
# **Preprocessing is inside.** VGG-19 was trained on pictures with blue first, from 0 to 255, with
# the mean colour of its training set removed. If every caller had to remember that, one of them
# would forget; so the model does it itself and is fed plain RGB from 0 to 1. We check the first
# layer against the equation above, by hand:

# %%
first = extractor.get_layer("block1_conv1")
kernel, bias = first.get_weights()
prepared = features.caffe_input(batch, features.ARCHITECTURES[NETWORK].input_scale)
by_hand = tf.nn.relu(tf.nn.conv2d(prepared, kernel, strides=1, padding="SAME") + bias)

difference = float(tf.reduce_max(tf.abs(by_hand - activations["block1_conv1"])))
print(f"kernel {kernel.shape}, bias {bias.shape}; largest difference {difference:.1e}")
assert difference < 1e-4 * float(tf.reduce_max(by_hand))

# %% [markdown]
# **Truncation.** The model ends at the deepest layer that you ask for. A loss on an early layer
# need not pay for the late ones, and there is no classifier at the end: we never ask what is in
# the photo.

# %%
for deepest in ("block1_conv1", "block2_conv1", "block3_conv1", LAYERS[-1]):
    short = features.FeatureExtractor(NETWORK, [deepest])
    print(f"up to {deepest}: {short.count_params():9,} weights, outputs {list(short(batch))}")

# %% [markdown]
# ## 1.3 Activations as pictures
#
# One channel of an activation is a grey picture: bright where its pattern was found. Below are the
# strongest channels of three layers, each scaled to its own maximum.

# %%
for name in ("block1_conv1", "block3_conv1", "block5_conv1"):
    figure = figures.activation_grid(activations[name][0], count=8)
    figure.suptitle(name, fontsize=10)
    show(figure)

# %% [markdown]
# What I see, and you can check:
#
# - `block1_conv1`: the person in full detail, once for each of several simple questions: where is
#   it bright, where is it dark, where is it blue? Some channels show outlines only.
# - `block3_conv1`: still the person, but lines are broad and areas mottled. Edges of the collar,
#   the cap and the medals stand out; the flat background is dark.
# - `block5_conv1`: a dozen rows of squares. Several channels are bright about where the head and
#   the collar are. That something is there is still visible, what it looks like is not.
#
# These are *activations* of one photo, not "what the neuron wants". A bright spot says that a
# pattern was found there; it does not say which.
#
# > **Exercise 1.** Show the same three grids for `assets.artwork("woodcut")`. Which layer's
# > pictures would let you guess that it is a woodcut and not a photo?

# %% [markdown]
# ## 1.4 Receptive fields
#
# How much of the picture can one number of an activation depend on? A 3 × 3 convolution sees three
# neighbours of the layer below, which see three each, and so on. Let $r$ be the side of that
# square, the *receptive field*, in pixels, and $j$ the distance in pixels between two neighbouring
# positions (the *jump*). Beginning with $r = j = 1$ at the picture itself, a layer with kernel size
# $k$ and stride $s$ gives
#
# $$r \leftarrow r + (k - 1)\,j, \qquad j \leftarrow s\,j .$$
#
# A convolution has $k = 3, s = 1$; a pooling has $k = 2, s = 2$.


# %%
def receptive_fields(layers):
    """{layer: (side of the receptive field, jump)}, both in pixels."""
    r, j, fields = 1, 1, {}
    for name in layers:
        if name.endswith("conv1") and fields:  # the pooling that ends the block before
            r, j = r + (2 - 1) * j, 2 * j
        r = r + (3 - 1) * j
        fields[name] = (r, j)
    return fields


fields = receptive_fields(LAYERS)
for name, (side, jump) in fields.items():
    print(f"{name:14} sees {side:3} × {side:<3} px, every {jump:2} px")

# %% [markdown]
# A formula about a program can be checked on the program. Take one position of a layer, add up its
# channels, and differentiate with respect to the picture:
#
# $$\frac{\partial}{\partial x_{uv}} \sum_c F^l_{hwc}(x).$$
#
# This gradient is zero at every pixel $(u, v)$ that the position cannot see. We use average pooling
# for the check: max pooling passes the gradient to one of its four inputs only, which would leave
# holes. The picture is noise, so that no edge or flat area is special.

# %%
CHECKED = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1")
smooth = features.FeatureExtractor(NETWORK, CHECKED, pooling="average")
noise = tf.random.uniform((1, 256, 256, 3), seed=1)
sensitivity = {}
for name in CHECKED:
    with tf.GradientTape() as tape:
        tape.watch(noise)
        activation = smooth(noise)[name]
        middle = activation.shape[1] // 2
        unit = tf.reduce_sum(activation[0, middle, middle])
    gradient = tf.reduce_sum(tf.abs(tape.gradient(unit, noise)), -1)[0].numpy()
    rows, columns = np.flatnonzero(gradient.any(1)), np.flatnonzero(gradient.any(0))
    measured = (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    # Where half of the gradient is, counted from its middle outwards.
    centre = (rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2
    away = np.abs(np.indices(gradient.shape) - np.reshape(centre, (2, 1, 1))).max(0)
    order = np.argsort(away, axis=None)
    half = away.ravel()[order][
        np.searchsorted(np.cumsum(gradient.ravel()[order]), gradient.sum() / 2)
    ]
    sensitivity[name] = gradient
    print(
        f"{name}: formula {fields[name][0]:3}, measured {measured[0]} × {measured[1]}, "
        f"half of the gradient within {2 * half + 1:.0f}"
    )
    assert max(measured) <= fields[name][0]

maps = {f"{name}\n{fields[name][0]} px": (g / g.max()) ** 0.5 for name, g in sensitivity.items()}
show(figures.show(maps, columns=5, height=2.2))

# %% [markdown]
# The measured squares are exactly those of the formula. The maps (drawn as square roots, so that
# the faint parts show) say something that the formula does not: the gradient is far from even. In
# the deeper layers half of it lies within a square of about a third of the side. Most paths through
# the layers meet in the middle, few reach a corner (Luo et al., *Understanding the effective
# receptive field*, NeurIPS 2016).
#
# Keep the numbers in mind: what a layer says about *style* is about patterns of at most this size.
# And they are in pixels, not in centimetres of canvas: show the network a picture of twice the
# size, and the same layer sees half as much of it. The third notebook uses this to paint coarse
# strokes first.
#
# > **Exercise 2.** Replace average pooling by max pooling in the check. Explain the picture, and
# > why the assertion still holds.

# %% [markdown]
# ## 1.5 Pooling
#
# Pooling replaces each 2 × 2 square by one number: its maximum (as VGG-19 was trained) or its
# average (which Gatys et al. found to give slightly nicer pictures).

# %%
small = tf.reshape(tf.constant([1.0, 0, 0, 0, 0, 0, 0, 2, 4, 4, 0, 0, 4, 4, 8, 0]), (1, 4, 4, 1))
for name, pool in (("max", tf.nn.max_pool2d), ("average", tf.nn.avg_pool2d)):
    print(name, *pool(small, 2, 2, "VALID")[0, :, :, 0].numpy().tolist())
print("of   ", *small[0, :, :, 0].numpy().tolist())

# %% [markdown]
# The maximum says *whether* the pattern is somewhere in the square, the average says *how much* of
# it there is. Both forget where in the square it was, and this is wanted: a network that names
# objects should not mind if the photo moves by a pixel. Does it? We move the photo to the right, by
# whole pixels, and ask by how much each layer changes, relative to its size:
#
# $$\frac{\lVert F^l(x_{\text{moved}}) - F^l(x) \rVert}{\lVert F^l(x) \rVert}.$$

# %%
SHIFTS = (1, 2, 4, 8)
figure = Figure(figsize=(7, 2.8), layout="constrained")
axis = figure.subplots()
print(f"{'moved by':16}" + "".join(f"{shift:>6} px" for shift in SHIFTS))
for pooling, line in (("max", "-o"), ("average", "--s")):
    network = features.FeatureExtractor(NETWORK, CHECKED, pooling)
    wide = np.pad(photo, ((0, 0), (8, 8), (0, 0)), "symmetric")
    views = {s: wide[None, :, 8 - s : 8 - s + photo.shape[1]] for s in (0, *SHIFTS)}
    seen = {shift: network(view) for shift, view in views.items()}
    for index, name in enumerate(CHECKED):
        size = tf.norm(seen[0][name])
        change = [float(tf.norm(seen[shift][name] - seen[0][name]) / size) for shift in SHIFTS]
        axis.plot(SHIFTS, change, line, color=f"C{index}", label=f"{name}, {pooling}")
        if pooling == "max":
            print(f"{name:16}" + "".join(f"{value:9.2f}" for value in change))
axis.set_xscale("log", base=2)
axis.set(xlabel="pixels moved", ylabel="relative change", ylim=(0, None))
axis.legend(fontsize=6, ncols=2, loc="center left", bbox_to_anchor=(1, 0.5))
show(figure, dpi=80)

# %% [markdown]
# The first layer, before any pooling, changes by half its own size when the photo moves by one
# single pixel: it sees edges and fine grain, and after the move they are elsewhere. (Both poolings
# share that curve, as there is nothing to tell them apart yet.) With every pooling the change gets
# smaller, and with average pooling it is a little smaller than with max pooling. But it never
# becomes zero and it grows with the distance: these networks are *less sensitive* to shifts, not
# invariant.

# %% [markdown]
# ## 1.6 What each layer keeps: the picture back from its activation
#
# The clearest way to see what a layer keeps is to give it back its own activation and ask for a
# picture that fits. Begin with noise $x$ and descend (Mahendran & Vedaldi, *Understanding deep
# image representations by inverting them*, CVPR 2015; Gatys et al., CVPR 2016, figure 1):
#
# $$\min_x \; \frac{\lVert F^l(x) - F^l(p) \rVert^2}{\lVert F^l(p) \rVert^2} + \lambda\,
# \mathrm{TV}(x), \qquad 0 \le x \le 1,$$
#
# where $p$ is the photo. The first term is the relative squared error at layer $l$, which is
# `losses.content_loss`. The second, the mean squared difference of neighbouring pixels, is
# `losses.total_variation`: among all the pictures that the layer cannot tell apart it prefers a
# smooth one. It has a small weight, so that it decides only what the layer leaves open.
#
# Note what is new if you have only trained networks before: the *weights stand still and the
# pixels move*. Otherwise it is the training loop you know: a loss, a tape, a gradient, an
# optimiser. `tf.function` compiles the step into a graph once, after which Python is out of the
# loop's way.

# %%
SMOOTHNESS = 0.02


def reconstruct(layer, steps=STEPS):
    """A picture whose activation at `layer` is that of the photo, and the errors on the way."""
    network = features.FeatureExtractor(NETWORK, [layer])
    target = network(batch)[layer]
    image = tf.Variable(tf.random.stateless_uniform(batch.shape, seed=(0, 0)))
    rate = keras.optimizers.schedules.CosineDecay(0.05, steps, alpha=0.02)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build([image])

    @tf.function
    def training_step():
        with tf.GradientTape() as tape:
            error = losses.content_loss(network(image)[layer], target)[0]
            loss = error + SMOOTHNESS * losses.total_variation(image)[0]
        optimizer.apply_gradients([(tape.gradient(loss, image), image)])
        image.assign(tf.clip_by_value(image, 0.0, 1.0))
        return error

    errors = [float(training_step()) for _ in range(steps)]
    return image.numpy()[0], errors


results = {name: reconstruct(name) for name in CHECKED}

# %% [markdown]
# `losses.content_loss` is the equation above, and nothing else:

# %%
F = extractor(tf.reverse(batch, [2]))["block3_conv1"].numpy()  # some other picture: a mirror image
P = activations["block3_conv1"].numpy()
by_equation = np.sum((F - P) ** 2) / np.sum(P**2)
by_library = float(losses.content_loss(F, P)[0])
print(f"{by_equation:.6f} {by_library:.6f}")
assert np.isclose(by_equation, by_library, rtol=1e-4)

# %%
pictures = {"photo": photo}
print(f"{'layer':14}{'error at the layer':>20}{'error of the pixels':>21}")
for name, (picture, errors) in results.items():
    error = np.linalg.norm(picture - photo) / np.linalg.norm(photo)
    print(f"{name:14}{np.sqrt(errors[-1]):20.1%}{error:21.1%}")
    pictures[f"{name}\nlayer {np.sqrt(errors[-1]):.1%}, pixels {error:.0%}"] = picture
show(figures.show(pictures, columns=3, height=3.2), dpi=75)

# %% [markdown]
# Down to `block2_conv1` I cannot tell the reconstruction from the photo at this size. At
# `block3_conv1` everything is in its place, with scratchy grain over face and medals. At
# `block4_conv1` the drawing is still right (cap, glasses, tie, even the stars of the flag), but
# colours have partly faded to grey in the background and reappear as coloured fringes. At
# `block5_conv1` a person with cap and glasses is left, but face and flag are pieced together from
# wrong lines, and the colours are arbitrary.
#
# Now read the two columns of numbers together. The error *at the layer* is a few per cent or less
# everywhere: to the layer these pictures are nearly the same. The error of the *pixels* grows from
# about one per cent to three quarters. The difference is what the layer does not keep: first the
# exact colour and grain, then the exact place. What survives longest is *what is where*. This is
# why a deep layer serves as the content of a picture: it leaves the colours and the strokes free,
# to be decided by something else.

# %%
figure = Figure(figsize=(6, 2.6), layout="constrained")
axis = figure.subplots()
for name, (_, errors) in results.items():
    axis.semilogy(np.sqrt(errors), label=name)
axis.set(xlabel="step", ylabel="relative error at the layer")
axis.legend(fontsize=7)
show(figure, dpi=80)

# %% [markdown]
# The first layer falls fastest and furthest. The deep ones come to rest at a few per cent: there
# the path from the pixels is long and the smoothness term has more to say. Be careful with the flat
# end of the curves, by the way: the learning rate goes down to a fiftieth by then, so that they
# would be flat in any case. Part of the pixel error of the deep layers may be the optimiser's and
# not the layer's.
#
# > **Exercise 3.** Set `SMOOTHNESS` to 0 and then to 1. Which layers care, and why just those?
#
# > **Exercise 4.** Start from `assets.artwork("swirl")` instead of noise (resize it with
# > `images.resize`). What of the start is still there at the end, for which layers? You have just
# > made a first, poor, style transfer.
#
# **Next:** in [notebook 2](02_content_and_style.ipynb) the same activations answer the two
# questions: compared position by position they are *content*; with the positions thrown away they
# are *style*.
