"""What importing the part costs, and that it stands alone."""

from __future__ import annotations

import subprocess
import sys

import microweb

from ..support import needs_package

# A stand-in for the package keeps its __init__, and so the other parts, from being run.
PROGRAM = """
import sys, types
before = set(sys.modules)
package = types.ModuleType("microweb")
package.__path__ = [sys.argv[1]]
sys.modules["microweb"] = package
import microweb.http
loaded = set(sys.modules) - before
refused = {"json", "html", "http", "email", "urllib", "logging", "typing", "tempfile", "mimetypes",
           "datetime", "uuid", "decimal", "hashlib", "socket", "inspect", "secrets"}
print(sorted(refused & loaded), sorted(n for n in loaded if n.startswith("microweb.")
      and not n.startswith(("microweb.http", "microweb.text"))))
"""


@needs_package
def test_importing_loads_no_other_part_and_no_heavy_module():
    command = [sys.executable, "-S", "-c", PROGRAM, microweb.__path__[0]]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[] []\n"
