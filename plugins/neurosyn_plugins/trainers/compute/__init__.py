"""Arithmetic of training: arrays on the host or a GPU, kernels, the quantiser, the loss."""
