"""The component plugin: what the engine starts for programs that use these components from another language."""

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    # The engine starts this file with its own folder first on the path; the package is that folder, whatever its name.
    folder = Path(__file__).resolve().parent
    sys.path[0] = str(folder.parent)
    importlib.import_module(f"{folder.name}.package.host").main()
