"""How a recording came to be, so that its figures can be traced to what made them."""

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from parity.record import digest

# What is known to change the arithmetic of a framework.
FLAGS = (
    "CUDA_VISIBLE_DEVICES",
    "MKL_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "TF_CUDNN_DETERMINISTIC",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)


def collect(
    port: str, source: Path | None, command: str, frameworks: Mapping[str, str], neighbours: int
) -> dict[str, Any]:
    """All that is to be known, as JSON has it.

    Args:
        port: the port's own name.
        source: the file that declares it, None if that is unknown.
        command: what the user typed, or would have to type.
        frameworks: the versions of the references' frameworks.
        neighbours: on how many neighbouring tasks errors were sampled.
    """
    return {
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": command,
        "port": {"name": port, **_file(source)},
        "commit": _commit(source),
        "versions": {"parity": _engine(), "numpy": np.__version__, **frameworks},
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "flags": {name: os.environ[name] for name in FLAGS if name in os.environ},
        "neighbours": neighbours,
    }


def _file(source: Path | None) -> dict[str, str]:
    return {"file": source.name, "sha256": digest.of_file(source)} if source else {}


def _engine() -> str:
    try:
        return version("gmvp-parity")
    except PackageNotFoundError:
        return "unknown"


def _commit(source: Path | None) -> dict[str, Any] | None:
    """The commit that the port's file is of, and whether anything tracked differs from it.

    None outside of a checkout, for a file that git does not know, and without git.
    """
    if source is None:
        return None
    folder = str(source.resolve().parent)

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", folder, *words], capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.strip()

    try:
        git("ls-files", "--error-unmatch", source.name)
        dirty = bool(git("status", "--porcelain", "--untracked-files=no"))
        return {"id": git("rev-parse", "HEAD"), "dirty": dirty}
    except (OSError, subprocess.SubprocessError):
        return None
