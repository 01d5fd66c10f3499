"""Training of the port in lockstep with the original, by `parity train`.

The port must not import the engine or the original, so this runs in another process, and is skipped
if they are not installed.
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


def run(
    optimizer: str,
    steps: int,
    seed: int,
    training: Path | None = None,
    validation: Path | None = None,
    timeout: float = 600.0,
    engine: Sequence[str] = ENGINE,
) -> Answer:
    """Train both sides in lockstep for some steps, and report whether they agree.

    Args:
        optimizer: that of the run, "adam" or "adamw".
        steps: number of steps.
        seed: for weights, order and dropout.
        training, validation: TFRecord files of the run; the data shipped with the port if None.
        timeout: seconds after which to give up.
        engine: the command line that `train` is appended to.
    """
    missing = [name for name in NEEDED if engine == ENGINE and find_spec(name) is None]
    if missing:
        return _skipped(f"{missing[0]} is not installed; install it with: {INSTALL}")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "lockstep.json"
        words = [*engine, "train", "--config", optimizer, "--steps", str(steps)]
        words += ["--seed", str(seed % 2**32), "--json", str(report)]
        words += _inputs(training, validation)
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            return _skipped(
                f"it took longer than {timeout:g} s; use fewer --lockstep steps, or run "
                f"parity train --config {optimizer} --steps {steps}"
            )
        except OSError as error:
            return _skipped(f"{words[0]} cannot be run ({error.strerror or error})")
        return _read(done.returncode, report, done.stderr)


def _inputs(training: Path | None, validation: Path | None) -> list[str]:
    if training is None:
        return []
    words = ["--inputs", str(training), "--records", str(_RECORDS), "--batch-size", str(_BATCH)]
    return words if validation is None else [*words, "--validation", str(validation)]


def _skipped(why: str) -> Answer:
    return Answer(QUESTION, skipped=why)


def _read(code: int, report: Path, said: str) -> Answer:
    """Return the answer from the engine's exit code and JSON document, which must agree."""
    last = (said.strip().splitlines() or ["no message"])[-1]
    try:
        document = json.loads(report.read_bytes())
        (training,) = document["trainings"]
        answer, verdict = str(training["answer"]), str(training["verdict"])
        numbers = _numbers(training)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return _skipped(f"parity train ended with {code} and no report: {last}")
    if code == 0 and verdict in ("identical", "equivalent"):
        text = f"{answer} (with a narrow model)"
        return Answer(QUESTION, [Finding(text)], numbers=numbers)
    if code == 1:
        return Answer(QUESTION, [Finding(answer, Fault.PORT)], numbers=numbers)
    return _skipped(f"parity train could not compare the two (exit {code}): {answer}")


def _numbers(training: dict[str, Any]) -> dict[str, Any]:
    steps = training["steps"]
    return {
        "verdict": training["verdict"],
        "input": training["input"],
        "steps": len(steps),
        "overfitting": training["overfitting"],
        "losses": [step["losses"] for step in steps],
    }
