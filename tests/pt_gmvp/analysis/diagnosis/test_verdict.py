"""Each planted run gets its own verdict, and none of the others'."""

import itertools

import pytest

from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.verdict import EXPLAINED_BY, REMEDY, weigh

EXPECTED = {
    "healthy": [],
    "overfit": [Fault.OVERFITS],
    "leak": [Fault.LEAK],
    "gene": [Fault.GENE],
    "unlearnable": [Fault.UNLEARNABLE],
    "miscalibrated": [Fault.MISCALIBRATED],
    "short": [Fault.SHORT],
    "diverged": [Fault.DIVERGED],
    "underfits": [Fault.UNDERFITS],
}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", EXPECTED)
def test_each_planted_run_gets_its_own_verdict(name, seed, plant, tmp_path):
    found = plant(name, seed).diagnosed(tmp_path / "run")
    assert found.faults == EXPECTED[name], [f.text for a in found.answers for f in a.findings]
    assert found.code == (1 if EXPECTED[name] else 0)


@pytest.mark.slow
def test_healthy_runs_are_not_blamed(plant, tmp_path):
    blamed = [
        seed
        for seed in range(10, 40)
        if plant("healthy", seed).diagnosed(tmp_path / str(seed)).faults
    ]
    # One of fifty is expected: of thirty, four or more are 1 in 300.
    assert len(blamed) <= 3, blamed


def named(*faults):
    return [Answer(str(fault), [Finding("it is so", fault)]) for fault in faults]


def test_the_order_of_the_answers_does_not_matter():
    faults = [Fault.OVERFITS, Fault.UNLEARNABLE, Fault.MISCALIBRATED, Fault.PORT]
    found = {
        (tuple(verdict.faults), tuple(verdict.consequences.items()))
        for order in itertools.permutations(faults)
        for verdict in [weigh(named(*order))]
    }
    assert found == {
        (
            (Fault.PORT, Fault.UNLEARNABLE),
            (
                (Fault.OVERFITS, Fault.UNLEARNABLE),
                (Fault.MISCALIBRATED, Fault.UNLEARNABLE),
            ),
        )
    }


@pytest.mark.parametrize("fault", Fault)
def test_what_is_wrong_never_explains_itself_away(fault):
    # Whatever else is found, one of them stands.
    for other in Fault:
        assert weigh(named(fault, other)).faults
    assert fault not in EXPLAINED_BY.get(fault, ())
    assert REMEDY[fault]


def test_what_noise_may_have_done_is_suspected_and_no_more(plant, tmp_path):
    # Four held-out genes, as in a small run: the rise is plain to see and not beyond their noise.
    perhaps = Answer("curves", [Finding("it rises", Fault.OVERFITS, certain=False)])
    found = weigh([perhaps])
    assert (found.faults, found.suspected, found.code) == ([], [Fault.OVERFITS], 0)
    assert found.sentence.startswith("not certain: perhaps the model overfits, or it is noise")
    assert "hold out more variants" in found.advice[0]
    # What was found explains it, or is the same.
    for fault in (Fault.UNLEARNABLE, Fault.OVERFITS):
        assert weigh([perhaps, *named(fault)]).suspected == []
    run = plant("overfit")
    rows = [n for n in range(800) if n // 20 in (1, 2, 3, 4)]
    run.names, run.labels = [run.names[row] for row in rows], run.labels[rows]
    run.scores = [scores[rows] for scores in run.scores[:8]]
    run.training_losses = run.training_losses[:8]
    found = run.diagnosed(tmp_path / "run")
    assert found.faults == []
    assert found.suspected == [Fault.OVERFITS]


def test_the_port_is_cleared_by_lockstep_alone():
    lockstep = "lockstep with the original"
    asked = weigh([Answer(lockstep, [Finding("equivalent")]), *named(Fault.OVERFITS)])
    assert asked.sentence == (
        "the model overfits; it is not the port, which trains like the original"
    )
    skipped = weigh([Answer(lockstep, skipped="no TensorFlow"), *named(Fault.OVERFITS)])
    assert skipped.sentence.endswith("was not compared with the original")
    assert skipped.advice[-1] == f"{lockstep}, skipped: no TensorFlow"
    wrong = weigh([Answer(lockstep, [Finding("different", Fault.PORT)])])
    assert wrong.sentence == "the port is wrong"
    assert weigh([Answer(lockstep, skipped="x")]).sentence.startswith(
        "no fault found in the questions answered"
    )
