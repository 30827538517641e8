"""The reference timing: the network of routers and links in SimPy."""
