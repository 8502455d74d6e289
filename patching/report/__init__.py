"""Reports: the runs of schedules as a table, JSON, Markdown, iCalendar or a page. Nothing is decided here."""
