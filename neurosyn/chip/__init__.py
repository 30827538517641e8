"""The chip, pure: arrays in, arrays out, no clock."""
