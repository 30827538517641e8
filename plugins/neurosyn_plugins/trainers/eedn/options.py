"""Options of trainer ``eedn``."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from neurosyn.plugins import Field, Options
from neurosyn_plugins.trainers.compute.quantiser import HYSTERESIS
from neurosyn_plugins.trainers.loss_weights import ClassWeight, require_positive

__all__ = ["EednOptions"]


class EednOptions(Options):
    """Options of trainer ``eedn``, checked one by one and together."""

    start: str = Field(
        "",
        description="model whose weights this training starts from: a file (./NAME beside the scenario, or relative to "
        "the working folder), or shipped:NAME; empty for random ones",
    )
    epochs: int = Field(4, ge=1, le=100_000, description="passes over the training images")
    batch: int = Field(64, ge=2, le=4096, description="images of one step")
    parts: int = Field(
        2, ge=1, le=64, description="parts of a batch, each normalised on its own and run by a thread of its own"
    )
    optimiser: Literal["adam", "sgd"] = Field("adam", description="adam, or sgd: momentum as in the paper")
    rate: float = Field(
        0.3, gt=0, le=1e4, description="learning rate of the hidden weights at the start; about 20 for sgd"
    )
    momentum: float = Field(0.9, ge=0, lt=1, description="of sgd")
    bias_rate: float = Field(0.2, ge=0, le=100, description="learning rate of the biases, relative to `rate`")
    off_chip_rate: float = Field(0.1, ge=0, le=100, description="that of the real-valued weights, relative to `rate`")
    schedule: Literal["steps", "cosine", "log"] = Field(
        "steps",
        description="steps: rate divided by `decay` at each of `decay_at`; cosine, log: a smooth fall on a logarithmic "
        "scale, along half a cosine or a straight line, from the first of `decay_at` to the end, divided by decay²",
    )
    softness: float = Field(
        0.0,
        ge=0,
        le=100,
        description="half the width, in standard deviations of a filter's sums, of the smooth neurons that training "
        "begins with, through which a deep network's gradient is exact; it falls evenly to 0, binary neurons",
    )
    soft_until: float = Field(0.25, ge=0, le=1, description="share of the training after which neurons are binary")
    decay_at: list[float] = Field([0.25, 0.7, 0.9], description="shares of the training at which the rate falls")
    decay: float = Field(10.0, ge=1, le=1e6, description="divisor of the rate at each of `decay_at`")
    hysteresis: float = Field(HYSTERESIS, ge=0, lt=0.5, description="half the dead band of the trinary weights")
    logit_scale: float = Field(20.0, gt=0, le=1e4, description="factor of the class means in the softmax")
    sparsity: float = Field(
        0.0,
        ge=0,
        le=1e3,
        description="γ of the pressure γ·½·Σ max(0, ȳ − a)² on the mean activity ȳ of each filter, or of its "
        "complement where `complements` says so",
    )
    sparsity_from: float = Field(
        0.0, ge=0, lt=1, description="share of the training after which that pressure acts; before, there is none"
    )
    spared_activity: float = Field(
        0.0, ge=0, le=1, description="a of that pressure: filters that spike no more often are left alone"
    )
    complements: bool = Field(
        True,
        description="whether that pressure is on the complement of a filter that spikes in more than half of the "
        "cases: it is what the compiler puts on the chip (`compile.complement`)",
    )
    start_activity: float = Field(
        0.5, gt=0, lt=1, description="share of positions and images in which a filter spikes at the start, by its bias"
    )
    dropout: dict[str, float] = Field({}, description="share of the spikes dropped after a layer, by the layer's name")
    shift: int = Field(2, ge=0, le=64, description="largest random move of a training image, in pixels")
    turn: float = Field(0.0, ge=0, le=180, description="largest random turn of a training image, in degrees")
    zoom: float = Field(0.0, ge=0, lt=1, description="largest random change of a training image's size, as a share")
    flip: bool = Field(False, description="whether training images are mirrored half of the time")
    class_weight: ClassWeight = Field(
        None,
        description='weights of the classes in the loss: `"balanced"`, inversely to their number of images, or a '
        "table by class name, in which absent classes weigh 1; for classes of unequal numbers of images",
    )
    patience: int = Field(
        0,
        ge=0,
        description="training stops once this many epochs of binary neurons have passed without a better accuracy on "
        "the held-out images, and the best epoch's network is kept; 0: train to the end and keep the last",
    )
    statistics_images: int = Field(
        4096, ge=1, le=1 << 24, description="training images that the final normalisation is measured on"
    )
    kernels: Literal["numba", "numpy", "cupy"] = Field(
        "numba", description="inner loops: compiled, plain NumPy (slow), or CuPy, all layers on a GPU"
    )
    products: Literal["float32", "bfloat16", "int8"] = Field(
        "float32",
        description="numbers of the matrix products of layers on the chip: float32; int8, the fastest: soft neurons "
        "answer in steps of 1/127, gradients are rounded at random to 8 bits; or bfloat16 through PyTorch "
        "(pip install 'neurosyn[bfloat16]')",
    )

    @model_validator(mode="after")
    def _check(self) -> EednOptions:
        if self.batch % self.parts:
            raise ValueError(f"parts = {self.parts}: does not divide batch = {self.batch}; choose a divisor")
        if any(not 0 <= step < 1 for step in self.decay_at) or sorted(self.decay_at) != self.decay_at:
            raise ValueError(f"decay_at = {self.decay_at}: give shares of training from 0 to below 1, rising")
        if self.kernels == "cupy" and self.products != "float32":
            raise ValueError(f"products = {self.products}: are the processor's; with kernels = cupy leave float32")
        require_positive(self.class_weight)
        if any(not 0 <= share < 1 for share in self.dropout.values()):
            raise ValueError(f"dropout = {self.dropout}: give shares from 0 to below 1")
        return self
