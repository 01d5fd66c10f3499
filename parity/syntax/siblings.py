"""Calls that are easily mistaken for each other, by the name of a function or method."""

_GROUPS = (
    ("max", "min"),
    ("amax", "amin"),
    ("argmax", "argmin"),
    ("maximum", "minimum"),
    ("sum", "mean"),
    ("any", "all"),
    ("relu", "gelu"),
    ("sigmoid", "tanh"),
    ("softmax", "log_softmax"),
    ("floor", "ceil", "round", "trunc"),
    ("exp", "expm1"),
    ("log", "log1p"),
    ("sqrt", "square"),
    ("sin", "cos"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("new_zeros", "new_ones"),
    ("add", "sub"),
    ("mul", "div"),
    ("std", "var"),
    ("cumsum", "cumprod"),
    ("floor_divide", "remainder"),
    ("less", "less_equal"),
    ("logical_and", "logical_or"),
    ("index_add", "index_copy"),
)
SIBLINGS: dict[str, tuple[str, ...]] = {
    name: tuple(other for other in group if other != name) for group in _GROUPS for name in group
}
"""Other functions that take the same arguments."""

IDENTITIES = (
    *("relu", "gelu", "sigmoid", "tanh", "softmax", "softplus", "exp", "log", "sqrt", "square"),
    *("abs", "neg", "floor", "round", "trunc", "clamp", "clamp_min", "clamp_max", "normalize"),
    *("flip", "sorted", "reversed", "argsort", "dropout"),
)
"""Functions and methods whose first argument may stand in the place of their result."""
