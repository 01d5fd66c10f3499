"""Provenance of a recording, so that its numbers can be traced back."""

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

# Environment variables known to change a framework's arithmetic.
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
    port: str, source: Path | None, command: str, frameworks: Mapping[str, str], perturbed: int
) -> dict[str, Any]:
    """Return the provenance in the form of `bundle.json`.

    Args:
        port: the port's own name.
        source: the file that declares it, None if that is unknown.
        command: the command that makes this recording.
        frameworks: the versions of the references' frameworks.
        perturbed: the number of ulp-perturbed tasks that errors were sampled on.
    """
    file = {"file": source.name, "sha256": digest.of_file(source)} if source else {}
    return {
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": command,
        "port": {"name": port, **file},
        "commit": _commit(source),
        "versions": {"parity": _engine_version(), "numpy": np.__version__, **frameworks},
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "flags": {name: os.environ[name] for name in FLAGS if name in os.environ},
        "neighbours": perturbed,
    }


def _engine_version() -> str:
    try:
        return version("gmvp-parity")
    except PackageNotFoundError:
        return "unknown"


def _commit(source: Path | None) -> dict[str, Any] | None:
    """Return the commit of the port's file, and whether any tracked file differs from it.

    None outside of a checkout, for an untracked file, and without git.
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
