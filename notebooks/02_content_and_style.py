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
# %% [markdown]
# # 2 · Content and style
#
# [Notebook 1](01_what_a_network_sees.ipynb) showed what the layers of a network keep of a picture.
# Here two numbers are made of them. The *content loss* compares two pictures position by position:
# is the same thing in the same place? The *style loss* throws the positions away first: are the
# same patterns used, equally often, and together with the same others? That these two can be pulled
# apart is the discovery of Gatys, Ecker & Bethge (*Image Style Transfer Using Convolutional Neural
# Networks*, CVPR 2016) on which everything later stands.
#
# The notebook runs in a few minutes on two processor cores, without a network connection, with the
# shipped feature network `vgg19-lite`. For the real VGG-19 run `tfnst download vgg19` once (80 MB),
# set `NETWORK = "vgg19"` and give it more time.

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
SIZE = 192  # long side of the pictures, in pixels
STEPS = 200  # of gradient descent, for each texture

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

from tfnst import features, losses
from tfnst.images import figures
from tfnst.synthesis.settings import STYLE_LAYERS


def show(figure, dpi=65):
    """Display a figure as a small JPEG, so that the notebook stays small."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpeg", dpi=dpi, pil_kwargs={"quality": 80})
    display(Image(buffer.getvalue()))


def table(rows, columns, values, digits=2, width=14):
    """Print numbers under their names."""
    print(" " * 16 + "".join(f"{name:>{width}}" for name in columns))
    for name, row in zip(rows, values, strict=True):
        print(f"{name:16}" + "".join(f"{value:{width}.{digits}f}" for value in row))


keras.utils.set_random_seed(0)
photo = images.load(assets.photo(), SIZE).rgb
artworks = {name: images.load(assets.artwork(name), SIZE).rgb for name in assets.NAMES}
extractor = features.FeatureExtractor(NETWORK, STYLE_LAYERS)
SHORT = [name.replace("_", " ") for name in STYLE_LAYERS]
show(figures.show({"photo": photo, **artworks}, height=2.3))

# %% [markdown]
# ## 2.1 Content: the same thing in the same place
#
# Let $P^l$ be layer $l$'s activation for the photo and $F^l$ for another picture of the same size,
# each with positions $i = 1 \dots N$ (all rows and columns) and channels $c = 1 \dots C$. Gatys'
# content loss (equation 1) is the squared difference; we divide it by the size of the photo's own
# activation, for reasons that come in section 2.4:
#
# $$\mathcal{L}_\text{content} =
# \frac{\sum_{i,c} \left(F^l_{ic} - P^l_{ic}\right)^2}{\sum_{i,c} \left(P^l_{ic}\right)^2}.$$
#
# 0 means the same activation; 1 is as far as a picture on which the layer is silent.


# %%
def content_loss(F, P):
    return np.sum((F - P) ** 2) / np.sum(P**2)


views = {
    "photo": photo,
    "darker": 0.6 * photo,
    "blurred": np.asarray(tf.nn.avg_pool2d(photo[None], 5, 1, "SAME")[0]),
    "noisy": np.clip(photo + np.random.default_rng(0).normal(0, 0.1, photo.shape), 0, 1),
    "moved by 4 px": np.pad(photo, ((0, 0), (4, 0), (0, 0)), "edge")[:, :-4],
    "mirrored": photo[:, ::-1],
    "mosaic": images.resize(artworks["mosaic"], *photo.shape[:2]),
}
seen = {name: extractor(view[None].astype(np.float32)) for name, view in views.items()}
values = [
    [content_loss(seen[name][layer].numpy(), seen["photo"][layer].numpy()) for layer in seen[name]]
    for name in views
]
table(views, SHORT, values)
by_library = float(
    losses.content_loss(seen["blurred"]["block3_conv1"], seen["photo"]["block3_conv1"])[0]
)
assert np.isclose(values[2][2], by_library, rtol=1e-3)
show(figures.show(views, columns=7, height=1.7))

# %% [markdown]
# Read the columns against their last row, which is simply another picture. In `block1_conv1` a move
# by 4 pixels counts half as much as another picture altogether; in `block5_conv1` it counts next to
# nothing. Deep layers forgive where exactly a thing is. They forgive less what is done to the
# *quality* of the picture: blur and darkness fall much less with depth, and blur even rises again
# at the end. So "deep layers see only objects" is too simple.
#
# > **Exercise 1.** Turn the photo grey (`photo.mean(2, keepdims=True)`, repeated three times) and
# > add it to the table. At which layer does colour matter least?

# %% [markdown]
# ## 2.2 The Gram matrix, and why positions vanish
#
# Write an activation as a matrix with one row $f_i$ a position: the $C$ numbers that the layer says
# about position $i$. The *Gram matrix* (Gatys, equation 3, here divided by the number of
# positions) is
#
# $$G = \frac{1}{N} \sum_{i=1}^{N} f_i f_i^\top,
# \qquad G_{ab} = \frac{1}{N} \sum_{i} f_{ia} f_{ib}.$$
#
# $G_{ab}$ is large when channels $a$ and $b$ are strong *at the same positions*, wherever those
# are. Say channel $a$ finds blue and $b$ finds curved lines: $G_{ab}$ tells whether curved lines
# tend to be blue.


# %%
def gram(activation):
    """The equation, for one (H, W, C) activation."""
    f = activation.reshape(-1, activation.shape[-1])
    return f.T @ f / len(f)


swirl = extractor(artworks["swirl"][None])["block2_conv1"].numpy()
statistics = losses.feature_statistics(swirl)
G = gram(swirl[0])
print("Gram matrix", G.shape, "from an activation", swirl.shape[1:])
assert np.allclose(G, losses.gram_matrix(statistics)[0], rtol=1e-3, atol=1e-4)

# %% [markdown]
# A sum does not know the order of its terms. So if we shuffle the positions of the activation, all
# channels in the same way, nothing is left of *where*, and $G$ stays what it was:

# %%
random = np.random.default_rng(0)
columns = swirl[0].reshape(-1, swirl.shape[-1])
shuffled = columns[random.permutation(len(columns))].reshape(swirl.shape[1:])
alone = np.stack([random.permutation(column) for column in columns.T], 1).reshape(swirl.shape[1:])


def change(other):
    return np.linalg.norm(gram(other) - G) / np.linalg.norm(G)


print(f"positions shuffled:              the Gram matrix changes by {change(shuffled):.1e}")
print(f"each channel shuffled by itself: the Gram matrix changes by {change(alone):.1e}")
average = swirl[0].mean((0, 1))
print(f"share of the means alone in it, ‖μμᵀ‖ / ‖G‖: {average @ average / np.linalg.norm(G):.2f}")
assert change(shuffled) < 1e-4

channel = int(np.argmax(swirl[0].std((0, 1))))
pictures = {"activation": swirl[0], "positions shuffled": shuffled, "each channel by itself": alone}
show(
    figures.show(
        {k: v[..., channel] / v[..., channel].max() for k, v in pictures.items()}, height=2.5
    )
)
show(figures.matrices({name: gram(value) for name, value in pictures.items()}, height=2.4))

# %% [markdown]
# After the shuffle nobody could recognise the activation, and its Gram matrix is the same up to
# rounding. This is the whole trick: $G$ is a description that *cannot* know where anything is.
# Shuffling each channel by itself looks just as bad in the picture, but it also tears apart what
# occurred together, and $G$ does change.
#
# It changes by surprisingly little, though, and the heat maps hardly show it. The last number says
# why: activations are never negative, so most of $G$ comes from their means, $\mu\mu^\top$, which
# no shuffle touches. Section 2.6 returns to this. (The black lines are channels that are silent on
# this picture.)
#
# ## 2.3 Two artworks, two matrices

# %%
pair = ("woodcut", "watercolor")
for layer in ("block1_conv1", "block3_conv1"):
    matrices = {
        f"{name}, {layer}": gram(extractor(artworks[name][None])[layer][0].numpy()) for name in pair
    }
    show(figures.matrices(matrices, height=2.8))

# %% [markdown]
# Bright is strong, on a logarithmic scale. At `block1_conv1` the two differ visibly: in the woodcut
# a few whole rows and columns are dim, channels that this artwork hardly uses. The single dark
# cells are pairs that are never on together, such as a colour and its opposite. At `block3_conv1` I
# see black lines (silent channels) in the same places, and little else to tell the two apart. Be
# honest about such pictures: that a difference is there is shown by the distances below, not by the
# eye.
#
# ## 2.4 How large is a style loss? Why it should have no scale
#
# The style loss compares Gram matrices. Gatys' layer loss (equation 4) is
#
# $$E_l = \frac{1}{4 C_l^2 N_l^2} \sum_{a,b} \left(\tilde G_{ab} - \tilde A_{ab}\right)^2
# = \frac{1}{4 C_l^2} \sum_{a,b} \left(G_{ab} - A_{ab}\right)^2,$$
#
# with $\tilde G = N G$ the sum instead of the mean, and $A$ the artwork's. How large is that? We
# compare the photo with the artwork "swirl". The library divides by the artwork's own size instead:
#
# $$\mathcal{L}_\text{Gram} = \frac{\lVert G - A \rVert^2}{\lVert A \rVert^2}.$$


# %%
def gatys_layer_loss(activation, target):
    G, A = gram(activation), gram(target)
    return np.sum((G - A) ** 2) / (4 * len(A) ** 2)


def scale_free_loss(activation, target):
    G, A = gram(activation), gram(target)
    return np.sum((G - A) ** 2) / np.sum(A**2)


of_photo = {name: a[0].numpy() for name, a in extractor(photo[None]).items()}
of_swirl = {name: a[0].numpy() for name, a in extractor(artworks["swirl"][None]).items()}
print(f"{'':14}{'Gatys':>12}{'× 64 input':>14}{'scale-free':>12}{'× 64 input':>14}")
for name in STYLE_LAYERS:
    F, A = of_photo[name], of_swirl[name]
    row = [loss(s * F, s * A) for loss in (gatys_layer_loss, scale_free_loss) for s in (1, 64)]
    print(f"{name:14}{row[0]:12.2e}{row[1]:14.2e}{row[2]:12.3f}{row[3]:14.3f}")
    target = losses.gram_matrix(losses.feature_statistics(A[None]))
    by_library = losses.gram_style_loss(losses.feature_statistics(F[None]), target)
    assert np.isclose(row[2], float(by_library[0]), rtol=1e-2)

# %% [markdown]
# Two things happen in the table. First, feeding the network numbers 64 times as large (which is by
# how much the input of VGG-19 is larger than that of `vgg19-lite`) multiplies activations by 64 and
# Gatys' loss by $64^4$, seventeen million: his published weights fit his network, and only it. The
# scale-free loss does not notice. It has a meaning, too: 0 is the artwork's own statistics, and 1
# is a picture on which the layer is silent.
#
# Second, what this does *not* do is to make the layers equal. `block5_conv1` is above 1: the photo
# excites it more than the artwork does, so that its Gram matrix is larger than the one it is
# compared with.
#
# ## 2.5 Distances between pictures
#
# With losses of no scale we may average over layers and read the result. First: how far is the
# photo from each artwork, by layer?


# %%
def statistics_of(picture):
    return {k: losses.feature_statistics(a) for k, a in extractor(picture[None]).items()}


def gram_distances(picture, target):
    """The scale-free Gram loss of a picture against a target, layer by layer."""
    return [
        float(losses.gram_style_loss(picture[k], losses.gram_matrix(target[k]))[0])
        for k in STYLE_LAYERS
    ]


def wasserstein_distances(picture, target):
    """The same with means and covariances; see section 2.6."""
    return [
        float(losses.wasserstein_style_loss(picture[k], losses.gaussian(target[k]))[0])
        for k in STYLE_LAYERS
    ]


known = {name: statistics_of(artwork) for name, artwork in artworks.items()}
rows = [gram_distances(statistics_of(photo), target) for target in known.values()]
table(known, SHORT, rows)

# %% [markdown]
# Is this number about *style*? Here is a test that could fail. Cut every picture into its left and
# its right half. The two halves show different things, painted in the same way. If the loss
# measures style, then the right half that is nearest to a left half should be its own.

# %%
everything = {"photo": photo, **artworks}
left = {name: statistics_of(p[:, : p.shape[1] // 2]) for name, p in everything.items()}
right = {name: statistics_of(p[:, p.shape[1] // 2 :]) for name, p in everything.items()}
heat = {}
for kind, distances in (("Gram", gram_distances), ("Wasserstein", wasserstein_distances)):
    matrix = np.array([[np.mean(distances(a, b)) for b in right.values()] for a in left.values()])
    hits = int(np.sum(matrix.argmin(1) == np.arange(len(matrix))))
    heat[f"{kind}: {hits} of {len(matrix)} find their own half"] = matrix
    print(f"{kind}: left halves (rows) against right halves (columns)")
    table(everything, everything, matrix, width=11)
show(figures.matrices(heat, height=3.0))

# %% [markdown]
# Every left half finds its own right half, by both losses (the diagonals hold the smallest number
# of each row). The margin is not always wide: the photo's two halves, flag here and plain blue
# there, are nearly as far apart as photo and watercolour by the Gram loss. The Wasserstein loss
# gives the photo a slightly clearer answer. The network was never told what a style is; that a
# picture's two halves agree in these statistics is all that "style" means from here on.
#
# Seven pictures are a demonstration, not a proof. All six artworks were drawn by programs, each
# with its own palette, and colour alone might do.
#
# > **Exercise 2.** The table is not symmetric: which division makes it so? Write a symmetric
# > variant. Which of the two would you want as a loss to descend, and why?

# %% [markdown]
# ## 2.6 Texture: style alone
#
# A loss can be looked at by descending it. Begin with noise, take no photo at all, and minimise the
# mean style loss over five layers. What comes out is what these statistics say about the artwork,
# all of it and nothing else (Gatys et al., *Texture Synthesis Using Convolutional Neural Networks*,
# NeurIPS 2015).
#
# The Gram matrix mixes two things, the mean activation $\mu$ and the covariance $\Sigma$ about it,
# since $G = \Sigma + \mu\mu^\top$. It is also compared by squares of what are already squares, so
# that a few strong channels decide everything. The library's other style loss takes mean and
# covariance apart, reads them as a normal distribution, and asks what it costs to carry one
# distribution over to the other: the squared 2-Wasserstein distance
#
# $$W^2 = \lVert \mu - \mu_s \rVert^2 + \operatorname{tr}\left(\Sigma + \Sigma_s -
# 2\left(\Sigma_s^{1/2}\, \Sigma\, \Sigma_s^{1/2}\right)^{1/2}\right),$$
#
# again divided by the artwork's own size, $\lVert \mu_s \rVert^2 + \operatorname{tr} \Sigma_s$. It
# is measured in squares of activations, not in fourth powers. With one channel it is simply
# $(\mu - \mu_s)^2 + (\sigma - \sigma_s)^2$. Let us see both equations agree with the library on
# numbers, with the matrix square root taken by eigenvalues:

# %%
LAYER = "block2_conv1"


def matrix_root(matrix):
    """S^½ of a covariance: the roots of its eigenvalues, which rounding may push below 0."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.T


