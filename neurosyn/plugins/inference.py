"""Trained models in use: loading, reference inference, normalisation and class scores."""

from __future__ import annotations

from neurosyn.model.class_means import class_means
from neurosyn.model.inference import class_scores, classify, infer, input_spikes, predict, transduce
from neurosyn.model.model_file import load_model
from neurosyn.model.normalisation import measure, unfold
from neurosyn.model.shipped import model_path

__all__ = [
    "class_means",
    "class_scores",
    "classify",
    "infer",
    "input_spikes",
    "load_model",
    "measure",
    "model_path",
    "predict",
    "transduce",
    "unfold",
]
