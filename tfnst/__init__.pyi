from .features.vgg import FeatureExtractor as FeatureExtractor
from .images import load as load
from .images import save as save
from .networks.style_network import StyleNetwork as StyleNetwork
from .networks.style_network import load_network as load_network
from .synthesis.settings import Settings as Settings
from .synthesis.style_transfer import StyleTransfer as StyleTransfer
from .synthesis.style_transfer import stylize as stylize