f, s = (of[LAYER].reshape(-1, of[LAYER].shape[-1]) for of in (of_photo, of_swirl))
mu, mu_s, cov, cov_s = f.mean(0), s.mean(0), np.cov(f.T, bias=True), np.cov(s.T, bias=True)
assert np.allclose(gram(f), cov + np.outer(mu, mu), rtol=1e-3, atol=1e-4)  # G = Σ + μμᵀ

root = matrix_root(cov_s)
w2 = np.sum((mu - mu_s) ** 2) + np.trace(cov + cov_s - 2 * matrix_root(root @ cov @ root))
by_equation = w2 / (np.sum(mu_s**2) + np.trace(cov_s))
target = losses.gaussian(losses.feature_statistics(of_swirl[LAYER][None]))
by_library = losses.wasserstein_style_loss(losses.feature_statistics(of_photo[LAYER][None]), target)
print(f"{by_equation:.4f} by the equation, {float(by_library[0]):.4f} by the library")
assert np.isclose(by_equation, float(by_library[0]), rtol=0.1)

# %% [markdown]
# They agree to a few hundredths, not to the last digit: the library's matrix root is an iteration
# of a few products (it runs inside the training step, on any accelerator, and is differentiated),
# and it adds a little to the diagonal so that channels which never fire do no harm.
#
# Now the descent. The pixels of `image` are the parameters:

