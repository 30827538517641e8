"""Names of classes and groups of the published data sets."""
