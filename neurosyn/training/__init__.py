"""Contract of trainers, the held-out part of the data, the learning curve."""
