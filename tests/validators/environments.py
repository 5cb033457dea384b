"""The validators and generators of others, each in an environment of its own (Python 3.12).

Tools of this check alone: nothing of them is shipped, and the project does not depend on them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UV = ROOT / ".tools" / "bin" / "uv"
FOLDER = ROOT / ".tools" / "focus-validators"

# pyarrow 22 breaks the validator's reading of Parquet.
PACKAGES = {
    "official": ("focus-validator==2.2.1", "pyarrow<22"),
    "toolkit": ("focus-data-toolkit==0.14.1",),
    "nise": ("koku-nise==5.4.4",),
}
OLDEST = (3, 12)


def python_new_enough() -> str:
    """A Python of 3.12 or newer: `PYTHON312`, this one, one on PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    candidates = [
        os.environ.get("PYTHON312"),
        sys.executable,
        *(shutil.which(f"python3.{minor}") for minor in (12, 13)),
        *(str(path) for path in sorted(pyenv.glob("3.1[23]*/bin/python"))),
    ]
    for candidate in filter(None, candidates):
        asked = f"import sys; sys.exit(sys.version_info < {OLDEST})"
        if (
            subprocess.run([candidate, "-c", asked], check=False, capture_output=True).returncode
            == 0
        ):
            return str(candidate)
    raise SystemExit(
        "The FOCUS validators need Python 3.12 or newer; none was found on PATH or in pyenv."
        " Name one: PYTHON312=/path/to/python make focus-validators"
    )


def environment(name: str) -> Path:
    """The `bin` folder of a tool's environment, made where it is missing."""
    folder = FOLDER / name
    ready = folder / ".ready"
    wanted = " ".join(PACKAGES[name])
    if not ready.is_file() or ready.read_text() != wanted:
        subprocess.run(
            [UV, "venv", "--quiet", "--clear", "--python", python_new_enough(), folder], check=True
        )
        subprocess.run(
            [UV, "pip", "install", "--quiet", "--python", folder / "bin/python", *PACKAGES[name]],
            check=True,
        )
        ready.write_text(wanted)
    return folder / "bin"
