"""A laboratory's files: read as tables, checked, stored through outbox and quarantine as messages are."""

from ingestor.lab.importing import SOURCE, FileResults, Imported, Refused, again, check_files, import_files

__all__ = ["SOURCE", "FileResults", "Imported", "Refused", "again", "check_files", "import_files"]
