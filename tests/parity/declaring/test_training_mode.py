"""The flag that declarations read."""

from parity.declaring.training_mode import in_training, training_mode


def test_the_flag_holds_within_the_block_alone():
    assert not in_training()
    with training_mode():
        assert in_training()
        with training_mode():
            assert in_training()
        assert in_training()
    assert not in_training()
