"""Windows of a trace as Perfetto traces."""
