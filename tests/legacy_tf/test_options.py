import pytest

from legacy_tf.options import make_parser


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("train --config c --random 3 --init_model m", "train --config c --replicate 3 --pretr m"),
        (
            "predict --config c --model_path m --input_tfrec g --output o --batch_size 9",
            "predict --config c --weights m --input_tfrec g --output o --batch-size 9",
        ),
        (
            "predict --config c --model_list m --transcript_list t --feature_dir d --output o",
            "predict --config c --model_list m --transcripts t --features d --output o",
        ),
    ],
)
def test_the_releases_names_mean_the_same_as_ours(theirs, ours):
    parser = make_parser()
    assert vars(parser.parse_args(theirs.split())) == vars(parser.parse_args(ours.split()))


@pytest.mark.parametrize(
    "words",
    [
        "train",
        "train --config c --random x",
        "train --config c --random -1",
        "train --config c --seed -1",
        "train_tfl --config c",
        "predict --config c --output o --input_tfrec g",
        "predict --config c --output o --model_path m",
        "predict --config c --output o --model_path m --model_list l --input_tfrec g",
        "predict --config c --output o --model_path m --records r --input_tfrec g",
        "predict --config c --output o --model_path m --records r --transcripts t",
    ],
)
def test_what_is_missing_or_contradicts_is_refused(words, capsys):
    with pytest.raises(SystemExit) as end:
        make_parser().parse_args(words.split())
    assert end.value.code == 2
    assert "error: " in capsys.readouterr().err
