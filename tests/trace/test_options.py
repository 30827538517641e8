import pytest
from pydantic import ValidationError

from neurosyn.trace.options import TraceOptions


@pytest.mark.parametrize(
    "wrong", [{"level": "all"}, {"row_group": 10}, {"row_group": 2.0e5}, {"compression_level": 0}, {"compression": 3}]
)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ValidationError):
        TraceOptions.from_table(wrong)
