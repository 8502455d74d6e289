"""The SDK is read by many threads at once."""

import subprocess
import sys

READ_AT_ONCE = """
import threading
from concurrent.futures import ThreadPoolExecutor
from sandbox.plugin import sdk_types

ready = threading.Barrier(16)

def read(_):
    ready.wait()
    return len(sdk_types.resource_outputs("authorization:PolicyAssignment").properties)

with ThreadPoolExecutor(16) as threads:
    assert len(set(threads.map(read, range(16)))) == 1
"""


def test_a_module_that_loads_in_one_thread_is_whole_in_every_other():
    fresh = [subprocess.run([sys.executable, "-c", READ_AT_ONCE], check=False).returncode for _ in range(5)]
    assert fresh == [0] * 5
