"""The co-evolution in other words."""

import torch
from torch.nn import functional

import pt_gmvp.evol_encoder as plain
from converters.columns import SPECIES
from pt_gmvp.evol_encoder import NORM_EPSILON, EvolEncoder
from tests.parity.ports.rewritten.rewriting import Rewriting

COV = "add-cov-spe"


def encoder(name, written, config=COV, target=plain):
    return Rewriting("evol_encoder", config, target, name, written)


def center_by_matmul(factors, weights):
    center = factors[:, :, factors.shape[2] // 2] * weights[:, None]
    flat = center.mT @ factors.flatten(2)
    return flat.unflatten(-1, factors.shape[2:]).transpose(1, 2)


def center_by_sum(factors, weights):
    center = factors[:, :, factors.shape[2] // 2, None, :, None]
    return (weights[:, None, None, None] * center * factors[..., None, :]).sum(1)


def center_weighted_last(factors, weights):
    center = factors[:, :, factors.shape[2] // 2]
    return torch.einsum("bnx,bnly,n->blxy", center, factors, weights)


def center_weighted_on_both(factors, weights):
    rooted = factors * weights.sqrt()[:, None, None]
    return torch.einsum("bnx,bnly->blxy", rooted[:, :, factors.shape[2] // 2], rooted)


def center_transposed(factors, weights):
    return center_by_matmul(factors, weights).mT


def center_next(factors, weights):
    center = factors[:, :, factors.shape[2] // 2 - 1] * weights[:, None]
    return torch.einsum("bnx,bnly->blxy", center, factors)


def center_unweighted(factors, weights):
    return center_by_matmul(factors, torch.full_like(weights, 1 / len(weights)))


def norm_by(norm):
    def append(self, covariance):
        return torch.cat([covariance.flatten(-2), norm(covariance)[..., None]], -1)

    return append


def norm_of_the_flat(covariance):
    return ((covariance.flatten(-2) ** 2).sum(-1) + NORM_EPSILON) ** 0.5


def norm_by_einsum(covariance):
    return torch.sqrt(torch.einsum("...xy,...xy->...", covariance, covariance) + NORM_EPSILON)


def norm_of_norms(covariance):
    rows = covariance.square().sum(-1)
    return torch.sqrt(torch.tensor(NORM_EPSILON, dtype=rows.dtype) + rows.sum(-1))


def norm_without_epsilon(covariance):
    return covariance.square().sum((-2, -1)).sqrt()


def norm_with_another_epsilon(covariance):
    return (covariance.square().sum((-2, -1)) + 1e-8).sqrt()


def norm_of_absolutes(covariance):
    return covariance.abs().sum((-2, -1))


def inverse_itself(covariance):
    batch, window, _, states, _ = covariance.shape
    size, center = window * states, window // 2 * states
    matrix = covariance.transpose(2, 3).reshape(batch, size, size)
    ridge = plain.RIDGE * torch.eye(size, dtype=matrix.dtype)
    rows = torch.linalg.inv(matrix + ridge)[:, center : center + states]
    return rows.reshape(batch, states, window, states).transpose(1, 2)


def inverse_by_cholesky(covariance):
    batch, window, _, states, _ = covariance.shape
    size, center = window * states, window // 2 * states
    matrix = covariance.permute(0, 1, 3, 2, 4).reshape(batch, size, size)
    matrix = matrix + torch.diag(matrix.new_full((size,), plain.RIDGE))
    unit = torch.eye(size, dtype=matrix.dtype)[:, center : center + states]
    found = torch.cholesky_solve(unit.expand(batch, -1, -1), torch.linalg.cholesky(matrix))
    return found.mT.reshape(batch, states, window, states).transpose(1, 2)


def inverse_with_another_ridge(covariance):
    batch, window, _, states, _ = covariance.shape
    size, center = window * states, window // 2 * states
    matrix = covariance.transpose(2, 3).reshape(batch, size, size)
    ridge = 1.0001 * plain.RIDGE * torch.eye(size, dtype=matrix.dtype)
    rows = torch.linalg.inv(matrix + ridge)[:, center : center + states]
    return rows.reshape(batch, states, window, states).transpose(1, 2)


def species_by_exp(self, like):
    if self.weighting_schema != "spe":
        return torch.ones(SPECIES, dtype=like.dtype) / SPECIES
    grown = (self.species_weights - self.species_weights.max()).exp()
    return (grown / grown.sum()).flatten()


def species_by_log_softmax(self, like):
    return functional.log_softmax(self.species_weights, -1).exp().squeeze(0)


def species_unnormalized(self, like):
    return self.species_weights.exp().flatten() / SPECIES


def one_hot_by_scatter(codes, depth, dtype):
    whole = codes.to(torch.int64)
    inside = (whole >= 0) & (whole < depth)
    zeros = torch.zeros(*codes.shape, depth, dtype=dtype)
    return zeros.scatter(-1, whole.clamp(0, depth - 1)[..., None], inside[..., None].to(dtype))


def one_hot_by_table(codes, depth, dtype):
    table = functional.pad(torch.eye(depth, dtype=dtype), (0, 0, 0, 1))
    whole = codes.long()
    return table[torch.where((whole < 0) | (whole >= depth), depth, whole)]


def one_hot_rounded(codes, depth, dtype):
    whole = codes.round() if codes.is_floating_point() else codes
    return (whole.unsqueeze(-1) == torch.arange(depth)).to(dtype)


RIGHT = {
    "centre by a product": encoder("_with_center", center_by_matmul),
    "centre by a sum of products": encoder("_with_center", center_by_sum),
    "centre weighted last": encoder("_with_center", center_weighted_last),
    "centre weighted on both factors": encoder("_with_center", center_weighted_on_both),
    "joint frequencies by a product": encoder("_with_center", center_by_matmul, "fre-spe"),
    "joint frequencies weighted last": encoder("_with_center", center_weighted_last, "fre-none"),
    "norm of the flat": encoder("_append_norm", norm_by(norm_of_the_flat), target=EvolEncoder),
    "norm by einsum": encoder("_append_norm", norm_by(norm_by_einsum), target=EvolEncoder),
    "norm of norms": encoder("_append_norm", norm_by(norm_of_norms), target=EvolEncoder),
    "species by exp": encoder("weights", species_by_exp, target=EvolEncoder),
    "species by log_softmax": encoder("weights", species_by_log_softmax, target=EvolEncoder),
    "one share of 200": encoder("weights", species_by_exp, "cov-none", EvolEncoder),
    "one-hot by scatter": encoder("one_hot", one_hot_by_scatter, "cov-spe-codes"),
    "one-hot by a table": encoder("one_hot", one_hot_by_table, "cov-spe-codes"),
    "the inverse itself": encoder("_center_of_inverse", inverse_itself, "inv_cov-spe"),
    "by Cholesky": encoder("_center_of_inverse", inverse_by_cholesky, "inv_cov-spe"),
}
WRONG = {
    "covariance transposed": encoder("_with_center", center_transposed),
    "centre one off": encoder("_with_center", center_next),
    "species unweighted": encoder("_with_center", center_unweighted),
    "norm without epsilon": encoder(
        "_append_norm", norm_by(norm_without_epsilon), target=EvolEncoder
    ),
    "norm with another epsilon": encoder(
        "_append_norm", norm_by(norm_with_another_epsilon), target=EvolEncoder
    ),
    "norm of absolutes": encoder("_append_norm", norm_by(norm_of_absolutes), target=EvolEncoder),
    "species unnormalized": encoder("weights", species_unnormalized, target=EvolEncoder),
    "codes rounded": encoder("one_hot", one_hot_rounded, "cov-spe-codes"),
    "another ridge": encoder("_center_of_inverse", inverse_with_another_ridge, "inv_cov-spe"),
}
