"""Companies and partners out of CSV and XLSX files."""

from services.profiles.importing.columns import IMPORT_HELP
from services.profiles.importing.importer import ImportFailedError, ImportResult, import_file
from services.profiles.importing.sheet import FileError

__all__ = ["IMPORT_HELP", "FileError", "ImportFailedError", "ImportResult", "import_file"]
