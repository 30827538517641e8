"""Programs in a line, and in notebooks."""

import numpy as np

from tests.engine.programs import make_program


def test_a_program_shows_its_sizes_and_no_arrays():
    program = make_program(np.zeros((2, 3, 4), bool), np.full((2, 4), -1), np.zeros((2, 4), int))
    text = repr(program)
    assert text.startswith("Program: 2 cores of 3 axons and 4 neurons, 2 different crossbars, 1 neuron type, ")
    assert len(text) < 200
    assert text.removeprefix("Program: ") in program._repr_html_()
