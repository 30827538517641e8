"""ZIP archives for the loaders of data sets."""

import zipfile


def pack_zip(path, members):
    """Write pairs of name and content to a ZIP archive, leave out those without content, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            if content is not None:
                archive.writestr(name, content)
    return path
