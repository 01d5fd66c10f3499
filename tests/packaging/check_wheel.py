"""Installs the wheel into an empty environment and checks two ports there, outside of the checkout.

`make test-wheel` runs this. First with the checker's own dependencies alone: a port of plain numpy
functions, and the messages that name what is missing. Then with torch: a PyTorch port against a
recording of its TensorFlow reference, which the calling environment makes.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONSTRAINTS = ("--constraint", str(ROOT / "constraints.txt"))


def run(*words: str | Path, folder: Path, code: int = 0, says: str = "") -> str:
    """Run a command in `folder`; fail unless it exits with `code` and prints `says`."""
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False
    )
    printed = done.stdout + done.stderr
    if done.returncode != code or says not in printed or "Traceback" in printed:
        sys.exit(
            f"{' '.join(map(str, words))}: exit code {done.returncode}, expected {code}"
            f"{f' and {says!r}' if says else ''}\n{printed}"
        )
    return printed


def optional_packages() -> set[str]:
    """Return the packages that only extras of this project ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {_name(each) for extra in project["optional-dependencies"].values() for each in extra}
    return extras - {_name(each) for each in project["dependencies"]} - {"gmvp-parity"}


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=]", requirement)[0].lower().replace("_", "-")


def check(folder: Path) -> None:
    """Build, install and try the wheel in `folder`, which is empty and outside of the checkout."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps")
    run(*pip, "--wheel-dir", folder, ROOT, folder=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "environment", with_pip=True)
    programs = folder / "environment" / "bin"
    install = (programs / "pip", "--disable-pip-version-check", "install", "--quiet", *CONSTRAINTS)
    run(*install, wheel, folder=folder)
    listed = run(programs / "pip", "list", "--format=freeze", folder=folder)
    if surplus := {_name(line) for line in listed.split()} & optional_packages():
        sys.exit(f"the checker alone also installs {', '.join(sorted(surplus))}")

    for port in (ROOT / "tests" / "packaging").glob("softmax_port*.py"):
        shutil.copy(port, folder)
    for port in (ROOT / "examples" / "ports").glob("conv_net*.py"):
        shutil.copy(port, folder)
    parity = programs / "parity"
    run(parity, "check", "--port", "softmax_port.py", folder=folder, says="1 case")
    run(parity, "check", "--port", "softmax_port_wrong.py", folder=folder, code=1)
    missing = "not installed, and the port 'gmvp' needs it; install it with: "
    said = missing + "pip install 'gmvp-parity[gmvp]'"
    run(parity, "check", "--port", "gmvp", folder=folder, code=2, says=said)
    weights = ROOT / "tests" / "golden" / "ensemble_21.h5"
    convert = (programs / "gmvp-convert", "weights", weights, "-o", "model")
    run(*convert, folder=folder, code=2, says="pip install 'gmvp-parity[gmvp]'")

    here = Path(sys.executable).parent / "parity"
    for name in ("conv_net", "conv_net_wrong"):
        record = ("record", "--port", f"{name}.py", "--grad", "-o", f"{name}.bundle")
        run(here, *record, folder=folder)
    run(*install, f"{wheel}[torch]", folder=folder)
    golden = ("check", "--grad", "--golden")
    run(parity, *golden, "conv_net.bundle", "--port", "conv_net.py", folder=folder)
    run(parity, *golden, "conv_net_wrong.bundle", "--port", "conv_net_wrong.py", folder=folder,
        code=1)  # fmt: skip
    said = "pip install 'gmvp-parity[tensorflow]'"
    run(parity, "check", "--port", "conv_net.py", folder=folder, code=2, says=said)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="wheel-") as folder:
        check(Path(folder))
    print("the wheel works in an empty environment: a numpy port, and torch against a recording")
