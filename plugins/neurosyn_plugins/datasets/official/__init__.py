"""Published data sets, read from the files of their publishers."""
