"""`parity init` and `parity check` at the size of BERT-base, beside a forward pass of both models.

Run as `python -m benchmarks.bench_init`, in the environment of the zoo's transformers pairs, which
it makes if there is none. Both models have drawn weights, 110 million parameters. In turns, of each
the median counts:

    forward  a pass of both models in float32, built and in memory: 4 records of 128 tokens
    init     the process `parity init` from start to end, its own check included
    check    the process `parity check` of one encoder block's layers, isolated and in cascade

The last lines give the time of `init` over a forward pass, and that of `check` over eight.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORDS, TOKENS, WORDS = 4, 128, 30522
PASSES = 5
INPUTS = (f"input_ids={RECORDS}x{TOKENS}:ids:{WORDS}", f"attention_mask={RECORDS}x{TOKENS}")
BLOCK = re.compile(r'"(bert/encoder/layer/0/[^"]*)", "encoder')
MODELS = """
from transformers import BertConfig, BertModel, TFBertModel

CONFIG = BertConfig(
    hidden_size={width}, num_hidden_layers={blocks}, intermediate_size=4 * {width}
)

def reference():
    return TFBertModel(CONFIG)

def candidate():
    return BertModel(CONFIG)
"""


def forward() -> float:
    """Return the seconds of a float32 pass of the folder's models, the median of several."""
    import numpy as np
    import tensorflow as tf
    import torch

    codes = np.random.default_rng(1).integers(0, WORDS, (RECORDS, TOKENS))
    mask = np.ones_like(codes)
    models = import_module("models")
    reference, candidate = models.reference(), models.candidate().eval()
    sides: tuple[Callable[[], object], ...] = (
        lambda: reference(input_ids=tf.constant(codes), attention_mask=tf.constant(mask)),
        lambda: candidate(torch.from_numpy(codes), attention_mask=torch.from_numpy(mask)),
    )
    seconds = []
    with torch.no_grad():
        for _ in range(PASSES + 1):
            start = time.perf_counter()
            for side in sides:
                side()
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def process(folder: Path, *arguments: str) -> tuple[str, float, float]:
    """Run Python in the folder; return what it printed, seconds, and peak memory in MB.

    Raises SystemExit if it fails otherwise than by a verdict.
    """
    paths = os.pathsep.join((str(ROOT), str(folder)))
    settings = {"PYTHONPATH": paths, "TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    start = time.perf_counter()
    with open(folder / "printed.txt", "w") as printed:
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, **settings},
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "printed.txt").read_text()
    if child.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(arguments)} ended with {child.returncode}:\n{text[-2000:]}")
    return text, time.perf_counter() - start, usage.ru_maxrss / 1024


def parity(folder: Path, *arguments: str) -> tuple[str, float, float]:
    """Run a command of `parity`."""
    return process(folder, "-c", "from parity.cli import main; main()", *arguments)


def measure(folder: Path, rounds: int, blocks: int, width: int) -> None:
    """Print what each round took, then the ratios."""
    (folder / "models.py").write_text(MODELS.format(blocks=blocks, width=width))
    inputs = [f"--input={text}" for text in INPUTS]
    init = ["init", "models.py:reference", "models.py:candidate", *inputs, "--force"]
    check = ["check", "my_port.py", "--no-coverage"]
    found: dict[str, list[float]] = {"forward": [], "init": [], "check": []}
    for _ in range(rounds):
        text, _, _ = process(folder, "-m", "benchmarks.bench_init", "--forward")
        found["forward"].append(float(text.split()[-1]))
        print(f"forward of both: {found['forward'][-1]:.2f} s", flush=True)
        for name, arguments in (("init", init), ("check", check)):
            if name == "check":
                layers = dict.fromkeys(BLOCK.findall((folder / "my_port.py").read_text()))
                arguments = [*check, *(f"--layer={layer}" for layer in layers)]
            text, seconds, peak = parity(folder, *arguments)
            found[name].append(seconds)
            said = next(
                (line for line in text.splitlines()[::-1] if "equivalent" in line), "no verdicts"
            )
            print(f"{name}: {seconds:.1f} s, peak {peak:.0f} MB; {said.strip()}", flush=True)
    pass_, searched, checked = (statistics.median(values) for values in found.values())
    print(f"ratio init_over_forward {searched / pass_:.1f}")
    print(f"ratio check_over_eight_runs {checked / (8 * pass_):.1f}")


def main() -> None:
    """Measure, in the environment that has transformers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--blocks", type=int, default=12, help="encoder blocks; BERT-base has 12")
    parser.add_argument("--width", type=int, default=768, help="hidden size; BERT-base has 768")
    parser.add_argument("--forward", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.forward:
        print(forward())
        return
    try:
        import transformers  # noqa: F401
    except ModuleNotFoundError:
        from zoo.__main__ import python_of
        from zoo.declared import environments

        python = str(python_of(environments()["transformers"]))
        os.execve(
            python,
            [python, "-m", "benchmarks.bench_init", *sys.argv[1:]],
            {**os.environ, "PYTHONPATH": str(ROOT)},
        )
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given.rounds, given.blocks, given.width)


if __name__ == "__main__":
    main()
