from .architecture import CONFIGURATIONS as CONFIGURATIONS
from .architecture import NetworkSettings as NetworkSettings
from .mixture import PHOTO as PHOTO
from .mixture import row_weights as row_weights
from .style_network import StyleNetwork as StyleNetwork
from .style_network import load_network as load_network
