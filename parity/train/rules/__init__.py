"""Update rules of optimizers, replayed from recorded gradients and weights."""
