"""Words and signs that stand for *not known* in the languages of the trade: a cell that holds one is an empty cell.

The words are English, Swedish, Norwegian, Danish, German, Finnish, Dutch, French, Spanish, Portuguese, Italian and
Polish. Only a whole cell counts: `Unknown Pleasures AB` is a name. `NA` is also the code of Namibia: whoever reads
codes decides by those around it (see `shared.words.countries`).
"""

from __future__ import annotations

import re
import unicodedata

from shared.words.folding import plain_letters
from shared.words.invisible import trimmed
from shared.words.kept import kept

# Abbreviations, written `n/a`, `n.a.`, `n. a.`, `n.a` or `n-a`; two letters alone may be a country's code.
_ABBREVIATIONS = (
    "na", "nd", "nn", "nk", "nb", "nc", "nr", "np", "ns", "ka", "oa", "so", "kd", "bd", "bz", "sd", "sr",
    "nvt", "nsp", "nci", "tbd", "tbc", "tba", "ntb", "notk",
)  # fmt: skip
# Without their points these are not known as well: none is a country's code, save Namibia's.
_PLAIN_ABBREVIATIONS = frozenset(
    {"na", "n a", "nd", "nn", "nk", "nvt", "ka", "tbd", "tbc", "tba", "tbs", "dk/na"}
)

_WORDS = """
unknown|not known|not yet known|not available|not applicable|not app|not appl|not specified|unspecified|undefined
not given|not stated|not provided|not disclosed|not decided|not yet decided|undecided|not determined
not yet determined|not sure|unsure|unclear|no data|no info|no information|no answer|missing|empty|blank|null|nil
to be decided|to be determined|to be defined|to be confirmed|to be announced|to be specified|to follow|to come
pending|don't know|dont know|do not know|no idea|none yet|not yet|nothing yet|none so far|nan|value missing
(blank)|(empty)|(none)|(unknown)|(not set)|not set|xxx|tbd|tbc|tba|tbs
okand|okant|okanda|ej kand|ej kant|ej kanda|inte kand|inte kant|ej angivet|ej angiven|ej angivna|inte angivet
inte angiven|ej uppgivet|ej uppgiven|uppgift saknas|uppgifter saknas|saknas|saknar uppgift|ingen uppgift
inga uppgifter|vet ej|vet inte|vi vet ej|vi vet inte|ej tillampligt|inte tillampligt|ej relevant|inte relevant
ej aktuellt|inte aktuellt|ej bestamt|ej bestamd|inte bestamt|annu inte|inte annu|inga annu|inga an|ingen an|inget an
ej klart|inte klart|oklart|oklar|osaker|osakert|ej beslutat|inte beslutat|bestams senare|kommer senare|meddelas
meddelas senare|aterkommer|aterkommer senare|tomt|ej ifyllt|ej besvarat|inget svar
ukjent|ukjente|ikke kjent|ikke oppgitt|ikke angitt|ikke angivet|ikke kendt|ukendt|ukendte|vet ikke|ved ikke
veit ikkje|ikkje kjent|ikkje oppgjeve|ikkje oppgitt|ukjend|ikke bestemt|ikke avklart|uavklart|ikke afklaret|uafklaret
ikke relevant|ikkje relevant|ikke aktuelt|ikke aktuell|ikke oplyst|ikke opplyst|ingen opplysninger|ingen oplysninger
ingen data|mangler|ingen enna|ingen endnu|ikke enna|ikke endnu|kommer senere|bestemmes senere|besluttes senere|tomt felt
unbekannt|nicht bekannt|noch nicht bekannt|keine angabe|keine angaben|ohne angabe|nicht angegeben|nicht verfugbar
nicht zutreffend|entfallt|nicht relevant|noch offen|unklar|keine daten|keine information|keine informationen
weiss nicht|noch nicht|noch keine|noch keiner|noch unbekannt|folgt|wird nachgereicht|zu bestimmen|nicht festgelegt|leer
k. angabe|fehlt
ei tiedossa|ei tietoa|tuntematon|ei tiedeta|ei saatavilla|ei maaritelty|ei ilmoitettu|en tieda|emme tieda|puuttuu
ei sovellu|ei sovelleta|ei viela|ei viela tiedossa|ei olennainen|ei relevantti|tyhja|myohemmin|ei viela yhtaan
onbekend|niet bekend|nog niet bekend|niet van toepassing|niet opgegeven|niet beschikbaar|niet ingevuld|geen gegevens
geen opgave|geen informatie|weet niet|weet ik niet|nog geen|nog niet|nog te bepalen|nader te bepalen|ntb|volgt
ontbreekt|leeg|nihil|nvt|notk|nog onbekend
inconnu|inconnue|inconnus|inconnues|pas connu|non connu|non connue|non renseigne|non renseignee|non precise
non precisee|non specifie|non specifiee|non communique|non disponible|non applicable|sans objet|non defini|non definie
non determine|indetermine|a definir|a determiner|a preciser|a confirmer|a venir|ne sait pas|je ne sais pas|aucune idee
pas encore|aucun pour l'instant|aucune pour l'instant|aucune information|aucune donnee|manquant|vide|neant|nsp
desconocido|desconocida|desconocidos|no conocido|no se sabe|no se conoce|no sabe|no disponible|no aplica|no aplicable
no procede|no especificado|no indicado|no consta|no definido|sin datos|sin informacion|sin especificar|sin definir
por definir|por determinar|por confirmar|pendiente|aun no|todavia no|ninguno todavia|ninguno aun|falta|vacio
desconhecido|desconhecida|nao conhecido|nao sabe|nao se sabe|nao sei|nao disponivel|nao aplicavel|nao se aplica
nao especificado|nao informado|nao indicado|nao definido|sem dados|sem informacao|a definir|por definir|a determinar
a confirmar|pendente|ainda nao|nenhum ainda|em falta|vazio
sconosciuto|sconosciuta|ignoto|non noto|non nota|non conosciuto|non disponibile|non applicabile|non specificato
non indicato|non definito|non so|non si sa|nessun dato|nessuna informazione|da definire|da determinare|da confermare
da stabilire|in attesa|non ancora|ancora nessuno|manca|mancante|vuoto
nieznany|nieznana|nieznane|nie wiadomo|nie wiem|nie dotyczy|nie podano|nieokreslony|nieokreslone|nie okreslono
brak danych|brak informacji|brak odpowiedzi|niedostepne|niedostepny|do ustalenia|do uzgodnienia|do potwierdzenia
do okreslenia|jeszcze nie|jeszcze brak|jeszcze nieznane|puste
неизвестно|неизвестен|не известно|нет данных|н/д|не указано|не применимо|невідомо|не відомо|немає даних|не вказано
"""
_NONE = """
none|nothing|no one|nobody|nowhere|no markets|no countries|none at all|none known|no exclusions|not any|nope
inga|inget|ingen|ingenting|inga alls|nej|ingenstans|inga kanda|inga undantag|inga marknader
ingen kjente|nei|ingenting|intet|nej|ikke noe|ikke noen|ikkje noko|ingen kendte|ingen steder
keine|keiner|keines|kein|nichts|nein|nirgends|keine bekannt
ei|ei mitaan|ei mikaan|ei yhtaan|ei ketaan|ei missaan
geen|niets|niemand|nee|nergens|geen enkele
aucun|aucune|aucuns|rien|non|personne|nulle part
ninguno|ninguna|ningunos|nada|nadie
nenhum|nenhuma|nenhuns|nao|ninguem
nessuno|nessuna|nessun|niente
brak|zaden|zadne|zadna|nic|nie|nikt
"""
_SIGNS = re.compile(r"[\W_]*")
_EDGES = " \t.,;:!?*()[]{}<>\"'`\u00b4\u201c\u201d\u2018\u2019\u2013\u2014-_=~#"


