"""`report.html` through pytest-html: its file, our page in it."""

from collections.abc import Generator
from contextlib import suppress
from typing import Any

import pytest

from conformance.errors import OutputError
from conformance.files import move_assets_out, write_text
from conformance.pytest_plugin.session import PluginSession
from conformance.report import html
from conformance.report.page import read_asset


class HtmlReport:
    """Hooks of pytest-html, registered only where it is there."""

    def __init__(self, config: pytest.Config, session: PluginSession) -> None:
        self._session, self._report = session, None
        self._css = session.options.output / ".report.css"
        option = config.option
        self._asked = getattr(option, "htmlpath", None) is not None
        if not self._asked:
            option.htmlpath = str(session.options.output / "report.html")
        self._page = config.invocation_params.dir / option.htmlpath
        self._name = self._page.name if self._page.parent == session.options.output else option.htmlpath
        option.self_contained_html = True
        self._save_style()
        option.css = [*(getattr(option, "css", None) or []), str(self._css)]

    def pytest_html_report_title(self, report: Any) -> None:
        self._report = report

    @pytest.hookimpl(trylast=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        sink = self._session.sink
        if not sink.any:
            return
        results = sink.results()
        if self._report is not None:
            self._report.title = html.format_title(results, self._session.options.language)
        prefix.insert(0, html.render_in_frame(results, self._session.options.language))
        sink.written.add(self._name)

    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        if hasattr(report, "conformance_item"):
            cells.clear()  # pytest-html leaves out a row without cells

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        from pytest_metadata.plugin import metadata_key  # noqa: PLC0415 - comes with pytest-html

        session.config.stash.get(metadata_key, {}).clear()  # pytest-html writes it unescaped

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Where no row was run, leave no page that nobody asked for, and keep that of the run before."""
        before = None
        with suppress(OSError):
            before = self._page.read_bytes() if self._page.is_file() else None
        result = yield
        if not self._session.sink.any and not (self._asked and session.testscollected):
            with suppress(OSError):
                self._page.unlink(missing_ok=True)
                if before is not None:
                    self._page.write_bytes(before)
        elif not (self._page.is_file() and self._page.read_bytes().rstrip().endswith(b"</html>")):  # of a full disk
            self._session.sink.written.discard(self._name)
            if self._page.is_file():
                self._page.unlink()
        elif self._session.options.report_assets:
            move_assets_out([self._page])
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        self._css.unlink(missing_ok=True)

    def _save_style(self) -> None:
        """pytest-html reads style sheets from files, as it is configured."""
        try:
            write_text(self._css, html.render_head() + read_asset("conformance.report", "pytest_html.css"))
        except OutputError as error:
            raise pytest.UsageError(f"\n{error}; give another output folder") from None
