import torch

from converters.columns import CENTER, CONTEXT_COLUMNS, WINDOW
from pt_gmvp.pretraining.masking import DERIVED, hide


def windows() -> tuple[torch.Tensor, torch.Tensor]:
    context = torch.rand(3, WINDOW, CONTEXT_COLUMNS) + 1
    mask = torch.zeros(3, WINDOW)
    mask[0, :9] = 1
    return context, mask


def test_nothing_of_the_centre_is_seen_and_all_of_the_others():
    context, mask = windows()
    seen, hidden = hide(context, mask, derived=True)
    assert not seen[:, CENTER].any()
    assert (hidden[:, CENTER] == 1).all()
    others = torch.arange(WINDOW) != CENTER
    assert torch.equal(seen[:, others], context[:, others])
    assert torch.equal(hidden[:, others], mask[:, others])


def test_what_programs_made_of_the_sequence_is_seen_only_if_wanted():
    context, mask = windows()
    seen = hide(context, mask).context
    assert not seen[..., DERIVED].any()
    assert (seen[:, 0, : DERIVED.start] >= 1).all()
    assert (seen[:, 0, DERIVED.stop :] >= 1).all()


def test_the_arguments_stay_as_they_are():
    context, mask = windows()
    before = context.clone(), mask.clone()
    hide(context, mask)
    assert torch.equal(context, before[0])
    assert torch.equal(mask, before[1])