def _words(listed: str) -> frozenset[str]:
    return frozenset(word for line in listed.strip().splitlines() for word in line.split("|"))


def _abbreviations() -> frozenset[str]:
    forms = set(_PLAIN_ABBREVIATIONS)
    for letters in _ABBREVIATIONS:
        forms |= {mark.join(letters) for mark in ("/", ".", "-", "\\", ". ", " / ")}
        forms |= {".".join(letters) + ".", ". ".join(letters) + "."}
    return frozenset(forms)


_KNOWN_WORDS = _words(_WORDS)
_KNOWN_NONE = _words(_NONE)
_KNOWN_ABBREVIATIONS = _abbreviations()


@kept(4096)
def _short_key(text: str) -> str:
    plain = unicodedata.normalize("NFKC", trimmed(text))
    return " ".join(plain_letters(plain).split())


LONGEST = 40
"""Characters of the longest text that is looked up: what is longer says something."""


def is_not_known(text: str) -> bool:
    """Say whether a whole text stands for *not known*: `N/A`, `-`, `?`, `okänt`, `TBD`, `k.A.`; not an empty one."""
    if len(text) > LONGEST:
        return False
    key = _short_key(text)
    if not key:
        return False
    if _is_only_signs(key) or key in _KNOWN_ABBREVIATIONS:
        return True
    bare = key.strip(_EDGES)
    return bare in _KNOWN_WORDS or bare in _KNOWN_ABBREVIATIONS


def means_none(text: str) -> bool:
    """Say whether a whole text, where a list is asked for, says that there is nothing to list: `none`, `inga`."""
    return len(text) <= LONGEST and _short_key(text).strip(_EDGES) in _KNOWN_NONE


def _is_only_signs(key: str) -> bool:
    # Emoji and other symbols mean something; dashes, points, question marks and the like do not.
    return _SIGNS.fullmatch(key) is not None and all(
        unicodedata.category(one)[0] == "P" or one in " =~+|^`\u00b4<>\u00a8\u2212" for one in key
    )


def has_no_value(text: str) -> bool:
    """Say whether a whole text that is no name stands for *not known* or for *none*."""
    return is_not_known(text) or means_none(text)
