"""How Sphinx builds these pages: ``sphinx-build -W -b html docs build/docs``."""

import sys
from datetime import date
from pathlib import Path

import neurosyn

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "neurosyn"
author = "the neurosyn authors"
copyright = f"{date.today().year}, {author}"
release = version = neurosyn.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "sphinx_copybutton", "from_code"]
exclude_patterns = ["extensions", "build", "_build"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
numpydoc_show_class_members = False
python_maximum_signature_line_length = 90

html_theme = "furo"
html_title = f"neurosyn {release}"
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["neurosyn.css"]
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
