import math

from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.runs.early_stopping import EarlyStopping

values = st.one_of(st.just(math.nan), st.integers(0, 6).map(float), st.floats(-1e3, 1e3))
runs = st.lists(st.fixed_dictionaries({"loss": values, "auroc": values}), max_size=30)


def stop_of(watch, epochs):
    for number, epoch in enumerate(epochs, 1):
        if watch({"epoch": number, **epoch}):
            return number
    return None


@given(runs, st.sampled_from(["loss", "auroc"]), st.integers(1, 6))
def test_it_stops_when_the_reference_does(epochs, monitor, patience):
    from legacy_tf.training import EarlyStopping as Reference

    ours, reference = EarlyStopping(monitor, patience), Reference(monitor, patience)
    assert stop_of(ours, epochs) == stop_of(reference, epochs)
    assert (ours.best, ours.waited) == (reference.best, reference.waited)


@given(runs, st.sampled_from(["loss", "auroc"]), st.integers(1, 6))
def test_it_stops_once_the_best_is_as_old_as_the_patience(epochs, monitor, patience):
    watch = EarlyStopping(monitor, patience)
    sign = 1 if monitor == "auroc" else -1
    gains = [sign * epoch[monitor] for epoch in epochs]
    stopped = stop_of(watch, epochs)
    seen = gains[:stopped]
    better = [n for n in range(len(seen)) if all(seen[n] > x for x in seen[:n] if x == x)]
    better = [n + 1 for n in better if seen[n] == seen[n]]
    assert watch.best_epoch == (better[-1] if better else None)
    if stopped is not None:
        assert stopped - (better[-1] if better else 0) == patience
    else:
        assert len(seen) - (better[-1] if better else 0) < patience


@given(runs, runs, st.integers(1, 6))
def test_it_goes_on_from_its_state(before, after, patience):
    whole, first, second = (EarlyStopping("auroc", patience) for _ in range(3))
    stop_of(first, before)
    second.load_state_dict(first.state_dict())
    stop_of(whole, before)
    assert stop_of(second, after) == stop_of(whole, after)
    assert second.state_dict() == whole.state_dict()
