"""Configurations under which each layer is checked."""

from dataclasses import replace
from itertools import product
from typing import Any

from parity.declaring.port import Configuration
from parity.declaring.weight import Options

SCORES = ("add", "nn", "dot")
WEIGHTINGS = ("spe", "none")
# How far drawn weights are stretched, by the option "weights": a trained model may attend to one
# species almost alone, where co-evolution vanishes, and may be sure of what it says.
_SCALES: dict[str, dict[str, float]] = {
    "peaked": {"evol_encoder/species_weights": 600.0},
    "large": {"evol_encoder/species_weights": 30.0, "logit/kernel": 30.0, "": 3.0},
}


def weight_scale(options: Options, name: str) -> float:
    """Return the factor of a weight's drawn values under a configuration's options."""
    scales = _SCALES.get(options.get("weights", ""), {})
    return scales.get(name, scales.get("", 1.0))


# The width of the golden cases: wide enough not to be trivial, narrow enough to be quick.
NARROW: dict[str, Any] = {"d_fc": 32, "d_model": 32, "num_heads": 4}
# The release's width.
WIDE: dict[str, Any] = {"d_fc": 512, "d_model": 512, "num_heads": 4}
# All widths differ, so that no two axes can be swapped unnoticed.
UNEVEN: dict[str, Any] = {"d_fc": 20, "d_model": 24, "num_heads": 3}
# Each record takes an inversion of 2709 x 2709; the golden files have one record too.
INVERSE_RECORDS = 1
# Each record has 7.4 million covariances; the golden files have two records.
ALL_PAIRS_RECORDS = 2


def _model(
    score: str = "add",
    pairwise: str = "cov",
    weighting: str = "spe",
    norm: str = "released",
    size: dict[str, Any] = NARROW,
    suffix: str = "",
) -> Configuration:
    options = {
        "attn_score_type": score,
        "pairwise_type": pairwise,
        "weighting_schema": weighting,
        "pairwise_norm": norm,
        **size,
    }
    name = f"{score}-{pairwise}-{weighting}" + ("-paper" if norm == "paper" else "") + suffix
    return Configuration(name, options, INVERSE_RECORDS if pairwise == "inv_cov" else None)


def _stressed(config: Configuration, suffix: str, **options: Any) -> Configuration:
    return replace(config, name=f"{config.name}-{suffix}", options={**config.options, **options})


def _any_codes(*given: Configuration) -> tuple[Configuration, ...]:
    """Return the configurations with residue codes between and beyond the alphabet's."""
    return tuple(_stressed(config, "codes", codes="any") for config in given)


# Score, weighting and norm in every combination for the pairwise types cov and fre; inv_cov, which
# differs only within the encoder, with one score.
_MODEL = (
    *(_model(score, p, w) for score, p, w in product(SCORES, ("cov", "fre"), WEIGHTINGS)),
    *(_model(score, "cov", w, "paper") for score, w in product(SCORES, WEIGHTINGS)),
    *(_model("add", "inv_cov", weighting) for weighting in WEIGHTINGS),
    *(_model(score, size=UNEVEN, suffix="-uneven") for score in SCORES),
    _model(size=WIDE, suffix="-512"),
    _stressed(_model(), "peaked", weights="peaked"),
    _stressed(_model(), "large", weights="large"),
    # In these two the model is called, as in training, and not traced.
    _stressed(_model(), "shared-windows", variants=40, windows=34, called=True),
    _stressed(
        _model(size=UNEVEN, suffix="-uneven"), "masks", masks=True, dropout_rate=0.4, called=True
    ),
    *_any_codes(_model(), _model("add", "inv_cov")),
)
_BY_NAME = {config.name: config for config in _MODEL}
# In training, only the GRU cell does something else, whatever comes before it.
_IN_TRAINING = (
    *("add-cov-spe", "nn-fre-none", "add-cov-spe-uneven", "add-cov-spe-shared-windows"),
    # Given masks are used in training too, and none are drawn.
    "add-cov-spe-uneven-masks",
)
MODEL = tuple(replace(config, training=config.name in _IN_TRAINING) for config in _MODEL)


def of_model(*names: str) -> tuple[Configuration, ...]:
    """Return the whole model's configurations of these names."""
    return tuple(_BY_NAME[name] for name in names)


ENCODED = ("frequencies", "pairwise")


def _encoder(pairwise: str, weighting: str, norm: str = "released") -> Configuration:
    options = {"pairwise_type": pairwise, "weighting_schema": weighting, "pairwise_norm": norm}
    name = f"{pairwise}-{weighting}" + ("-paper" if norm == "paper" else "")
    records = {"inv_cov": INVERSE_RECORDS, "cov_all": ALL_PAIRS_RECORDS}.get(pairwise)
    return Configuration(name, options, records)


