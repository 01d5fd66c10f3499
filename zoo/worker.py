"""Worker of one environment: `parity init` and `parity check` of each pair, in forked processes.

The frameworks are imported once, before the first fork.
"""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from zoo.conversion import compared
from zoo.declared import Declared, declared, environments

_LIMIT = 600
"""Seconds after which a step is ended."""


def main(output: Path, names: tuple[str, ...]) -> None:
    """Try the pairs, all of one environment, and write `result.json` of each."""
    pairs = declared(names)
    environment = environments()[pairs[0].environment]
    for module in environment.imports:
        import_module(module)
    for pair in pairs:
        folder = output / pair.name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old.is_file():
                old.unlink()
        result = _tried(pair, folder, environment.conversion)
        (folder / "result.json").write_text(json.dumps(result, indent=1))
        print(f"{pair.name}: {json.dumps(result)}", flush=True)


def _tried(pair: Declared, folder: Path, conversion: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "init": _step(folder, "init", _command([*pair.arguments, "-o", "my_port.py"]))
    }
    if not (folder / "my_port.py").exists():
        return result
    check = ["check", "my_port.py", "--no-coverage", "--diagnose-time", "10"]
    result["check"] = _step(folder, "check", _command([*check, "--grad", "--json", "check.json"]))
    if pair.pretrained:
        given = [*check, "--weights", "pretrained", "--json", "pretrained.json"]
        given += ["--candidate-weights", "own"] if pair.own else []
        result["pretrained"] = _step(folder, "pretrained", _command(given))
    if conversion:
        models = f"{pair.folder / 'models.py'}"

        def convert() -> None:
            equal, count, others = compared(Path("my_port.py"), models, conversion)
            found = {"equal": equal, "count": count, "others": others}
            Path("conversion.json").write_text(json.dumps(found))

        result["conversion"] = _step(folder, "conversion", convert)
    return result


def _command(arguments: list[str]) -> Callable[[], None]:
    def run() -> None:
        from parity.cli import main as parity

        sys.argv = ["parity", *arguments]
        parity()

    return run


def _step(folder: Path, name: str, run: Callable[[], None]) -> dict[str, float]:
    """Run a step in a fork, in the folder; return its exit code, seconds and memory in MiB."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        _in_child(folder, name, run)
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - start > _LIMIT:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.1)
    seconds = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    return {"code": code, "seconds": round(seconds, 1), "mib": usage.ru_maxrss // 1024}


def _in_child(folder: Path, name: str, run: Callable[[], None]) -> None:
    code = 99
    os.chdir(folder)
    with open(f"{name}.txt", "w") as text:
        os.dup2(text.fileno(), 1)
        os.dup2(text.fileno(), 2)
        try:
            run()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            import traceback

            traceback.print_exc()
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), tuple(sys.argv[2:]))
