"""Networks as NIR graphs: those trained elsewhere, with every loss rated, and trained layers for other frameworks."""
