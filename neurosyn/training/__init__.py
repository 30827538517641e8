"""From data to a model: contracts, model files, inference with the trained network, a scikit-learn classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosyn.training.classifier import SpikingClassifier

__all__ = ["SpikingClassifier"]


def __getattr__(name: str) -> Any:
    # scikit-learn takes long to import; only who asks for the classifier pays for it.
    if name == "SpikingClassifier":
        from neurosyn.training.classifier import SpikingClassifier

        return SpikingClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
