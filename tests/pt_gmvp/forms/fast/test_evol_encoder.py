import pytest
import torch

from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.forms.fast.evol_encoder import encode
from pt_gmvp.residues import ResidueCodeError


@pytest.fixture
def alignment():
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 22, (2, 9, 400), generator=generator).double()


@pytest.mark.parametrize("norm", ["released", "paper"])
@pytest.mark.parametrize("kind", ["none", "fre", "cov", "cov_all", "inv_cov"])
def test_it_is_the_plain_encoder(alignment, kind, norm):
    encoder = EvolEncoder(kind, "spe", norm)
    with torch.no_grad():
        encoder.species_weights.copy_(torch.linspace(-1, 1, 200)[None])
    for found, expected in zip(
        encode(encoder.double(), alignment), encoder(alignment), strict=True
    ):
        if expected is None:
            assert found is None
        else:
            torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def test_an_invalid_code_is_refused(alignment):
    alignment[1, 2, 3] = -1
    with pytest.raises(ResidueCodeError, match=r"x\[1, 2, 3\]"):
        encode(EvolEncoder("cov", "none"), alignment)
