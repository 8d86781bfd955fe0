"""Results as people read them: the page, the terminal, and every other form."""
