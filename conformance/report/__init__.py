"""Results as people read them: the page, the terminal, and every other form."""

FORMS = ("junit", "junit-gitlab", "markdown", "sarif", "har", "badge", "earl", "table")
"""Forms beside HTML and JSON: named here, so that whoever offers them need not load what writes them."""
