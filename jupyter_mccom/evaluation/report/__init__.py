"""What was found, as tables, plots, Markdown and one HTML page."""
