"""Circuits written by hand: cores, neurons and synapses one by one, and parts to build from."""
