"""Accuracy, confusion and margins of labels and predictions, by hand."""

import numpy as np
import pytest

from neurosyn.analysis.evaluation import Evaluation, class_accuracy, confusion_matrix, margins
from neurosyn.errors import DataError

LABELS = np.array([0, 0, 1, 2, 2, 2], np.int32)
PREDICTIONS = np.array([0, 1, 1, 2, 0, 2], np.int32)
CLASSES = ("ant", "bee", "cat", "dog")


def test_by_hand():
    evaluation = Evaluation(LABELS, PREDICTIONS, CLASSES)
    assert evaluation.accuracy == 4 / 6
    assert evaluation.correct.tolist() == [True, False, True, True, False, True]
    assert confusion_matrix(evaluation).tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(class_accuracy(evaluation), [1 / 2, 1, 2 / 3, np.nan])


def test_no_frames():
    nothing = Evaluation(LABELS[:0], LABELS[:0], CLASSES)
    assert np.isnan(nothing.accuracy)
    assert confusion_matrix(nothing).sum() == 0


def test_margins():
    scores = np.array([[0.5, 0.2], [0.1, 0.4], [0.3, 0.3]])
    evaluation = Evaluation(np.array([0, 0, 1], np.int32), np.array([0, 1, 0], np.int32), ("no", "yes"), scores)
    assert margins(evaluation) == pytest.approx([0.3, -0.3, 0.0])
    with pytest.raises(DataError, match="margins need the scores"):
        margins(Evaluation(LABELS, PREDICTIONS, CLASSES))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"predictions": PREDICTIONS[1:]}, "predictions have the shape"),
        ({"predictions": PREDICTIONS + 2}, "from 2 to 4; there are 4 classes"),
        ({"labels": LABELS - 1}, "from -1 to 1"),
        ({"scores": np.zeros((6, 3))}, "scores have the shape"),
        ({"images": np.zeros((7, 2, 2, 3), np.uint8)}, "images have the shape"),
        ({"images": np.zeros((6, 2, 2, 4), np.uint8)}, "images have the shape"),
        ({"images": np.zeros((6, 2, 2), np.uint8)}, "images have the shape"),
    ],
)
def test_what_does_not_fit_is_refused(wrong, message):
    arguments = {"labels": LABELS, "predictions": PREDICTIONS, "classes": CLASSES} | wrong
    with pytest.raises(DataError, match=message):
        Evaluation(**arguments)
