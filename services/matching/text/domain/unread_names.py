"""Whether the concepts of a thesaurus are found by their own names."""

from __future__ import annotations

from services.matching.text.domain.concept_engine import TextEngine


def unread_names(engine: TextEngine) -> list[tuple[str, str, str]]:
    """Return (concept, language, name) of every name in which the engine finds neither its concept nor one under it."""
    found = []
    for concept in engine.thesaurus.concepts.values():
        for language, name in concept.names.items():
            read = {mention.concept for mention in engine.read(name, language).mentions}
            under = any(concept.id in engine.thesaurus.ancestors(one) for one in read)
            if concept.id not in read and not under:
                found.append((concept.id, language, name))
    return found
