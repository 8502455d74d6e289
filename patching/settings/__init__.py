"""A stack's settings: the stack file read as frozen models, with every fault found in one pass.

`read_settings` takes the plain `config:` mapping, wherever it came from; `patching.stack_file` reads the file, and
`from_engine` turns the engine's flat text into the same mapping, so that `check` and `pulumi preview` say the same.
"""

from patching.settings.engine import from_engine
from patching.settings.model import Settings
from patching.settings.reading import Reading, read_settings
from patching.settings.secret import Secret

__all__ = ["Reading", "Secret", "Settings", "from_engine", "read_settings"]
