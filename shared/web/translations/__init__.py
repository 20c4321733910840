"""The shell's own translations, and `python -m shared.web.translations`, which compiles everybody's."""