# %%
LOSSES = {
    "gram": (losses.gram_matrix, losses.gram_style_loss),
    "wasserstein": (losses.gaussian, losses.wasserstein_style_loss),
}


def texture(artwork, kind, layers=STYLE_LAYERS, steps=STEPS):
    """A square picture with the artwork's statistics at `layers`, from noise; and its loss."""
    network = features.FeatureExtractor(NETWORK, layers)
    as_target, style_loss = LOSSES[kind]
    targets = {
        k: as_target(losses.feature_statistics(a)) for k, a in network(artwork[None]).items()
    }
    image = tf.Variable(tf.random.stateless_normal((1, SIZE, SIZE, 3), (0, 0), 0.5, 0.15))
    rate = keras.optimizers.schedules.CosineDecay(0.05, steps, alpha=0.02)
    optimizer = keras.optimizers.Adam(rate, beta_2=0.99)
    optimizer.build([image])

    @tf.function
    def training_step():
        with tf.GradientTape() as tape:
            found = {k: losses.feature_statistics(a) for k, a in network(image).items()}
            each = [style_loss(found[k], target)[0] for k, target in targets.items()]
            loss = tf.add_n(each) / len(each)
        optimizer.apply_gradients([(tape.gradient(loss, image), image)])
        image.assign(tf.clip_by_value(image, 0.0, 1.0))
        return loss

    for _ in range(steps):
        loss = training_step()
    return image.numpy()[0], float(loss)


