"""Section 2: a network of sigmoids reads handwriting that it never saw, 95 digits of 100 at least."""

import pytest

pytestmark = pytest.mark.slow


def test_95_of_100_digits_are_read_right_and_the_pictures_show_the_rest(demo):
    assert demo.net.shape_text == "64-30-10" and len(demo.examples) == 1442 and len(demo.unseen) == 355
    assert demo.accuracy >= 0.95
    assert demo.accuracy == pytest.approx(demo.history.validation_accuracy[-1]) and len(demo.history.epochs) == 7
    assert sum(map(sum, demo.confused)) == 355
    assert sum(demo.confused[c][c] for c in range(10)) == round(demo.accuracy * 355)
    assert len(demo.worst) == 12 and all(demo.answers[i] != demo.truth[i] for i in demo.worst)
    assert demo.history.cost[-1] < demo.history.cost[0] / 3
