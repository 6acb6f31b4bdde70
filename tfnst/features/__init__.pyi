from .vgg import FeatureExtractor as FeatureExtractor
from .vgg_architecture import ARCHITECTURES as ARCHITECTURES
from .vgg_architecture import VGG19_LAYERS as VGG19_LAYERS
from .vgg_architecture import Architecture as Architecture
from .vgg_weights import choose_network as choose_network
from .vgg_weights import download_vgg19 as download_vgg19
from .vgg_weights import weights_file as weights_file
