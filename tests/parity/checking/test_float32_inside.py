"""Operations in float32 within a float64 run: a weaker bound, as wide as what they may cause.

Each right port has a wrong one beside it that stays refused.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from parity.checking.case_runs import LiveReference
from parity.declaring.weight import Weight
from parity.judging.verdict import Verdict
from tests.parity.checking.plain_functions import (
    check,
    drawn,
    failing,
    tensorflow_side,
    torch_side,
)

KERNEL = (Weight("kernel", (3, 6), ("kernel",)),)


def resized(tf, image):
    return tf.cast(tf.image.resize(image, [9, 14]), image.dtype)


def resized_as_it_comes(tf, image):
    """Without a cast: the operation returns float32."""
    return tf.image.resize(image, [9, 14])


def interpolated(image, corners=False):
    x = F.interpolate(image.permute(0, 3, 1, 2), (9, 14), mode="bilinear", align_corners=corners)
    return x.permute(0, 2, 3, 1)


def normalized(tf, image):
    """Local response normalization knows no float64, so code casts to float32 and back."""
    single = tf.cast(image, tf.float32)
    found = tf.nn.local_response_normalization(single, depth_radius=2, bias=2.0, alpha=0.1)
    return tf.cast(found, image.dtype)


def normalized_by_torch(image, alpha=0.5):
    x = F.local_response_norm(image.permute(0, 3, 1, 2), 5, alpha=alpha, beta=0.5, k=2.0)
    return x.permute(0, 2, 3, 1)


def cropped(tf, image):
    boxes = tf.constant([[0.1, 0.2, 0.7, 0.9]] * 2, tf.float32)
    return tf.cast(tf.image.crop_and_resize(image, boxes, [0, 1], [4, 4]), image.dtype)


def cropped_by_grid(image, corners=True):
    step = torch.linspace(0, 1, 4, dtype=image.dtype)
    low, high = torch.tensor([[0.1, 0.2], [0.7, 0.9]]).to(image.dtype)
    rows, columns = (2 * (low[i] + step * (high[i] - low[i])) - 1 for i in (0, 1))
    grid = torch.stack([columns.expand(4, 4), rows[:, None].expand(4, 4)], -1).expand(2, -1, -1, -1)
    x = F.grid_sample(image.permute(0, 3, 1, 2), grid, align_corners=corners)
    return x.permute(0, 2, 3, 1)


RIGHT = {
    "resize": (resized, interpolated, "ResizeBilinear"),
    "resize, returned": (resized_as_it_comes, interpolated, "ResizeBilinear"),
    "response normalization": (normalized, normalized_by_torch, "LRN"),
    "crop and resize": (cropped, cropped_by_grid, "CropAndResize"),
}
WRONG = {
    "other corners": (resized, lambda image: interpolated(image, True)),
    "alpha not times the size": (normalized, lambda image: normalized_by_torch(image, 0.1)),
    "other corners of a crop": (cropped, lambda image: cropped_by_grid(image, False)),
    "off by 1e-5": (resized, lambda image: interpolated(image) * (1 + 1e-5)),
    "in half precision": (resized, lambda image: interpolated(image.half().to(image.dtype))),
}


@pytest.mark.parametrize(("reference", "candidate", "named"), RIGHT.values(), ids=RIGHT)
def test_what_tensorflow_computes_in_float32_has_a_weaker_bound(reference, candidate, named):
    image = drawn(2, 6, 7, 5)
    case = check(tensorflow_side(reference), torch_side(candidate), {"image": image})
    assert case.verdict.passes, failing(case)
    assert any(
        use.side == "reference" and named in use.operation.operation for use in case.float32
    ), case.float32
    (note,) = [note for note in case.notes if note.startswith("float32 inside")]
    assert "test_float32_inside.py:" in note
    weaker = [o for o in case.outputs if o.float32_err and "weaker bound" in o.reason]
    assert weaker
    assert all(o.max_abs_err_64 < 1e-4 * o.scale for o in weaker)


@pytest.mark.parametrize(("reference", "candidate"), WRONG.values(), ids=WRONG)
def test_a_real_mistake_beside_it_stays_refused(reference, candidate):
    image = drawn(2, 6, 7, 5)
    case = check(tensorflow_side(reference), torch_side(candidate), {"image": image})
    assert case.verdict.mismatch


def right(x):
    return torch.tanh(3 * x).cumsum(-1)


def casting(x):
    return torch.tanh((3 * x).float()).to(x.dtype).cumsum(-1)


CASTS = {
    "another factor": lambda x: torch.tanh((3 * x).float() * 1.0001).to(x.dtype).cumsum(-1),
    "half": lambda x: torch.tanh((3 * x).half().float()).to(x.dtype).cumsum(-1),
    "bfloat16": lambda x: torch.tanh((3 * x).bfloat16()).to(x.dtype).cumsum(-1),
    "to integers and back": lambda x: (
        torch.tanh((3e3 * x).int().float() / 1e3).to(x.dtype).cumsum(-1)
    ),
}


@pytest.mark.parametrize(("one", "other"), [(right, casting), (casting, right), (casting, casting)])
def test_a_cast_in_the_code_of_either_side(one, other):
    case = check(torch_side(one), torch_side(other), {"x": drawn(4, 9)})
    assert case.verdict.passes, failing(case)


def test_the_candidates_cast_is_named():
    case = check(torch_side(right), torch_side(casting), {"x": drawn(4, 9)})
    assert [use.side for use in case.float32] == ["candidate"] * len(case.float32)
    (note,) = [note for note in case.notes if note.startswith("float32 inside")]
    assert "the candidate computes _to_copy, test_float32_inside.py:" in note


@pytest.mark.parametrize("wrong", CASTS.values(), ids=CASTS)
def test_a_cast_with_a_real_error_is_refused(wrong):
    for reference in (right, casting):
        case = check(torch_side(reference), torch_side(wrong), {"x": drawn(4, 9)})
        assert case.verdict.mismatch


def test_a_candidate_cannot_widen_its_own_bound():
    """Its cast is followed by a detour that enlarges rounding ten thousand times."""

    def enlarging(x):
        return torch.tanh(((3 * x).float() + 1e4) - 1e4).to(x.dtype).cumsum(-1)

    assert check(torch_side(right), torch_side(enlarging), {"x": drawn(4, 9)}).verdict.mismatch


def test_a_recorded_reference_still_judges_a_candidates_cast():
    class Recorded(LiveReference):
        def rerun(self, pair, task, dtype="float64", changes=None):
            return None

    arrays = {"x": drawn(4, 9)}
    assert check(torch_side(right), torch_side(casting), arrays, live=Recorded()).verdict.passes


def entropy(tf, frames, labels, kernel):
    logits = frames @ kernel
    count, steps = logits.shape[0], logits.shape[1]
    sizes = tf.fill([count], labels.shape[1]), tf.fill([count], steps)
    return tf.nn.ctc_loss(
        tf.cast(labels, tf.int32), logits, *sizes, logits_time_major=False, blank_index=5
    )


def entropy_by_torch(frames, labels, kernel, blank=5):
    logs = (frames @ kernel).log_softmax(-1).transpose(0, 1)
    sizes = torch.full((len(labels),), len(logs)), torch.full((len(labels),), labels.shape[1])
    return F.ctc_loss(logs, labels, *sizes, blank=blank, reduction="none")


@pytest.mark.slow
@pytest.mark.parametrize(("blank", "right"), [(5, True), (0, False)])
def test_a_side_without_float64_is_judged_as_a_whole_with_gradients(blank, right):
    labels = np.random.default_rng(2).integers(1, 5, (3, 4))
    case = check(
        tensorflow_side(entropy, KERNEL),
        torch_side(lambda **given: entropy_by_torch(**given, blank=blank), KERNEL),
        {"frames": drawn(3, 40, 3), "labels": labels},
        KERNEL,
    )
    assert case.verdict.passes == right, failing(case)
    assert case.notes[0].startswith("no float64 run, so the bound is weaker: the reference failed")
    if not right:
        assert case.verdict is Verdict.DIFFERENT
