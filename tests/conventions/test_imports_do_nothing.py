"""Importing any module reads no settings, opens no connection and starts no process."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

CHILD = """
import importlib, pkgutil, sys
import dagster  # asks `file` what this machine is when it is imported; not ours to judge
opened = []
sys.addaudithook(lambda event, args: opened.append((event, args[:1]))
                 if event in {"socket.connect", "subprocess.Popen", "sqlite3.connect"} else None)
for root in ("policies", "actions", "orchestration"):
    package = importlib.import_module(root)
    for module in pkgutil.walk_packages(package.__path__, root + "."):
        if ".migrations" in module.name or module.name.endswith("__main__"):
            continue  # alembic imports these inside a migration only
        importlib.import_module(module.name)
print(opened)
"""


def test_imports_do_nothing(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=ROOT, capture_output=True, text=True, check=True,
        env={"TOLLGATE_HOME": str(tmp_path / "home"), "PATH": ""},
    )  # fmt: skip
    assert child.stdout.strip() == "[]"
    assert not (tmp_path / "home").exists()
