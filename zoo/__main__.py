"""`python -m zoo [PAIR ...]`: build the environments, try the pairs, print the table."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from zoo.declared import Environment, declared, environments
from zoo.table import markdown, row

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "build" / "zoo"


def main(names: tuple[str, ...]) -> None:
    """Try the pairs of these names, by default all."""
    pairs = declared(names)
    if unknown := sorted(set(names) - {pair.name for pair in pairs}):
        every = ", ".join(sorted(pair.name for pair in declared()))
        print(f"zoo: no pair {', '.join(unknown)}; there are {every}", file=sys.stderr)
        raise SystemExit(2)
    for name, environment in environments().items():
        own = [pair.name for pair in pairs if pair.environment == name]
        if own:
            settings = {
                "PYTHONPATH": str(ROOT),
                "TF_USE_LEGACY_KERAS": "1",
                "TF_CPP_MIN_LOG_LEVEL": "3",
            }
            command = [str(python_of(environment)), "-m", "zoo.worker", str(OUTPUT), *own]
            subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **settings})
    print(markdown([row(pair, OUTPUT / pair.name) for pair in pairs]))


def python_of(environment: Environment) -> Path:
    """Return the interpreter of an environment, made if it does not exist.

    It adds the packages to those of the running interpreter, none of which is replaced.
    """
    folder = OUTPUT / "environments" / environment.name
    python, ready = folder / "bin" / "python", folder / ".ready"
    if ready.exists() and ready.read_text() == str(environment):
        return python
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "project.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, *environment.packages], check=True)
    ready.write_text(str(environment))
    return python


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