pictures = {}
print(f"{'':22}{'Gram loss':>12}{'Wasserstein loss':>18}")
for name in ("mosaic", "swirl"):
    pictures[name] = artworks[name]
    for kind in LOSSES:
        picture, _ = texture(artworks[name], kind)
        pictures[f"{name} by {kind}"] = picture
        found = statistics_of(picture)
        by_gram, by_wasserstein = (
            np.mean(distances(found, known[name]))
            for distances in (gram_distances, wasserstein_distances)
        )
        print(f"{name + ' by ' + kind:22}{by_gram:12.4f}{by_wasserstein:18.4f}")
show(figures.show(pictures, columns=3, height=3.0), dpi=75)

# %% [markdown]
# Neither fish nor flower, neither sun nor trees came back: the things in the artwork are gone. What
# did come back is how they are made: small pale tiles between dark joints, curved strokes and
# spirals in blue and orange. Nobody asked for a spiral; each is a place where the layers' channels
# occur together as they did in the artwork.
#
# The Gram textures are harsher: stronger contrast, dark ridges, patches of pure colour. The
# Wasserstein textures have more even areas, and colours that are nearer to the artwork's. In the
# table each loss judges both, and I had expected each texture to be best by its own. It is not so:
# after these steps the Wasserstein texture is better *even by the Gram loss*, which it never saw.
# So the difference is not only in what the losses want but in how well they can be descended. The
# Gram loss is of fourth order in the activations, steep where channels are strong and flat where
# they are weak; given many more steps it would come further.
#
# And one thing should not be there. Both mosaics have bands of red, yellow and black *along the
# border*, where the artwork has its frame. But positions were thrown away! They come back through a
# side door: the convolutions pad the picture with zeros, so channels can tell that a border is
# near, and in the artwork the frame's colours went together with that. Notebook 3 closes the door
# with a margin.
#
# ## 2.7 One layer after the other: strokes grow with depth
#
# Receptive fields grow with depth, so the patterns that a layer can describe grow too. The upper
# row uses one layer alone; the lower row all layers up to that one.

