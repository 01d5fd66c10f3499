"""Declared pairs: a folder each, with `models.py` and `pair.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

PAIRS = Path(__file__).parent / "pairs"


@dataclass(frozen=True)
class Environment:
    """Packages that pairs need beside this project's own environment, with their versions.

    They are installed without their dependencies, so that none replaces torch or numpy. `imports`
    are loaded once for all pairs. `conversion` names the packages' own conversion of weights.
    """

    name: str
    packages: tuple[str, ...]
    imports: tuple[str, ...] = ()
    conversion: str = ""


@dataclass(frozen=True)
class Declared:
    """A declared pair: what `parity init` is called with.

    `pretrained` says that the reference's factory builds published weights, `own` that the
    candidate's does, too; `about` says what both sides are, for the table.
    """

    name: str
    about: str
    environment: str
    inputs: tuple[str, ...] = ()
    layout: tuple[str, ...] = ()
    pretrained: bool = False
    own: bool = False
    found: str = ""

    @property
    def folder(self) -> Path:
        """Return the folder of the declaration."""
        return PAIRS / self.name

    @property
    def arguments(self) -> list[str]:
        """Return the command line of `parity init`, without the output."""
        models = self.folder / "models.py"
        named = [f"--input={text}" for text in self.inputs]
        orders = [f"--layout={text}" for text in self.layout]
        return ["init", f"{models}:reference", f"{models}:candidate", *named, *orders]


def declared(names: tuple[str, ...] = ()) -> list[Declared]:
    """Return the pairs of these names, by default all, in the order of their environments."""
    found = []
    for path in sorted(PAIRS.glob("*/pair.toml")):
        if not names or path.parent.name in names:
            given = tomllib.loads(path.read_text())
            inputs, layout = (tuple(given.pop(key, ())) for key in ("inputs", "layout"))
            found.append(Declared(path.parent.name, inputs=inputs, layout=layout, **given))
    return sorted(found, key=lambda one: one.environment)


def environments() -> dict[str, Environment]:
    """Return all environments by name."""
    given = tomllib.loads((PAIRS.parent / "environments.toml").read_text())
    return {
        name: Environment(
            name, tuple(one["packages"]), tuple(one.get("imports", ())), one.get("conversion", "")
        )
        for name, one in given.items()
    }
