"""Data sets and encoders: contracts, downloads, archives."""
