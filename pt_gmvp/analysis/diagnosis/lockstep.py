"""The port held to the original: both trained in lockstep, by `parity train`.

The port knows neither the engine nor the original, so that this runs in a process of its own where
both are installed, and is told as not asked where they are not.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding

QUESTION = "lockstep with the original"
ENGINE = (sys.executable, "-m", "parity")
NEEDED = ("parity", "tensorflow", "tf_keras")
INSTALL = "pip install 'gmvp-parity[gmvp,torch,tensorflow]'"
_RECORDS, _BATCH = 40, 8


def ask(
    optimizer: str,
    steps: int,
    seed: int,
    training: Path | None = None,
    validation: Path | None = None,
    timeout: float = 600.0,
    engine: Sequence[str] = ENGINE,
) -> Answer:
    """Train both sides in lockstep for some steps, and say how they went.

    Args:
        optimizer: of the run, "adam" or "adamw".
        steps: how many.
        seed: of weights, order and dropout.
        training, validation: TFRecord files of the run; what ships with the port if None.
        timeout: seconds after which it is given up.
        engine: the command line that `train` is added to.
    """
    missing = [name for name in NEEDED if engine == ENGINE and find_spec(name) is None]
    if missing:
        return _unasked(f"{missing[0]} is not installed; install it with: {INSTALL}")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "lockstep.json"
        words = [*engine, "train", "--config", optimizer, "--steps", str(steps)]
        words += ["--seed", str(seed % 2**32), "--json", str(report)]
        words += _inputs(training, validation)
        try:
            run = subprocess.run(
                words, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            return _unasked(
                f"it took longer than {timeout:g} s; give fewer --lockstep steps, or run: "
                f"parity train --config {optimizer} --steps {steps}"
            )
        except OSError as error:
            return _unasked(f"{words[0]} cannot be run ({error.strerror or error})")
        return _read(run.returncode, report, run.stderr)


def _inputs(training: Path | None, validation: Path | None) -> list[str]:
    if training is None:
        return []
    words = ["--inputs", str(training), "--records", str(_RECORDS), "--batch-size", str(_BATCH)]
    return words if validation is None else [*words, "--validation", str(validation)]


def _unasked(why: str) -> Answer:
    return Answer(QUESTION, unasked=why)


def _read(code: int, report: Path, said: str) -> Answer:
    """What the engine's exit code and document come to; the two must agree."""
    last = (said.strip().splitlines() or ["nothing was said"])[-1]
    try:
        document = json.loads(report.read_bytes())
        (lesson,) = document["trainings"]
        answer, verdict = str(lesson["answer"]), str(lesson["verdict"])
        numbers = _numbers(lesson)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return _unasked(f"parity train ended with {code} and no report: {last}")
    if code == 0 and verdict in ("identical", "equivalent"):
        text = f"{answer} (a narrow model, in lockstep)"
        return Answer(QUESTION, [Finding(text)], numbers=numbers)
    if code == 1:
        return Answer(QUESTION, [Finding(answer, Fault.PORT)], numbers=numbers)
    return _unasked(f"parity train could not compare the two (exit {code}): {answer}")


def _numbers(lesson: dict[str, Any]) -> dict[str, Any]:
    steps = lesson["steps"]
    return {
        "verdict": lesson["verdict"],
        "input": lesson["input"],
        "steps": len(steps),
        "overfitting": lesson["overfitting"],
        "losses": [step["losses"] for step in steps],
    }
