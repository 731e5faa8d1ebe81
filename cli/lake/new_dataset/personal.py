"""Which columns look like data of persons: by their name, or because nearly all their values have such a form.

What counts is the short list of Presidio (https://microsoft.github.io/presidio/supported_entities), whose recognizers
would take a language model of half a gigabyte; here are patterns and checksums only. A suspicion, and no proof.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable

NEARLY_ALL = 0.8
# Words of a column's name, or two together. A bare "name" is of a person; a "product_name" is not.
WORDS = {
    "email": ("email", "e_mail", "mail", "courriel", "correo"),
    "phone": ("phone", "telephone", "mobile", "telefon", "handy", "fax", "telefono"),
    "name": (
        *("first_name", "last_name", "full_name", "firstname", "lastname", "fullname", "surname", "forename"),
        *("vorname", "nachname", "prenom", "apellido", "passenger_name", "customer_name", "patient_name"),
    ),
    "address": ("address", "street", "adresse", "strasse", "direccion", "rue"),
    "birth date": ("birth", "birthday", "birthdate", "dob", "geburtsdatum", "geburtstag", "naissance"),
    "identity number": ("ssn", "passport", "social_security", "tax_id", "national_id", "iban"),
    "card number": ("card_number", "creditcard", "credit_card", "pan"),
    "IP address": ("ip", "ip_address", "ipaddress"),
}
# https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address, with a dot in the domain
_EMAIL = re.compile(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+")
# International form, at most 15 digits: https://www.itu.int/rec/T-REC-E.164
_PHONE = re.compile(r"\+[0-9][0-9 ()/.-]{6,20}")
# Country, two check digits, account: https://www.swift.com/standards/data-standards/iban-international-bank-account-number
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"[0-9][0-9 -]{11,22}")  # 12 to 19 digits of ISO/IEC 7812


def suspected(name: str, values: Iterable[str]) -> str | None:
    """What a column may tell of a person; None where nothing says so.

    Args:
        name: valid, such as ``birth_date``.
        values: its distinct values as text.
    """
    if name == "name":
        return "name"
    for kind, words in WORDS.items():
        if any(f"_{word}_" in f"_{name}_" for word in words):
            return kind
    found = list(values)[:1000]
    for kind, looks in FORMS.items():
        if len(found) >= 5 and sum(looks(value) for value in found) / len(found) >= NEARLY_ALL:
            return kind
    return None


def _address_of_ip(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _card(text: str) -> bool:
    """By the digits' checksum (Luhn, ISO/IEC 7812-1), which one number in ten has by chance."""
    digits = [int(letter) for letter in reversed(text) if letter.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return bool(_CARD.fullmatch(text)) and 12 <= len(digits) <= 19 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    """By its checksum, which is that of ISO/IEC 7064."""
    compact = text.replace(" ", "")
    turned = compact[4:] + compact[:4]
    return bool(_IBAN.fullmatch(compact)) and int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


FORMS: dict[str, Callable[[str], bool]] = {
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "phone": lambda text: _PHONE.fullmatch(text) is not None,
    "IP address": _address_of_ip,
    "card number": _card,
    "identity number": _iban,
}
