"""Pages from templates: self-contained HTML whose content security policy admits one script."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from neurosyn.support import formatting as written

__all__ = ["render_page"]


def render_page(template: str, script: str, **values: Any) -> str:
    """Return the HTML of a page.

    Parameters
    ----------
    template, script
        Names of the template and of the page's script, in ``templates``.
    values
        What the template names; text is escaped, but for what passes the filter ``raw``: the script, and figures, which
        escape their labels themselves.
    """
    environment = Environment(
        loader=PackageLoader("neurosyn.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=written.count, number=written.number, percent=written.percent, energy=written.energy, time=written.time
    )
    environment.filters["raw"] = Markup
    text = (files("neurosyn.report") / "templates" / script).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return environment.get_template(template).render(script=text, script_source=f"'sha256-{digest}'", **values)
