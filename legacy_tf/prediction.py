"""Scores from an ensemble of models, for recorded variants or all possible ones."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from legacy_tf.config import AMINO_ACIDS, ModelConfig
from legacy_tf.data import clear_errors, find_features, load_features, test_records, windows
from legacy_tf.errors import GMVPError
from legacy_tf.model import GMVP, build
from legacy_tf.weights import write_beside

ALPHABET = "ACDEFGHIKLMNPQRSTVWY"
ANY_OTHER = "*"
BATCH_SIZE = 200


class PredictionError(GMVPError):
    """There is nothing to predict, or no model to predict with."""


class Ensemble:
    """Several models of one configuration, whose probabilities (not logits) are averaged."""

    def __init__(self, models: Sequence[GMVP]):
        if not models:
            raise PredictionError("no model to predict with; give at least one file of weights")
        self.models = list(models)
        # One graph for all models; the release, too, calls its GRU cell only in a graph.
        self._graph = tf.function(self._mean, reduce_retracing=True)

    @classmethod
    def load(
        cls, config: ModelConfig, weights: Iterable[str | Path], dtype: str = "float32"
    ) -> "Ensemble":
        """Build a model for each file of weights; raise WeightsError for one that does not fit."""
        models = []
        for path in weights:
            model = build(config, dtype)
            model.load_weights(path)
            models.append(model)
        return cls(models)

    def _mean(self, ref_aa, alt_aa, feature, mask) -> tf.Tensor:
        logits = [model(ref_aa, alt_aa, feature, mask, training=False) for model in self.models]
        return tf.reduce_mean(tf.sigmoid(tf.stack(logits)), axis=0)

    def predict(self, ref_aa, alt_aa, feature, mask) -> np.ndarray:
        """Return the mean probability of each variant, (B,), in the models' dtype."""
        return self._graph(ref_aa, alt_aa, feature, mask).numpy()


def predict_records(
    ensemble: Ensemble, files: Sequence[str | Path], batch_size: int = BATCH_SIZE
) -> tuple[list[str], np.ndarray]:
    """Score the variants in record files, in their order.

    Returns their ids and scores, (V,) in the models' dtype. Raises RecordError for a file that is
    missing or damaged, PredictionError if the files contain no record at all.
    """
    names: list[str] = []
    scores: list[np.ndarray] = []
    with clear_errors(files):
        for batch in test_records(files, batch_size):
            names += [name.decode() for name in batch.pop("var_id").numpy()]
            scores.append(ensemble.predict(**batch))
    if not names:
        raise PredictionError(f"no variant record in {', '.join(map(str, files))}")
    return names, np.concatenate(scores)


def predict_matrix(
    ensemble: Ensemble,
    transcript: str,
    matrix: np.ndarray,
    positions: np.ndarray | None = None,
    batch_size: int = BATCH_SIZE,
) -> tuple[list[str], np.ndarray]:
    """Score all 20 residues, including the present one, at every position of one protein.

    matrix (length, 435); positions, counted from 0, to score only some. Returns ids
    `<transcript>_<position from 1>_<residue>_<substitute>` and scores, (positions * 20,).
    """
    if positions is None:
        positions = np.arange(len(matrix))
    present = matrix[positions, 0].astype(np.int32)
    names = [
        f"{transcript}_{position + 1}_{_letter(residue)}_{put_in}"
        for position, residue in zip(positions, present, strict=True)
        for put_in in ALPHABET
    ]
    scores = []
    step = max(1, batch_size // AMINO_ACIDS)
    for start in range(0, len(positions), step):
        feature, mask = windows(matrix, positions[start : start + step])
        put_in = np.tile(np.arange(AMINO_ACIDS, dtype=np.int32), len(feature))
        ref_aa = np.repeat(present[start : start + step], AMINO_ACIDS)
        feature, mask = (np.repeat(array, AMINO_ACIDS, axis=0) for array in (feature, mask))
        scores.append(ensemble.predict(ref_aa, put_in, feature, mask))
    return names, np.concatenate(scores)


def predict_transcripts(
    ensemble: Ensemble,
    transcripts: Iterable[str],
    folder: str | Path,
    batch_size: int = BATCH_SIZE,
) -> Iterator[tuple[list[str], np.ndarray]]:
    """Score all possible substitutions of each transcript that has a feature matrix in `folder`.

    Transcripts without one are skipped, as in the release, with a message on standard error. Raises
    FeatureError for a file that cannot be used, PredictionError if no transcript has one.
    """
    missing = True
    for transcript in transcripts:
        path = find_features(folder, transcript)
        if path is None:
            print(
                f"skipped {transcript}: no {transcript}.pickle or .npy in {folder}", file=sys.stderr
            )
            continue
        missing = False
        yield predict_matrix(ensemble, transcript, load_features(path), batch_size=batch_size)
    if missing:
        raise PredictionError(f"none of the transcripts has a feature matrix in {folder}")


def read_transcripts(path: str | Path) -> list[str]:
    """Read transcript ids, one per line; only the first column of each line counts."""
    try:
        # Not splitlines, which also splits at characters that are part of a line.
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PredictionError(f"{path}: cannot be read as a list of transcripts: {error}") from None
    transcripts = [line.split()[0] for line in lines if line.strip()]
    if not transcripts:
        raise PredictionError(f"{path}: contains no transcript; expected one id per line")
    return transcripts


def write_scores(path: str | Path, parts: Iterable[tuple[list[str], np.ndarray]]) -> int:
    """Write `var` and `gMVP`, tab-separated, and return the number of variants.

    A score is written as the shortest decimal that gives its float64, as in the release. The file
    appears complete or not at all.
    """
    count = 0
    with write_beside(Path(path)) as partial, partial.open("w", encoding="utf-8") as out:
        out.write("var\tgMVP\n")
        for names, scores in parts:
            for name, score in zip(names, scores, strict=True):
                out.write(f"{name}\t{float(score)!r}\n")
            count += len(names)
        out.flush()
    return count


def _letter(residue: int) -> str:
    return ALPHABET[residue] if 0 <= residue < AMINO_ACIDS else ANY_OTHER
