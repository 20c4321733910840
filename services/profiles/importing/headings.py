"""What people call the columns of a register, in the languages of the trade: which heading means which field."""

from __future__ import annotations

from collections.abc import Mapping

from services.profiles.importing.columns import COLUMNS, REQUIRED
from services.profiles.organisations.domain.codes import COMPANIES, PARTNERS
from shared.sheets.headings import Headings, heading_key

_BOTH: Mapping[str, str] = {
    "id": "id number, identifier, identitet, medlemsnummer, medlemsnr, medlems-id, medlem nr, member id, "
    "member number, member no, membership number, kundnummer, kundnr, customer number, företags-id, company id, "
    "partner id, medlemsnummer id, id-nummer, id nr",
    "name": "namn, organisation, organisationsnamn, organization, organisation name, organization name, navn, "
    "organisasjon, organisasjonsnavn, full name, nimi",
    "country": "land, hemland, country name, landkod, country code, nation, maa",
    "city": "ort, stad, postort, hemort, town, place, location, by, poststed, sted, kaupunki, paikkakunta",
    "website": "webbplats, webb, webbsida, webbadress, hemsida, hemsideadress, url, web, web site, web page, webpage, "
    "homepage, home page, nettside, nettsted, hjemmeside, internetadress, länk, webseite, www",
    "kind": "typ, slag, type, organisationstyp, type of organisation, type of organization, organisation type, "
    "organization type, art",
    "focus_areas": "fokusområden, fokusområde, focus area, focus areas, fokus, focus, fokusområder, satsningsområden, "
    "områden, teman",
    "languages": "språk, talade språk, språkkunskaper, languages spoken, spoken languages, talte språk, sprog",
    "language": "språk i beskrivningen, beskrivningens språk, textens språk, textspråk, language of the description, "
    "language of the text, språkkod, language code",
    "partnership_kinds": "samarbetsform, samarbetsformer, typ av samarbete, slags samarbete, partnerskap, "
    "partnership kind, partnership type, partnership types, kind of partnership, type of partnership, samarbeidsform, "
    "samarbeidsformer, samarbejdsform, samarbejdsformer",
    "employees": "anställda, antal anställda, medarbetare, antal medarbetare, number of employees, no of employees, "
    "staff, headcount, mitarbeiter, ansatte, antall ansatte, antal ansatte, medarbejdere",
    "capacity": "kapacitet, introduktioner per år, introductions per year, kapasitet",
    "contact_name": "kontaktperson, kontakt, kontaktnamn, kontaktpersonens namn, namn på kontaktperson, "
    "kontaktpersons namn, contact, contact name, "
    "contact person, name of contact, kontaktpersoner, ansprechpartner",
    "contact_email": "e-post, mejl, mail, e-mail, e-postadress, mejladress, mailadress, mail address, email address, "
    "kontakt e-post, kontaktens e-post, kontaktpersonens e-post, e-post kontaktperson, kontaktmejl, kontakt mail, "
    "contact mail, contact e-mail address, epostadresse, e-mail-adresse, sähköposti, kontaktuppgift e-post, "
    "e-post till kontaktperson, mail till kontaktperson, email of contact, contact email address",
    "contact_phone": "telefon, telefonnummer, tel, telnr, tfn, phone, phone number, telephone, telephone number, "
    "kontakttelefon, kontakt telefon, kontaktpersonens telefon, telefon kontaktperson, contact telephone, "
    "mobil, mobiltelefon, mobilnummer, mobilnr, mobile, mobile phone, mobile number, cell phone, tlf, puhelin",
    "contact_language": "kontaktspråk, kontaktens språk, mejlspråk, språk i mejl, språk i brev, "
    "language of mails, mail language, correspondence language, korrespondensspråk",
}
_WEAKER = (
    "mobil, mobiltelefon, mobilnummer, mobilnr, mobile, mobile phone, mobile number, cell phone, produkter, "
    "erbjudande, "
    "produkter och tjänster, products, products and services, offer, offering, about, om företaget, kort beskrivning, "
    "kortfattad beskrivning, short description, brief description, vad ni erbjuder, vad ni gör, vad erbjuder ni, "
    "vad gör ni, vi erbjuder, what you offer, what do you offer, what you do, what we do, what we offer, "
    "tjänster, services, verksamhetsområde, affärsidé"
)
"""Headings that registers have beside the one that is meant."""

