"""Whose a host is: this machine's own, or one that strangers to each other share."""

from __future__ import annotations

from ipaddress import ip_address

_MAIL_PROVIDERS_WORDS = (
    "gmail.com googlemail.com outlook.com outlook.de hotmail.com hotmail.se hotmail.no hotmail.dk hotmail.de "
    "hotmail.fi hotmail.co.uk hotmail.fr live.com live.se live.no live.dk msn.com yahoo.com yahoo.se yahoo.no "
    "yahoo.dk yahoo.de yahoo.fr yahoo.co.uk icloud.com me.com mac.com aol.com proton.me protonmail.com pm.me "
    "tutanota.com fastmail.com zoho.com mailbox.org posteo.de freenet.de gmx.de gmx.net gmx.at gmx.ch web.de "
    "t-online.de telia.com telia.se bredband.net comhem.se spray.se online.no mail.dk kolumbus.fi luukku.com "
    "mail.ru yandex.ru ukr.net i.ua bigmir.net wp.pl onet.pl o2.pl interia.pl seznam.cz free.fr orange.fr "
    "laposte.net libero.it qq.com 163.com mail.com "
)
MAIL_PROVIDERS = frozenset(_MAIL_PROVIDERS_WORDS.split())
"""Domains of mail providers: whoever has an address there shares nothing with the others."""

_SHARED_HOSTS_WORDS = (
    "facebook.com linkedin.com instagram.com twitter.com x.com youtube.com google.com sites.google.com "
    "wordpress.com wixsite.com github.io github.com linktr.ee notion.site webnode.se squarespace.com allabolag.se "
    "europages.com "
)
SHARED_HOSTS = frozenset(_SHARED_HOSTS_WORDS.split())
"""Hosts where many organisations have a page."""


def is_loopback(host: str) -> bool:
    """Say whether a host's name or address is this machine's own; RFC 6761 keeps names below `localhost` for it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
