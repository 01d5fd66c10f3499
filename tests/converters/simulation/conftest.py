"""What the tests of simulated data share: small settings, and a protein that is drawn once."""

import hashlib
from pathlib import Path

import pytest

from converters.simulation.part import make_protein, make_variants
from converters.simulation.plan import Settings, make_plan, species_tree
from converters.simulation.protein import Protein


@pytest.fixture(scope="session")
def small() -> Settings:
    return Settings(proteins=14, variants=120, seed=3, length=80.0)


@pytest.fixture(scope="session")
def protein() -> Protein:
    """The first protein of a simulation, of 400 residues."""
    settings = Settings(10, 100, 2)
    return make_protein(settings, species_tree(settings), 400, 0)


@pytest.fixture(scope="session")
def draw_all():
    """Draw the proteins and variants of a simulation: a list of pairs, and the plan."""

    def draw(settings: Settings):
        plan, tree = make_plan(settings), species_tree(settings)
        drawn = []
        for number, length in enumerate(plan.lengths.tolist()):
            protein = make_protein(settings, tree, length, number)
            positions = plan.position[plan.of(number)]
            drawn.append((protein, make_variants(settings, protein, number, positions)))
        return drawn, plan

    return draw


@pytest.fixture(scope="session")
def digests():
    """Tell a folder's files by name and content."""

    def tell(folder: Path) -> dict[str, str]:
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return tell
