"""Configuration of Sphinx for these pages: ``sphinx-build -W -b html docs build/docs``."""

from datetime import date

import neurosyn

project = "neurosyn"
author = "the neurosyn authors"
copyright = f"{date.today().year}, {author}"
release = version = neurosyn.__version__

extensions = ["myst_nb", "sphinx_copybutton"]
nb_execution_mode = "off"  # notebooks are stored with their output
exclude_patterns = ["extensions", "build", "_build"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"neurosyn {release}"
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["neurosyn.css"]
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