# %%
rows = {}
for layer in STYLE_LAYERS:
    rows[f"{layer} alone"], _ = texture(artworks["swirl"], "wasserstein", [layer], STEPS // 2)
for index, layer in enumerate(STYLE_LAYERS):
    up_to = STYLE_LAYERS[: index + 1]
    rows[f"up to {layer}"], _ = texture(artworks["swirl"], "wasserstein", up_to, STEPS // 2)
show(figures.show(rows, columns=5, height=2.3))

# %% [markdown]
# `block1_conv1` alone gives specks in the right colours; `block2_conv1` short dabs; `block3_conv1`
# and `block4_conv1` longer and longer curved strokes, in fading colours; `block5_conv1` alone gives
# coloured noise in which large spirals are faintly visible. A deep layer knows large patterns and
# does not hold the fine grain, as the reconstructions of notebook 1 did not. In the lower row the
# first layers hold the colours while the later ones organise them: from specks to strokes to
# swirls. That is why style is read at *several* layers at once.
#
# > **Exercise 3.** Make a texture that takes `block1_conv1` from "woodcut" and everything deeper
# > from "swirl". Whose colours does it have, and whose strokes? (`texture` needs a second artwork.)
#
# **Next:** [notebook 3](03_painting_by_gradient_descent.ipynb) descends both losses at once.