_COMPANIES: Mapping[str, str] = {
    "name": "företag, företagsnamn, företagets namn, bolag, bolagsnamn, firma, company, company name, name of company, "
    "medlemsföretag, member company, foretak, virksomhed, virksomhedsnavn, bedrift, bedriftsnavn, "
    "selskap, selskapsnavn, firmanavn, firmenname, unternehmen, yritys",
    "description": "beskrivning, företagsbeskrivning, beskrivning av verksamheten, verksamhet, verksamhetsbeskrivning, "
    "vad företaget gör, vad företaget erbjuder, erbjudande, produkter, produkter och tjänster, company description, "
    "description of company, about, about the company, om företaget, offer, offering, what the company offers, "
    "products, products and services, beskrivelse, virksomhetsbeskrivelse, virksomhedsbeskrivelse, beschreibung, "
    "beskrivelse af virksomheden, beskrivelse av virksomheten, beskrivelse av bedriften, kuvaus, "
    "beskrivning av företaget, företagets beskrivning, företagets verksamhet, description of the company, "
    "description of the business, business description, kort beskrivning, kortfattad beskrivning, short description, "
    "brief description, vad ni erbjuder, vad ni gör, vad erbjuder ni, vad gör ni, vi erbjuder, what you offer, "
    "what do you offer, what you do, what we do, what we offer, what the company does, tjänster, services, "
    "verksamhetsområde, affärsidé",
    "membership": "medlemskap, medlemstyp, medlemsstatus, medlemskategori, membership type, membership status, "
    "type of membership, member status, medlemsskab",
    "regulatory_status": "regulatorisk status, godkännanden, godkännande, certifieringar, ce-märkning, "
    "regulatory approvals, approvals, certifications, regulatory, godkjenninger, godkendelser",
    "evidence": "evidens, studier, studier och resultat, underlag, studies, results, studies and results, "
    "clinical evidence, klinisk evidens, evidence and studies",
    "stage": "mognad, mognadsgrad, fas, skede, stadium, maturity, readiness, development stage",
    "markets": "marknader, marknad, målmarknader, målmarknad, önskade marknader, exportmarknader, exportländer, "
    "intressanta marknader, market, target markets, target market, export markets, wanted markets, markeder, "
    "eksportmarkeder",
    "excluded_markets": "ej marknader, inte marknader, icke-marknader, uteslutna marknader, undantagna marknader, "
    "ej aktuella marknader, inte aktuella marknader, marknader ej, säljer inte i, säljer ej i, not markets, "
    "markets excluded, excluded market, no markets, markets not wanted, ikke markeder, uaktuelle markeder",
    "not_to_meet": "ska inte träffa, vill inte träffa, ej möten med, inte möta, not to meet partners, do not meet, "
    "should not meet",
    "existing_customers": "befintliga kunder, nuvarande kunder, kunder, customers, current customers, "
    "existing customer, eksisterende kunder",
}
_PARTNERS: Mapping[str, str] = {
    "name": "partner, partnernamn, partner name, vårdgivare, sjukhus, myndighet, hospital, institution, "
    "name of partner, name of organisation, name of organization, köpare, buyer",
    "need": "behov, behovsbeskrivning, beskrivning av behovet, beskrivning av behov, söker, vad de söker, "
    "vad partnern söker, needs, description of need, need description, looking for, looks for, what they need, "
    "what the partner looks for, behovsbeskrivelse, bedarf",
    "description": "beskrivning, om partnern, om organisationen, verksamhet, verksamhetsbeskrivning, about, "
    "partner description, description of partner, beskrivelse, beschreibung",
    "not_to_meet": "ska inte träffa, vill inte träffa, ej möten med, inte möta, do not meet, should not meet",
}
_OF_KIND = {COMPANIES: _COMPANIES, PARTNERS: _PARTNERS}


def headings_of(kind: str) -> Headings:
    """Return what the headings of a register of companies or partners mean."""
    fields: dict[str, str] = {}
    for table in (_BOTH, _OF_KIND[kind]):
        for name, synonyms in table.items():
            if name in COLUMNS[kind]:
                fields.update({heading_key(synonym): name for synonym in synonyms.split(",")})
    fields.update({heading_key(name): name for name in COLUMNS[kind]})
    return Headings(fields, REQUIRED[kind], frozenset(map(heading_key, _WEAKER.split(","))))
