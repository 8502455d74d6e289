"""Reports: the runs of schedules as a table, JSON, Markdown, iCalendar or a page. Nothing is decided here."""

WIDE = 200
"""The columns of a text that goes to no terminal."""
