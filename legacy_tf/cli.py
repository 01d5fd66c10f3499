"""The command line: `python -m legacy_tf train`, `train_tfl` and `predict`.

TensorFlow is imported only after the arguments and the configuration have been checked.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from legacy_tf.config import ModelConfig, TrainingConfig, load_config, load_training_config
from legacy_tf.config_file import read_config_file
from legacy_tf.errors import GMVPError
from legacy_tf.inputs import (
    STEM,
    Folds,
    Given,
    listed_models,
    matching,
    read_folds,
    read_given,
    ten_files,
    unused,
)
from legacy_tf.options import make_parser

if TYPE_CHECKING:
    from legacy_tf.run_folder import RunFolder


class NoTensorFlowError(GMVPError):
    """TensorFlow or tf_keras is not installed."""


def train_command(arguments: argparse.Namespace) -> int:
    """Run `train`."""
    config, settings = _configured(arguments, arguments.pretrained)
    if arguments.data is None:
        folds = read_folds(arguments.config)
        _note(arguments.config, unused(arguments.config, ("base_dir", "train")))
    else:
        folds = Folds(arguments.data, STEM)
        _note(arguments.config, unused(arguments.config, ()))
    training, validation = ten_files(folds, arguments.replicate, arguments.cv)
    return _train(arguments, config, settings, Given(training, [validation], []))


def train_tfl_command(arguments: argparse.Namespace) -> int:
    """Run `train_tfl`."""
    arguments.pretrained = arguments.init_model
    config, settings = _configured(arguments, arguments.pretrained)
    given = read_given(arguments.config)
    _note(arguments.config, unused(arguments.config, ("train", "validate", "test")))
    return _train(arguments, config, settings, given)


def _configured(
    arguments: argparse.Namespace, pretrained: str | None
) -> tuple[ModelConfig, TrainingConfig]:
    config = load_config(arguments.config)
    settings = load_training_config(arguments.config, transfer=pretrained is not None)
    if arguments.max_epochs is not None:
        settings = replace(settings, max_epochs=arguments.max_epochs)
    return config, settings


def _note(config: str, more: Sequence[str] = ()) -> None:
    """Print one note that names what has no effect in a configuration file."""
    if note := read_config_file(config).note(more):
        print(f"note: {note}", file=sys.stderr)


def _train(
    arguments: argparse.Namespace, config: ModelConfig, settings: TrainingConfig, given: Given
) -> int:
    import_tensorflow()
    import tf_keras

    from legacy_tf.model import build
    from legacy_tf.run_folder import OwnFolder, ReleasedFolder, describe
    from legacy_tf.training import Trainer

    if arguments.seed is not None:
        tf_keras.utils.set_random_seed(arguments.seed)
    model = build(config)
    if arguments.pretrained:
        model.load_weights(arguments.pretrained)
    said = [f"validating on {', '.join(given.validation)}"]
    print(*said)
    if arguments.output is None:
        folder: RunFolder = ReleasedFolder(said=[f"configuration {arguments.config}", *said])
    else:
        folder = OwnFolder(arguments.output)
    Trainer(model, settings, folder).fit(
        given.training,
        given.validation,
        arguments.seed,
        report=lambda epoch: print(describe(epoch)),
        test_files=given.test,
    )
    print(f"wrote weights and results to {folder.path}")
    return 0


def predict_command(arguments: argparse.Namespace) -> int:
    """Run `predict`."""
    if bool(arguments.transcripts) != bool(arguments.features):
        raise GMVPError(
            "--transcripts and --features go together: a list of ids, and their matrices"
        )
    if arguments.batch_size is not None and arguments.batch_size < 1:
        raise GMVPError(f"--batch-size is {arguments.batch_size}; expected a positive whole number")
    config = load_config(arguments.config)
    _note(arguments.config)
    weights, lacking = arguments.weights, []
    if arguments.model_list:
        weights, lacking = listed_models(arguments.model_list)
    records = arguments.records
    if arguments.input_tfrec:
        records = matching(arguments.input_tfrec, "--input_tfrec")
    for path in lacking:
        print(f"skipped {path}: no such file, listed in {arguments.model_list}", file=sys.stderr)
    import_tensorflow()
    from legacy_tf import prediction
    from legacy_tf.data import find_features

    batch_size = arguments.batch_size or prediction.BATCH_SIZE
    ensemble = prediction.Ensemble.load(config, weights)
    absent: list[str] = []
    if records:
        parts = iter([prediction.predict_records(ensemble, records, batch_size)])
    else:
        transcripts = prediction.read_transcripts(arguments.transcripts)
        absent = [one for one in transcripts if find_features(arguments.features, one) is None]
        parts = prediction.predict_transcripts(
            ensemble, transcripts, arguments.features, batch_size
        )
    count = prediction.write_scores(arguments.output, parts)
    print(f"wrote {count} scores to {arguments.output}")
    return _fail_if_partial(len(weights), lacking, absent)


def _fail_if_partial(used: int, lacking: Sequence[str], absent: Sequence[str]) -> int:
    """Return 1 after one line that says what was asked for and not done, or 0."""
    missing = []
    if lacking:
        missing.append(
            f"{len(lacking)} of {used + len(lacking)} models do not exist; the scores are those of "
            f"the other {used}"
        )
    if absent:
        missing.append(f"{len(absent)} transcripts have no feature matrix and are not in the table")
    if missing:
        print(f"error: {'; '.join(missing)}", file=sys.stderr)
    return 1 if missing else 0


def import_tensorflow() -> None:
    """Import TensorFlow without its log lines; raise NoTensorFlowError if it is not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _quiet_stderr():
            import tensorflow as tf
            import tf_keras  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow", "tf_keras"):
            raise
        raise NoTensorFlowError(
            f"{error.name} is not installed, and the reference needs it; "
            "install it with: pip install 'gmvp-parity[tensorflow,train]'"
        ) from None
    tf.get_logger().setLevel("ERROR")


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Suppress what C++ code writes to standard error, unless something is raised.

    TensorFlow logs its first lines before it reads the log level from its environment variable.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except ModuleNotFoundError:
            raise
        except Exception:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


COMMANDS = {"train": train_command, "train_tfl": train_tfl_command, "predict": predict_command}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns 0; 1 if something that was asked for was not done; 2 after one line on standard error
    for invalid input.
    """
    parsed = make_parser().parse_args(arguments)
    try:
        code = COMMANDS[parsed.command](parsed)
    except (GMVPError, OSError) as error:
        named = isinstance(error, OSError) and error.filename
        print(
            f"error: {f'{error.filename}: {error.strerror}' if named else error}", file=sys.stderr
        )
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return code
