from .api.classifier import SpikingClassifier as SpikingClassifier
from .api.functions import compile as compile  # noqa: A004
from .api.functions import load_program as load_program
from .api.functions import simulate as simulate
from .api.functions import train as train
from .api.run import Run as Run
from .api.run import compare as compare
from .api.run import open_run as open_run
from .api.simulator import Simulator as Simulator
from .circuit.circuit import Circuit as Circuit
from .formats.program_file import save_program as save_program
from .model.model_file import load_model as load_model
from .model.model_file import save_model as save_model
from .trace.reader import Trace as Trace
from .version import __version__ as __version__
