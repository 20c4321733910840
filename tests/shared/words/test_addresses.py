"""Mail addresses: what is taken, as which address it is sent, and what a person is told of the rest."""

from __future__ import annotations

import pytest
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
from hypothesis import example, given
from hypothesis import strategies as st

from shared.words.addresses import AddressError, read_address, read_named_address

SHARP, PLAIN = "kontakt@gro\u00dfstadt.example", "kontakt@grossstadt.example"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("kari@sykehus.no", "kari@sykehus.no"),
        ("C001@sample.invalid", "C001@sample.invalid"),
        ("kari@sjukhus.test", "kari@sjukhus.test"),
        ("kari@post.sykehus.local", "kari@post.sykehus.local"),
        ("info@smörgås.se", "info@xn--smrgs-pra0j.se"),
        ("info@SMÖRGÅS.SE", "info@xn--smrgs-pra0j.se"),
        ("info@smo\u0308rga\u030as.se", "info@xn--smrgs-pra0j.se"),
        ("o'brien+x@a-b.example", "o'brien+x@a-b.example"),
        ("jürgen@klinik.example", "jürgen@klinik.example"),
        (SHARP, "kontakt@xn--grostadt-sya.example"),
        ("kontakt@GRO\u1e9eSTADT.example", "kontakt@xn--grostadt-sya.example"),
        ("kontakt@xn--grostadt-sya.example", "kontakt@xn--grostadt-sya.example"),
        (PLAIN, PLAIN),
        ("info@\u03b2\u03cc\u03bb\u03bf\u03c2.example", "info@xn--nxasmm1c.example"),
        ("Info@Sykehus.NO", "Info@sykehus.no"),
        ("\u200b\ufeffb@exempel.example", "b@exempel.example"),
        ("a@exempel.example\u200b \u00a0", "a@exempel.example"),
        ("a" * 64 + "@b.no", "a" * 64 + "@b.no"),
    ],
)
def test_an_address_is_sent_to_as_it_is_written(written: str, sent: str) -> None:
    assert read_address(written).sent == sent


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "empty"),
        ("kari", "no mail address"),
        ("@sykehus.no", "before the @"),
        ("kari@", "after the @"),
        ("kari@sykehus", "after the @"),
        ("kari@@sykehus.no", "before the @"),
        (".kari@sykehus.no", "before the @"),
        ("kari.@sykehus.no", "before the @"),
        ("ka..ri@sykehus.no", "before the @"),
        ("kari@syke..hus.no", "after the @"),
        ("kari@-sykehus.no", "after the @"),
        ("kari@127.0.0.1", "after the @"),
        ("kari@xn--a.no", "after the @"),
        ("kari@\u2603.no", "after the @"),
        ("kari sykehus@a.no", "space"),
        ("ka\u200bri@sykehus.no", "U+200B ZERO WIDTH SPACE at position 3"),
        ("kari@syke\u00adhus.no", "U+00AD SOFT HYPHEN at position 10"),
        ("kari@fa\u00df\u200d.no", "U+200D ZERO WIDTH JOINER"),
        ("kari@a\u202e.no", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("k\x00@a.no", "U+0000 at position 2"),
        ("kari@a.no\r\nBcc: x@y.no", "more than one"),
        ("kari@a.no, eve@b.no", "more than one"),
        ("kari@a.no;eve@b.no", "more than one"),
        ("kari@a.no\neve@b.no", "more than one"),
        ("kari@a.no/eve@b.no", "more than one"),
        ("Kari <kari@a.no>", "not an address alone"),
        ("kari\uff20a.no", "in place of @"),
        ('"kari nordmann"@a.no', "space"),
        ('"kari"@a.no', "quotation marks"),
        ("kari@[127.0.0.1]", "number in place of a domain"),
        ("kari@[IPv6:::1]", "number in place of a domain"),
        ("kari@\uff41.no", "stand for others"),
        ("kari@\u2116.no", "stand for others"),
        ("kari@a\u3002no", "stand for others"),
        ("a" * 65 + "@b.no", "at most 64"),
        ("ö" * 33 + "@b.no", "at most 64"),
        ("a@" + ".".join(["b" * 63] * 4), "254 in all"),
        ("@ " * 100_000, "at most 64"),
    ],
)
def test_what_is_no_address_is_refused_in_words_for_people_that_do_not_repeat_it(
    written: str, told: str
) -> None:
    with pytest.raises(AddressError) as refused:
        read_address(written)
    assert told in str(refused.value)
    assert not written or written not in str(refused.value)
    assert refused.value.fix


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("kari@a.no", "", "kari@a.no"),
        ("<kari@a.no>", "", "kari@a.no"),
        ("mailto:kari@a.no", "", "kari@a.no"),
        ("Kari Nordmann <kari@a.no>", "Kari Nordmann", "kari@a.no"),
        ("Kari Nordmann <mailto:kari@a.no>", "Kari Nordmann", "kari@a.no"),
        ("Kari Nordmann [mailto:kari@a.no]", "Kari Nordmann", "kari@a.no"),
        ('"Nordmann, Kari" <kari@a.no>', "Nordmann, Kari", "kari@a.no"),
        ("Nordmann, Kari (post) <kari@a.no>", "Nordmann, Kari (post)", "kari@a.no"),
        (r'"Kari \"K\" Nordmann" <kari@a.no>', 'Kari "K" Nordmann', "kari@a.no"),
        ("'Kari' <kari@a.no>\u200b", "Kari", "kari@a.no"),
        ("\u00c5sa @ Hj\u00e4rtat <asa@a.no>", "Åsa @ Hjärtat", "asa@a.no"),
        ("Kari Nordmann, kari@a.no", "Kari Nordmann", "kari@a.no"),
        ("Nordmann, Kari; kari@a.no", "Nordmann, Kari", "kari@a.no"),
        ("Kari Nordmann\nkari@a.no", "Kari Nordmann", "kari@a.no"),
        ("kari@a.no (Kari Nordmann)", "Kari Nordmann", "kari@a.no"),
        ("kari@a.no, Kari Nordmann", "Kari Nordmann", "kari@a.no"),
        ("E-post: kari@a.no", "", "kari@a.no"),
        ("mail:kari@a.no", "", "kari@a.no"),
        ("kari@a.no; Kari@a.no", "", "kari@a.no"),
    ],
)
def test_a_name_beside_an_address_is_taken_apart_from_it(written: str, name: str, address: str) -> None:
    read = read_named_address(written)
    assert (read.name, read.address.written) == (name, address)


