"""The role a company would have in a match: supplier, study-visit host or knowledge partner. Roles are ranked apart."""

from __future__ import annotations

SUPPLIER = "supplier"
STUDY_VISIT_HOST = "study_visit_host"
KNOWLEDGE_PARTNER = "knowledge_partner"
ROLES = (SUPPLIER, STUDY_VISIT_HOST, KNOWLEDGE_PARTNER)
"""The roles in the order in which a report lists them."""

# Looked for from the top: a digital health cluster is a cluster, a hospital planning firm sells planning, and a
# university hospital receives visitors as a hospital.
_BY_WORDS = (
    (
        KNOWLEDGE_PARTNER,
        "cluster kluster institut science_park forskningspark innovation_hub testbed testbädd association "
        "branschorganisation nätverk network",
    ),
    (
        SUPPLIER,
        "manufactur tillverk digital software mjukvar distribut supplier leverantör architect arkitekt planning "
        "planering consult konsult engineer ingenjör contractor entreprenör construction vendor pharma läkemedel "
        "biotech medtech startup start-up",
    ),
    (
        STUDY_VISIT_HOST,
        "hospital sjukhus care vård omsorg clinic klinik region municipal kommun county property_owner fastighet "
        "real_estate public_building äldreboende",
    ),
    (KNOWLEDGE_PARTNER, "academ akademi universit högskol college research forskning laborator school"),
)


def role_of(kind: str) -> str:
    """Return the role that a company of this kind has; a kind that says nothing known is a supplier."""
    folded = "_".join(kind.casefold().split())
    return next(
        (role for role, words in _BY_WORDS if any(word in folded for word in words.split())), SUPPLIER
    )
