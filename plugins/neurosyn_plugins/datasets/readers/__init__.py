"""Readers of archives, images and sound that several data sets share."""
