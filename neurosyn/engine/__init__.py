"""The discrete-event simulation: the only home of SimPy."""
