"""Options of `python -m legacy_tf`: the release's names beside this project's own."""

import argparse


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m legacy_tf", description="gMVP on TensorFlow, as released."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands)
    _add_train_tfl(commands)
    _add_predict(commands)
    return parser


def _seed(text: str) -> int:
    """Parse a seed that every random generator here accepts."""
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to {2**32 - 1}")
    return value


def _digit(text: str) -> int:
    """Parse the replicate's number."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 on")
    return value


def _add_train(commands) -> None:
    train = commands.add_parser(
        "train",
        help="train a model on ten files of variant records",
        description="Train on nine of the ten files train_r<replicate>*tfrec and validate on the "
        "tenth. Writes what the release writes, into res/<date-time>, or with --output "
        "epoch-<n>.h5 after each epoch, from 1, and history.tsv.",
    )
    add = train.add_argument
    _add_config(add, "model and, where they are needed, train (or training) and input")
    add(
        "--data",
        metavar="DIR",
        help="folder with the ten record files; by default input.base_dir of the configuration",
    )
    add(
        "--replicate",
        "--random",
        type=_digit,
        default=0,
        metavar="R",
        help="digit in the file names (%(default)s)",
    )
    add(
        "--cv", type=int, default=0, metavar="K", help="number of the validation file (%(default)s)"
    )
    add(
        "--pretrained",
        "--init_model",
        metavar="H5",
        help="start from these weights: transfer learning, with smaller batches, a longer warm-up "
        "and early stopping by AUROC",
    )
    _add_run(add)
    train.set_defaults(command="train")


def _add_train_tfl(commands) -> None:
    train = commands.add_parser(
        "train_tfl",
        help="transfer learning from a trained model",
        description="Train on the files input.train of the configuration and validate on "
        "input.validate, from a trained model. Writes as train does; input.test is only reported.",
    )
    add = train.add_argument
    _add_config(add, "model, input and, optionally, train (or training)")
    add("--init_model", required=True, metavar="H5", help="weights to start from")
    _add_run(add)
    train.set_defaults(command="train_tfl")


def _add_config(add, sections: str) -> None:
    add("--config", required=True, metavar="JSON", help=f"file with the sections {sections}")


def _add_run(add) -> None:
    add("--output", metavar="DIR", help="folder for weights and history, in place of the release's")
    add("--max-epochs", type=int, metavar="N", help="stop after at most N epochs")
    add("--seed", type=_seed, metavar="S", help="make weights, order and dropout reproducible")


def _add_predict(commands) -> None:
    predict = commands.add_parser(
        "predict",
        help="score variants with one model or the mean of several",
        description="Score the variants in record files, or all possible substitutions of "
        "transcripts. Writes a tab-separated table of var and gMVP. Exits with 1 if it lacks "
        "something that was asked for.",
    )
    add = predict.add_argument
    _add_config(add, "model")
    who = predict.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--weights", "--model_path", nargs="+", metavar="H5", help="weights; several are averaged"
    )
    who.add_argument(
        "--model_list", metavar="LIST", help="file with paths of weights, one per line"
    )
    what = predict.add_mutually_exclusive_group(required=True)
    what.add_argument("--records", nargs="+", metavar="TFREC", help="files with variant records")
    what.add_argument("--input_tfrec", metavar="GLOB", help="the same, as a pattern in quotes")
    what.add_argument(
        "--transcripts",
        "--transcript_list",
        metavar="LIST",
        help="file with transcript ids, one per line",
    )
    add(
        "--features",
        "--feature_dir",
        metavar="DIR",
        help="with --transcripts: folder with <id>.pickle or <id>.npy",
    )
    add("--output", required=True, metavar="TSV", help="file for the table")
    add("--batch-size", "--batch_size", type=int, metavar="N", help="variants at a time")
    predict.set_defaults(command="predict")
