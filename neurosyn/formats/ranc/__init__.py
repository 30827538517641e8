"""Program files of the RANC simulator, in JSON."""
