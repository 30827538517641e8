"""TorchTraining steps of the one-chip network in PyTorch, on the processor: binary neurons, trinary weights, Adam."""

import argparse
import json
import os
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional


class Spike(torch.autograd.Function):
    """1 where r ≥ 0; the derivative is the triangle max(0, 1 − |r|)."""

    @staticmethod
    def forward(ctx, r):
        ctx.save_for_backward(r)
        return (r >= 0).to(r.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (r,) = ctx.saved_tensors
        return r.abs().neg_().add_(1).clamp_(min=0).mul_(gradient)


class Shuffle(torch.autograd.Function):
    """Permutation of channels; its backward pass is faster than autograd's, which adds channels one by one."""

    @staticmethod
    def forward(ctx, x, order, back):
        ctx.back = back
        return x.index_select(1, order)

    @staticmethod
    def backward(ctx, gradient):
        return gradient.index_select(1, ctx.back), None, None


class TorchLayer(nn.Module):
    """Permutation of channels, grouped convolution, normalisation over the batch with a bias, binary neurons."""

    def __init__(self, inputs, features, kernel, stride, padding, groups, trinary, epsilon):
        super().__init__()
        self.stride, self.padding, self.groups, self.epsilon = stride, padding, groups, epsilon
        self.order = torch.randperm(inputs) if trinary else None
        self.back = self.order.argsort() if trinary else None
        hidden = torch.empty(features, inputs // groups, kernel, kernel).uniform_(-1, 1)
        self.hidden = hidden if trinary else None
        self.weight = nn.Parameter(hidden.round() if trinary else hidden)
        self.bias = nn.Parameter(torch.zeros(features))

    def forward(self, x):
        if self.order is not None:
            x = Shuffle.apply(x, self.order, self.back)
        sums = functional.conv2d(x, self.weight, None, self.stride, self.padding, groups=self.groups)
        return Spike.apply(functional.batch_norm(sums, None, None, None, self.bias, training=True, eps=self.epsilon))


class TorchTraining:
    """The network and its optimiser; hidden weights take the gradient of the trinary ones, straight through."""

    def __init__(self, spec):
        self.spec = spec
        self.layers = nn.Sequential(*(TorchLayer(**layer, epsilon=spec["epsilon"]) for layer in spec["layers"]))
        self.trinary = [layer for layer in self.layers if layer.hidden is not None]
        for layer in self.trinary:
            layer.hidden = nn.Parameter(layer.hidden)
        real = [layer.weight for layer in self.layers if layer.hidden is None]
        rate = spec["rate"]
        self.optimiser = torch.optim.Adam(
            [
                {"params": [layer.hidden for layer in self.trinary], "lr": rate},
                {"params": real, "lr": rate * spec["off_chip_rate"]},
                {"params": [layer.bias for layer in self.layers], "lr": rate * spec["bias_rate"]},
            ],
            fused=True,
        )

    def weights(self):
        """Return the number of weights."""
        return sum(layer.weight.numel() for layer in self.layers)

    def step(self, images, labels):
        """Make one step and return the loss."""
        classes = self.spec["classes"]
        spikes = self.layers(images).flatten(2).mean(2)
        padding = -spikes.shape[1] % classes
        scores = functional.pad(spikes, (0, padding)).unflatten(1, (-1, classes)).mean(1)
        loss = functional.cross_entropy(self.spec["logit_scale"] * scores, labels)
        loss.backward()
        for layer in self.trinary:
            layer.hidden.grad, layer.weight.grad = layer.weight.grad, None
        self.optimiser.step()
        self.optimiser.zero_grad()
        with torch.no_grad():
            for layer in self.trinary:
                self.trinarise(layer.hidden.clamp_(-1, 1), layer.weight)
        return loss.item()

    def trinarise(self, hidden, weight):
        """Move trinary weights, with hysteresis."""
        size, half = hidden.abs(), self.spec["hysteresis"]
        weight.masked_fill_(size <= 0.5 - half, 0)
        torch.where(size >= 0.5 + half, hidden.sign(), weight, out=weight)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("spec", type=Path)
    given = arguments.parse_args()
    spec = json.loads(given.spec.read_text(encoding="utf-8"))
    torch.manual_seed(0)
    torch.set_num_threads(spec["threads"])
    training = TorchTraining(spec)
    side, batch, steps, warm_up = spec["side"], spec["batch"], spec["steps"], spec["warm_up"]
    images = torch.randn(4 * batch, 3, side, side)
    labels = torch.randint(0, spec["classes"], (4 * batch,))
    for step in range(steps):
        if step == warm_up:
            began, cpu = time.perf_counter(), time.process_time()
        rows = slice(step % 4 * batch, step % 4 * batch + batch)
        loss = training.step(images[rows], labels[rows])
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    count = batch * (steps - warm_up)
    print(
        json.dumps(
            {
                "version": torch.__version__,
                "images_per_second": round(count / seconds, 1),
                "cpu_ms_per_image": round(1e3 * cpu / count, 3),
                "weights": training.weights(),
                "loss": loss,
                "load_1min": round(os.getloadavg()[0], 2),
            }
        )
    )


if __name__ == "__main__":
    main()
