"""Options of trainer ``tea``."""

from __future__ import annotations

from neurosyn.plugins import Field, Network, Options

__all__ = ["TeaOptions"]


class TeaOptions(Options):
    """Options of trainer ``tea``."""

    copies: int = Field(1, ge=1, le=256, description="networks sampled side by side, whose outputs are averaged")
    epochs: int = Field(8, ge=1, le=100_000, description="passes over the training images")
    batch: int = Field(64, ge=2, le=4096, description="images of one step")
    rate: float = Field(0.02, gt=0, le=10, description="learning rate of Adam at the start; falls linearly to 0")
    logit_scale: float = Field(20.0, gt=0, le=1e4, description="factor of the class means in the softmax")
    statistics_images: int = Field(
        2048,
        ge=2,
        le=1 << 24,
        description="training images that normalisation off the chip and activity are measured on",
    )

    def result(self, network: Network) -> Network:
        """Return the network with all copies, of each member where the network is a committee."""
        return network if self.copies == 1 else network.copied(network.copies * self.copies)