@pytest.mark.parametrize(
    "written",
    [
        "A <a@b.no>, B <c@d.no>", "a@b.no <c@d.no>", "Nobody <nobody>", "a@b.no\r\nBcc: c@d.no", "<>",
        "kari nordmann@a.no", "kari,nordmann@a.no", "kari@a.no, b.no", "kari@a.no, 070-123", "Bcc: kari@a.no",
        "kari@a.no; eve@a.no",
    ],
)  # fmt: skip
def test_a_name_beside_no_address_or_two_is_refused(written: str) -> None:
    with pytest.raises(AddressError):
        read_named_address(written)


LOCAL = st.text(
    st.sampled_from("abzÅäøß09.+-_'!#%&`{|}~ \"(),:;<>@[]\\\u200b\u0301\u00a0\uff20æ"), max_size=70
)
LABELS = st.lists(
    st.text(st.sampled_from("abZÅäøßς09-_\u200d\u0308\uff41æ。"), max_size=64), min_size=1, max_size=5
)
ADDRESSES = st.builds(lambda local, labels: f"{local}@{'.'.join(labels)}", LOCAL, LABELS) | st.emails()


@given(ADDRESSES)
@example("jürgen@klinik.example")
@example(SHARP)
def test_what_is_taken_a_mail_server_takes_and_is_taken_again_as_it_was_read(written: str) -> None:
    try:
        address = read_address(written)
    except AddressError:
        return
    server = SMTP(Sink(), enable_SMTPUTF8=True)
    assert server._getaddr(f"<{address.sent}>") == (address.sent, "")
    assert read_address(address.written) == address
    assert read_address(address.sent).sent == address.sent
    assert read_named_address(f'"A, B" <{address.written}>').address == address
