"""The choice of examples of each class for a contact sheet."""

import numpy as np

from neurosyn.report.contact_sheet import MAX_CLASSES, choose_examples


def test_examples_are_of_their_class_and_as_many_as_there_are():
    labels = np.array([2, 0, 2, 2, 0, 2], np.int32)
    chosen = choose_examples(labels, 3, 3, np.random.default_rng(0))
    assert [sorted(labels[numbers]) for numbers in chosen] == [[0, 0], [], [2, 2, 2]]
    again = choose_examples(labels, 3, 3, np.random.default_rng(0))
    assert all((a == b).all() for a, b in zip(chosen, again, strict=True))
    assert len(choose_examples(labels, 10_000, 1, np.random.default_rng(0))) == MAX_CLASSES
