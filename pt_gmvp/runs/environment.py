"""Record of what a run was executed on: one session for each time it was started or resumed."""

import json
import os
import platform
import sys
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from converters.atomic import write_json
from pt_gmvp.runs.distributed import World

_PACKAGES = ("gmvp-parity", "torch", "numpy", "safetensors", "scikit-learn", "scipy")


def describe_session(world: World, data: Path, step: int) -> dict[str, Any]:
    """Return versions, machine, processes and threads, and the step from which they apply."""
    gpu = world.device.type == "cuda"
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "from_step": step,
        "arguments": sys.argv[1:],
        "data": str(data.resolve()),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "system": platform.platform(),
        "device": torch.cuda.get_device_name(world.device) if gpu else _processor(),
        "processors": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "processes": world.size,
    }


def add_session(path: Path, session: dict[str, Any]) -> None:
    """Append to the list of sessions in a file; replace a file that cannot be read."""
    try:
        sessions = json.loads(path.read_bytes())["sessions"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        sessions = []
    write_json(path, {"sessions": [*sessions, session]})


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
