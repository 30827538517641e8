"""Programs in the JSON format of RANC."""
