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
# # 11 · Style as augmentation
#
# So far a painting was what we wanted. Here it is a tool: a classifier is shown each photo in a
# style that chance chooses, so that it stops to believe in colours and textures and looks at forms.
# This notebook shows what such a classifier gets wrong without it, draws random styles by the
# equation that the layer `tfnst.layers.RandomStyle` draws them by, uses that layer in `tf.data`,
# and measures what is gained, and what is not.
#
# It runs in a few minutes on two processor cores, without a network connection. You should know
# [many styles](05_many_styles.ipynb), and have trained a Keras model before.

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
SIDE = 32  # of the classifier's pictures, in pixels
PICTURES = 800  # to train it with
EPOCHS = 10
TESTS = 600  # pictures in each test

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

import time

from matplotlib.figure import Figure

from tfnst.layers import RandomStyle

keras.utils.set_random_seed(0)


def show(figure, dpi=70):
    """Display a figure as a small JPEG, so that the notebook stays small."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=dpi, pil_kwargs={"quality": 80})
    display(Image(buffer.getvalue()))


def grid(rows, height=1.0, titles=()):
    """A figure of pictures, 0 to 255, in rows with names."""
    columns = max(map(len, rows.values()))
    figure = Figure((height * columns + 1.2, height * 1.15 * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for line, (name, pictures) in zip(axes, rows.items(), strict=True):
        for axis, picture in zip(line, pictures, strict=False):
            axis.imshow(np.clip(np.asarray(picture) / 255, 0, 1))
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for axis, title in zip(axes[0], titles, strict=False):
        axis.set_title(title, fontsize=8)
    return figure


# %% [markdown]
# ## 11.1 Four shapes, and what usually comes with them
#
# A cat has the shape of a cat and the fur of a cat. A network that is to name it may look at
# either, and Geirhos et al. (*ImageNet-trained CNNs are biased towards texture*, ICLR 2019) found
# that it looks at the fur: a cat's outline filled with an elephant's skin is an elephant to it, and
# a cat to you. That is no mistake as long as tests come from where training came from. It becomes
# one when a drawing, a statue or a cat in the snow comes along.
#
# We make that situation small. There are four shapes; of ten pictures to train with, eight have the
# shape's usual texture and hue, the others any. In the *shifted* test every texture is one that
# training had none of, and hues are by chance.

# %%
SHAPES = ("disc", "square", "triangle", "cross")


def mask_of(shape, u, v):
    across, along = np.minimum(abs(u), abs(v)), np.maximum(abs(u), abs(v))
    return {
        "disc": np.hypot(u, v) < 0.85,
        "square": along < 0.75,
        "triangle": np.maximum(v, abs(u) * 0.866 - v / 2) < 0.5,
        "cross": (across < 0.3) & (along < 0.95),
    }[shape]


TAUGHT = (  # each shape's usual one, in the order of the shapes
    lambda u, v, random: np.sin(2 * np.pi * u) > 0,  # stripes
    lambda u, v, random: (np.floor(u) + np.floor(v)) % 2,  # checks
    lambda u, v, random: np.hypot(u % 1 - 0.5, v % 1 - 0.5) < 0.3,  # dots
    lambda u, v, random: np.full_like(u, 0.5),  # plain
)
UNSEEN = (
    lambda u, v, random: (u % 1 < 0.2) | (v % 1 < 0.2),  # grid
    lambda u, v, random: np.sin(2 * np.pi * np.hypot(u - 2, v - 2)) > 0,  # circles
    lambda u, v, random: random.random(u.shape),  # grain
    lambda u, v, random: (u + abs(v % 1 - 0.5)) % 1 < 0.5,  # zigzags
)


def turned(side, angle):
    y, x = np.mgrid[:side, :side] / ((side - 1) / 2) - 1
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def filled(texture, hue, bright, random):
    """A texture between two colours of one hue, both bright or both dark."""
    u, v = (2.5 * (axis + 1) + random.random() for axis in turned(SIDE, random.uniform(0, np.pi)))
    value = np.asarray(texture(u, v, random), np.float32)[..., None]
    levels = (0.55, 0.95) if bright else (0.15, 0.4)
    colors = [np.array([hue % 1, random.uniform(0.4, 1), level], "f") for level in levels]
    dark, light = tf.image.hsv_to_rgb(np.stack(colors)).numpy()
    return value * light + (1 - value) * dark


def draw(count, kind, seed):
    """Pictures, their shapes, and whose texture they have: "usual", "shifted" or "conflict"."""
    random = np.random.default_rng(seed)
    pictures, shapes, textures = [], random.integers(4, size=count), []
    for shape in shapes:
        usual = kind == "usual" and random.random() < 0.8
        other = (shape + random.integers(1, 4)) % 4
        own = shape if usual else other if kind == "conflict" else random.integers(4)
        hue = random.random() if kind == "shifted" or (kind == "usual" and not usual) else own / 4
        bright, set_ = random.random() < 0.5, UNSEEN if kind == "shifted" else TAUGHT
        figure = filled(set_[own], hue, bright, random)
        ground = filled(
            set_[(own + random.integers(1, 4)) % 4], random.random(), not bright, random
        )
        u, v = turned(2 * SIDE, random.uniform(-0.4, 0.4))
        size, x, y = random.uniform(0.55, 0.8), *random.uniform(-0.2, 0.2, 2)
        mask = mask_of(SHAPES[shape], (u - x) / size, (v - y) / size)
        mask = mask.reshape(SIDE, 2, SIDE, 2).mean((1, 3))[..., None]
        pictures.append(255 * (mask * figure + (1 - mask) * ground))
        textures.append(own)
    return np.stack(pictures).astype(np.float32), shapes, np.array(textures)


training = draw(PICTURES, "usual", 0)
tests = {kind: draw(TESTS, kind, 1) for kind in ("usual", "shifted", "conflict")}
show(grid({"usual": training[0][:10], **{k: tests[k][0][:10] for k in ("shifted", "conflict")}}))

# %% [markdown]
# The last row is for later: as in the pictures of Geirhos et al., each has the shape of one class
# and the usual texture and hue of another.
#
# ## 11.2 A classifier that believes in texture


# %%
def classifier():
    layers = keras.layers
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Rescaling(1 / 127.5, -1)])
    for width in (16, 32, 64):
        model.add(layers.Conv2D(width, 3, activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(4))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def train(*augmentation):
    keras.utils.set_random_seed(1)
    batches = tf.data.Dataset.from_tensor_slices(training[:2]).shuffle(PICTURES, seed=1).batch(32)
    for layer in augmentation:
        batches = batches.map(lambda x, y, layer=layer: (layer(x, training=True), y))
    model = classifier()
    model.fit(batches.prefetch(2), epochs=EPOCHS, shuffle=False, verbose=0)
    return model


def judge(model):
    """Accuracy on both tests; of answers to conflicts, how many are by shape."""
    answers = {kind: model.predict(test[0], verbose=0).argmax(1) for kind, test in tests.items()}
    right = [np.mean(answers[kind] == tests[kind][1]) for kind in ("usual", "shifted")]
    shapes, textures = (np.mean(answers["conflict"] == column) for column in tests["conflict"][1:])
    return (*right, shapes / max(shapes + textures, 1e-9)), answers


plain = train()
scores, answers = judge(plain)
results = {"none": scores}
print("as in training {:.0%}, shifted {:.0%}, by shape in a conflict {:.0%}".format(*scores))
named = [
    f"{SHAPES[shape]}\n→ {SHAPES[answer]}"
    for shape, answer in zip(tests["conflict"][1], answers["conflict"], strict=True)
]
show(grid({"conflict": tests["conflict"][0][:10]}, titles=named[:10]))

# %% [markdown]
# Above each picture: its shape, and what the classifier says. The last of the three numbers is the
# *shape bias* of Geirhos et al.: of the answers that name either the shape or the texture, how many
# name the shape.
#
# ## 11.3 Random styles
#
# Geirhos et al. cured ImageNet by painting it: *Stylized ImageNet*, every photo once, after a
# painting that has nothing to do with it, which took days. Jackson et al. (*Style augmentation*,
# CVPR Workshops 2019) paint while the classifier trains, in another style each time. A style is a
# vector $z$ that modulates a network's normalizations (for us: its rows $\gamma_s, \beta_s$,
# [notebook 5](05_many_styles.ipynb)), so a random style is a random vector. They fit a Gaussian to
# the vectors of 80,000 paintings, draw from it, and mix that with the photo's own vector $P(c)$:
#
# $$z = \alpha \, \hat z + (1 - \alpha) \, P(c), \qquad \hat z \sim \mathcal N(\mu, \Sigma)$$
#
# Our gallery has sixteen paintings. A Gaussian through sixteen points reaches far beyond all of
# them, where the network has never been. So the layer stays between the rows, and draws shares:
#
# $$w = \left(1 - \alpha, \; \alpha \, \pi_1, \dots, \alpha \, \pi_S\right), \qquad \pi \sim
# \operatorname{Dirichlet}\left(\frac{1}{S}, \dots, \frac{1}{S}\right)$$
#
# Weight 0 is the photo's own row, which gives the photo back; that is $P(c)$. The Dirichlet
# distribution can be drawn by breaking a stick (Sethuraman, 1994): break off a uniform part for a
# style chosen by chance, and go on with the rest.


# %%
def mixture(styles, random, sticks=8):
    shares, rest = np.zeros(styles), 1.0
    for stick in range(sticks):
        broken = rest * random.random() if stick < sticks - 1 else rest
        shares[random.integers(styles)] += broken
        rest -= broken
    return shares


random = np.random.default_rng(0)
mixtures = np.stack([mixture(16, random) for _ in range(5000)])
numpys = random.dirichlet(np.full(16, 1 / 16), 5000)
for name, shares in (("by sticks", mixtures), ("by NumPy", numpys)):
    squares = (shares**2).sum(1).mean()
    print(
        f"{name}: mean share {shares.mean():.4f}, its deviation {shares.std():.3f}, "
        f"styles in a painting {1 / squares:.1f}"
    )
figure = Figure((9, 2.4), layout="constrained")
axis = figure.subplots()
bottom = np.zeros(24)
for style in range(16):
    axis.bar(range(24), mixtures[:24, style], bottom=bottom, color=f"C{style % 10}")
    bottom += mixtures[:24, style]
axis.set(xticks=[], ylabel="shares", title="24 draws: each colour is a style (some share one)")
show(figure)

# %% [markdown]
# Most draws are one or two paintings, some are many. Half of the variance of the rows is kept: the
# rest is the price of mixing, for a mean of several paintings is less extreme than each of them.
#
# ## 11.4 The layer
#
# `RandomStyle(probability, strength)` is a Keras layer like `RandomContrast`. Each picture of a
# batch has its own draw: whether it is painted, $\alpha$ (`strength`, uniform between two numbers),
# $\pi$, and the size of strokes. It paints while training only.

# %%
photo = 255 * images.load(assets.photo(), 512).rgb[:330, 30:360]
photo = images.resize(photo / 255, 160, 160) * 255
copies = np.repeat(photo[None], 6, 0)
rows = {
    f"strength {strength}": RandomStyle(1, strength, seed=seed)(copies, training=True)
    for seed, strength in enumerate((0.3, 0.6, 1.0))
}
show(grid(rows, height=1.5), dpi=65)
layer = RandomStyle(0.5, seed=0)
assert np.array_equal(layer(copies, training=False), copies)

# %% [markdown]
# In a pipeline it is one more `map`. What is not painted of a batch costs nothing: only the others
# are gathered and sent through the network.

# %%
batches = tf.data.Dataset.from_tensor_slices(training[0]).batch(32).map(RandomStyle(0.5, seed=0))
for painted in batches.take(1):
    same = np.all(painted == training[0][:32], axis=(1, 2, 3))
    print(f"{np.sum(~same)} of {len(same)} painted, the others the same bit by bit")
    show(grid({"before": training[0][:10], "after": painted[:10]}))

# %% [markdown]
# Strokes have a size in pixels, and so a small picture loses more to them than a large one: some of
# these shapes one has to guess. How much is lost, the experiment tells.
#
# ## 11.5 The experiment
#
# The same network, the same pictures, the same number of steps; only the augmentation differs.
# Keras' own layers of colour are the rival to beat: they are almost free.

# %%
layers = keras.layers


def color():
    return (
        layers.RandomHue(0.5, seed=1),
        layers.RandomSaturation((0.1, 0.9), seed=1),
        layers.RandomContrast(0.5, seed=1),
        layers.RandomBrightness(0.3, seed=1),
    )


for name, augmentation in {
    "colour": color(),
    "style": (RandomStyle(0.5, seed=1),),
    "style and colour": (RandomStyle(0.5, seed=1), *color()),
}.items():
    results[name], _ = judge(train(*augmentation))
print(f"{'':18}{'as in training':>16}{'shifted':>10}{'shape bias':>12}")
for name, (usual, shifted, bias) in results.items():
    print(f"{name:18}{usual:>16.0%}{shifted:>10.0%}{bias:>12.0%}")
figure = Figure((7.5, 2.8), layout="constrained")
axis = figure.subplots()
for index, label in enumerate(("as in training", "shifted", "shape bias")):
    heights = [100 * result[index] for result in results.values()]
    axis.bar(np.arange(4) + 0.27 * (index - 1), heights, 0.25, label=label)
axis.set(xticks=range(4), xticklabels=list(results), ylabel="%", ylim=(0, 100))
axis.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.22), frameon=False)
show(figure)

# %%
model, batch, labels = classifier(), training[0][:32], training[1][:32]
graph = tf.function(RandomStyle(0.5, seed=0))
calls = {
    "a step of training": lambda: model.train_on_batch(batch, labels),
    "RandomStyle, half of a batch": lambda: graph(batch),
}
for call in calls.values():
    call()
seconds = {name: [] for name in calls}
for _ in range(5):  # in turns, so that what else the machine does hits both
    for name, call in calls.items():
        began = time.perf_counter()
        call()
        seconds[name].append(time.perf_counter() - began)
step, style = (np.median(values) for values in seconds.values())
print(f"painting half of a batch of 32 takes {style / step:.1f} steps of this small classifier")

# %% [markdown]
# What to read in it. Without augmentation the classifier is good at what it was trained for, and
# falls to hardly more than chance (25 %) where textures and hues are others: it named those. That
# was to be expected; what the cure does may not be. *Style alone* helps a little, and far less than
# Keras' layers of colour, which cost next to nothing. The reason is in the pictures above: half of
# them are not painted, others faintly, and in all of these the hue still tells the class. Colour
# layers change every picture, and a hue turned by any angle tells nothing. What they leave is
# texture, and that is what style changes: *both together* are best on shifted pictures in this run,
# and nearest to judging by shape.
#
# Is that a finding? It is one run of each, with four shapes of 32 pixels, on which strokes are
# coarse. `python -m benchmarks.augmentation` repeats a similar one with six shapes and five seeds:
# shifted, 55 % without augmentation, 78 % by colour, 58 % by style, 78 % by both, and each of these
# differs by some 5 % from seed to seed. There style added nothing to colour. Whoever reports the
# one run that looks best has proved nothing. Jackson et al. found their gain with photos, in which
# strokes leave a form to see.
#
# > **Exercise 1.** Paint every picture: `RandomStyle(1, (0.5, 1), seed=1)`. Does style alone now
# > overtake colour? What happens to the accuracy on the usual pictures, and why?
# >
# > **Exercise 2.** Leave the hue out of it: in `draw`, let every hue be by chance, in training too,
# > so that texture alone goes with the shape. Guess first how each of the four does, then run it.
# >
# > **Exercise 3.** `mixture` keeps half of the variance of the rows. For concentrations that add up
# > to $A$ in place of 1 it keeps $1 / (1 + A)$. Show it, starting from
# > $\operatorname{Var}(\pi_s)$, and change `mixture` so that it draws from that distribution (break
# > off a part that is distributed by $\operatorname{Beta}(1, A)$).
