"""The command line: `python -m legacy_tf train` and `python -m legacy_tf predict`.

TensorFlow is imported only after the arguments and the configuration have been checked.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from legacy_tf.config import load_config, load_training_config
from legacy_tf.errors import GMVPError


class NoTensorFlowError(GMVPError):
    """TensorFlow or tf_keras is not installed."""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m legacy_tf", description="gMVP on TensorFlow, as released."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands)
    _add_predict(commands)
    return parser


def _seed(text: str) -> int:
    """Parse a seed that every random generator here accepts."""
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to {2**32 - 1}")
    return value


def _add_train(commands) -> None:
    train = commands.add_parser(
        "train",
        help="train a model on ten files of variant records",
        description="Train on nine of the ten files train_r<replicate>*tfrec and validate on the "
        "tenth. Writes epoch-<n>.h5 after each epoch, and history.tsv.",
    )
    add = train.add_argument
    add(
        "--config",
        required=True,
        metavar="JSON",
        help="file with the sections model and, optionally, training",
    )
    add("--data", required=True, metavar="DIR", help="folder with the ten record files")
    add("--output", required=True, metavar="DIR", help="folder for weights and history")
    add(
        "--replicate",
        type=int,
        default=0,
        metavar="R",
        help="digit in the file names (%(default)s)",
    )
    add(
        "--cv", type=int, default=0, metavar="K", help="number of the validation file (%(default)s)"
    )
    add(
        "--pretrained",
        metavar="H5",
        help="start from these weights: transfer learning, with smaller batches, a longer warm-up "
        "and early stopping by AUROC",
    )
    add("--max-epochs", type=int, metavar="N", help="stop after at most N epochs")
    add("--seed", type=_seed, metavar="S", help="make weights, order and dropout reproducible")
    train.set_defaults(run=train_command)


def _add_predict(commands) -> None:
    predict = commands.add_parser(
        "predict",
        help="score variants with one model or the mean of several",
        description="Score the variants in record files, or all possible substitutions of "
        "transcripts. Writes a tab-separated table of var and gMVP.",
    )
    add = predict.add_argument
    add("--config", required=True, metavar="JSON", help="the models' configuration")
    add("--weights", required=True, nargs="+", metavar="H5", help="weights; several are averaged")
    what = predict.add_mutually_exclusive_group(required=True)
    what.add_argument("--records", nargs="+", metavar="TFREC", help="files with variant records")
    what.add_argument(
        "--transcripts", metavar="LIST", help="file with transcript ids, one per line"
    )
    add("--features", metavar="DIR", help="with --transcripts: folder with <id>.pickle or <id>.npy")
    add("--output", required=True, metavar="TSV", help="file for the table")
    add("--batch-size", type=int, metavar="N", help="variants at a time")
    predict.set_defaults(run=predict_command)


def train_command(arguments: argparse.Namespace) -> None:
    """Run `train`."""
    config = load_config(arguments.config)
    settings = load_training_config(arguments.config, transfer=arguments.pretrained is not None)
    if arguments.max_epochs is not None:
        settings = replace(settings, max_epochs=arguments.max_epochs)
    import_tensorflow()
    import tf_keras

    from legacy_tf.model import build
    from legacy_tf.training import Trainer, split_files

    training_files, validation_file = split_files(arguments.data, arguments.replicate, arguments.cv)
    if arguments.seed is not None:
        tf_keras.utils.set_random_seed(arguments.seed)
    model = build(config)
    if arguments.pretrained:
        model.load_weights(arguments.pretrained)
    print(f"validating on {validation_file}")
    trainer = Trainer(model, settings, arguments.output)
    trainer.fit(training_files, [validation_file], arguments.seed, report=_print_epoch)
    print(f"wrote weights and history to {arguments.output}")


def predict_command(arguments: argparse.Namespace) -> None:
    """Run `predict`."""
    if bool(arguments.transcripts) != bool(arguments.features):
        raise GMVPError(
            "--transcripts and --features go together: a list of ids, and their matrices"
        )
    if arguments.batch_size is not None and arguments.batch_size < 1:
        raise GMVPError(f"--batch-size is {arguments.batch_size}; expected a positive whole number")
    config = load_config(arguments.config)
    import_tensorflow()
    from legacy_tf import prediction

    batch_size = arguments.batch_size or prediction.BATCH_SIZE
    ensemble = prediction.Ensemble.load(config, arguments.weights)
    if arguments.records:
        parts = iter([prediction.predict_records(ensemble, arguments.records, batch_size)])
    else:
        transcripts = prediction.read_transcripts(arguments.transcripts)
        parts = prediction.predict_transcripts(
            ensemble, transcripts, arguments.features, batch_size
        )
    count = prediction.write_scores(arguments.output, parts)
    print(f"wrote {count} scores to {arguments.output}")


def _print_epoch(epoch: dict[str, float]) -> None:
    number, *values = epoch.items()
    print(f"epoch {number[1]}", *(f"{name} {value:.4g}" for name, value in values), sep="  ")


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one line on standard error for invalid input."""
    parsed = make_parser().parse_args(arguments)
    try:
        parsed.run(parsed)
    except (GMVPError, OSError) as error:
        named = isinstance(error, OSError) and error.filename
        print(
            f"error: {f'{error.filename}: {error.strerror}' if named else error}", file=sys.stderr
        )
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0
