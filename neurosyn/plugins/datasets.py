"""Contract of data sets."""

from __future__ import annotations

from neurosyn.data.dataset import DataContext, Dataset, DatasetInfo, Split, SplitName

__all__ = ["DataContext", "Dataset", "DatasetInfo", "Split", "SplitName"]