# All five types, in both weightings. The encoder comes first in the model: a cascade gives it the
# same input as it has alone, and is run for the release's own configuration only.
EVOL_ENCODER = (
    *of_model("add-cov-spe"),
    *(
        _encoder(p, w)
        for p, w in product(("none", "fre", "cov", "cov_all", "inv_cov"), WEIGHTINGS)
        if (p, w) != ("cov", "spe")
    ),
    *(_encoder(p, w, "paper") for p, w in product(("cov", "cov_all"), WEIGHTINGS)),
    *(_stressed(_encoder(p, "spe"), "peaked", weights="peaked") for p in ("fre", "cov")),
    *_any_codes(*(_encoder(p, "spe") for p in ("cov", "cov_all", "inv_cov"))),
    # A loss may depend on one of the outputs alone.
    *(_stressed(_encoder("cov", "spe"), f"{name}-alone", alone=name) for name in ENCODED),
)
NODE_ENCODING = of_model("add-cov-spe", "add-cov-spe-uneven", "add-cov-spe-512")
PAIRWISE_ENCODING = of_model("add-cov-spe", "add-fre-spe", "add-cov-spe-uneven", "add-cov-spe-512")
ATTENTION = of_model(
    *(f"{score}-cov-spe" for score in SCORES),
    *(f"{score}-cov-spe-uneven" for score in SCORES),
    "add-cov-spe-512",
)
GRU_CELL = (
    *of_model("add-cov-spe", "add-cov-spe-uneven", "add-cov-spe-512"),
    Configuration(
        "training-masks",
        {**_BY_NAME["add-cov-spe-uneven"].options, "masks": True, "dropout_rate": 0.4},
    ),
)
LOGIT = of_model("add-cov-spe", "add-cov-spe-uneven", "add-cov-spe-512")

RELEASE_RATE = {"base": 1e-3, "end": 1e-4, "warmup_steps": 100, "decay_steps": 2000}
LEARNING_RATE = (
    Configuration("release", RELEASE_RATE),
    Configuration("transfer", {**RELEASE_RATE, "warmup_steps": 50, "decay_steps": 500}),
    Configuration("no-warmup", {**RELEASE_RATE, "warmup_steps": 0}),
    # The candidate's own defaults, which are the release's.
    Configuration("defaults", {}),
)
# With weights and gradients that are not contiguous, and with a closure that computes these, too.
OPTIMIZER = (
    *(
        Configuration(f"{kind}{suffix}", {"kind": kind, "strided": strided})
        for suffix, strided in (("", False), ("-strided", True))
        for kind in ("adam", "adamw")
    ),
    Configuration("adam-closure", {"kind": "adam", "strided": False, "closure": True}),
)
INITIAL_VALUES = (
    *of_model("nn-cov-spe-uneven", "dot-cov-spe-uneven"),
    # As the constructors of the layers leave them.
    *(
        _stressed(config, "constructed", constructed=True)
        for config in of_model("nn-cov-spe-uneven", "dot-cov-spe-uneven")
    ),
)
# For the fast form, which computes 16 windows at a time: three slices.
MANY_WINDOWS = (replace(_stressed(_BY_NAME["add-cov-spe"], "40", variants=40), training=False),)
# Where the model is confident and right, the gradient is small, and a careless one loses digits.
LOSS = (
    Configuration("all", {"sure_of": None}),
    Configuration("sure-of-0", {"sure_of": 0}),
    Configuration("sure-of-1", {"sure_of": 1}),
)

# The original's three readers, and every way of the candidate from a file to a batch.
_READERS = ("validation", "test", "training")
_STORES = ("store", "store-shared", "store-singly")
_WAYS = ("file", "numbered", "singly", "workers", "stream", "gzip", *_STORES)


def _records(name: str, reader: str, way: str, made: bool = False) -> Configuration:
    return Configuration(name, {"reader": reader, "way": way, "made": made})


# Records as given, by each reader and each way; synthetic ones hold what no protein has: arbitrary
# bits of finite floats, and names in other alphabets.
RECORDS = (
    *(_records(f"{reader}-file", reader, "file") for reader in _READERS),
    *(_records(f"validation-{way}", "validation", way) for way in _WAYS[1:]),
    *(_records(f"made-{way}", "validation", way, made=True) for way in _WAYS),
    _records("made-test", "test", "file", made=True),
)
# Around half a window and a whole one, and shorter and longer.
WINDOW_LENGTHS = (1, 2, 64, 65, 128, 129, 130, 140)
WINDOWS = (
    *(
        Configuration(f"length-{length}", {"length": length, "way": "windows"})
        for length in WINDOW_LENGTHS
    ),
    Configuration("from-records", {"length": None, "way": "windows"}),
    *(
        Configuration(f"{way}-{length}", {"length": length, "way": way})
        for way in ("table", "table-shared", "table-singly")
        for length in (1, 65, 140)
    ),
)
PER_RESIDUE = (
    *(config for config in MODEL if not {"windows", "masks"} & config.options.keys()),
    *(
        Configuration(f"length-{length}", {**_BY_NAME["add-cov-spe"].options, "length": length})
        for length in WINDOW_LENGTHS
    ),
    # All residues at once, and substitutions of two proteins in a block, as `gmvp score` and `gmvp
    # predict` ask for them.
    *(
        Configuration(f"{way}-{length}", {**of.options, "length": length, "way": way})
        for way, length, of in (
            ("protein", 129, _BY_NAME["add-cov-spe-uneven"]),
            ("sites", 2, _BY_NAME["nn-cov-spe-uneven"]),
            ("sites", 129, _BY_NAME["dot-cov-spe-uneven"]),
        )
    ),
)
