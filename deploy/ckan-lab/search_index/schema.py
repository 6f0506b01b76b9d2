"""CKAN's own schema.xml, read: which fields exist, of which kind, and what a document becomes when indexed.

Guarantees that a document Solr would refuse for its shape (two values in a single-valued field, a missing
required field, a date that is none, an over-long term) is refused here too. Leaves to query.py how terms are
matched. Analysis is simpler than Solr's: words and numbers, lower case, without accents, plural s removed.
"""
import fnmatch
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from datetime import datetime, timezone

LONGEST_TERM = 32766
WORD = re.compile(r"[a-z]+|[0-9]+|[^\W\da-z_]+")
DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?")


class Refused(Exception):
    """What Solr answers with 400 and a message."""


@dataclass(frozen=True)
class Field:
    kind: str  # text, ngram, date, number or string
    multiple: bool
    stored: bool
    indexed: bool
    required: bool
    default: str | None


@dataclass
class Document:
    key: str
    source: dict
    values: dict = field(default_factory=dict)
    terms: dict = field(default_factory=dict)

    def first(self, name):
        return self.values.get(name, [None])[0]


def singular(word):
    """The three rules of Harman's S stemmer."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word


def words(text):
    folded = unicodedata.normalize("NFKD", text.lower())
    return [singular(w) for w in WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))]


def terms(kind, values):
    """What a query is compared with: words of text, whole values of all else."""
    if kind == "text":
        return [word for value in values for word in words(value)]
    return [value.lower() for value in values] if kind == "ngram" else values


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")[:-6]


class Schema:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.xml = file.read()
        root = ElementTree.fromstring(self.xml)
        self._types = {t.get("name"): t for t in root.iter() if t.tag.lower() == "fieldtype"}
        self.fields = {e.get("name"): self._field(e) for e in root.iter("field")}
        # As in Solr, the longest pattern decides.
        self._patterns = sorted(
            ((e.get("name"), self._field(e)) for e in root.iter("dynamicField")), key=lambda p: -len(p[0])
        )
        self._copies = [(c.get("source"), c.get("dest")) for c in root.iter("copyField")]
        self.key = root.findtext("uniqueKey")

    def _field(self, element):
        of_type = self._types[element.get("type")]
        name, java = of_type.get("name"), of_type.get("class")
        kind = "string"
        if java.endswith("TextField"):
            kind = "ngram" if "ngram" in name else "text"
        elif "Date" in java:
            kind = "date"
        elif "Point" in java:
            kind = "number"

        def flag(attribute, otherwise):
            return element.get(attribute, of_type.get(attribute, otherwise)) == "true"

        return Field(
            kind=kind,
            multiple=flag("multiValued", "false"),
            stored=flag("stored", "true"),
            indexed=flag("indexed", "true"),
            required=flag("required", "false"),
            default=element.get("default"),
        )

    def field(self, name):
        if name in self.fields:
            return self.fields[name]
        for pattern, found in self._patterns:
            if fnmatch.fnmatchcase(name, pattern):
                return found
        raise Refused(f"undefined field {name}")

    def document(self, source):
        document = Document(str(source.get(self.key, "")), source)
        for name, value in source.items():
            values = [v for v in (value if isinstance(value, list) else [value]) if v is not None]
            if values:
                document.values[name] = self._checked(document.key, name, values)
        for name, found in self.fields.items():
            if found.default == "NOW":
                document.values.setdefault(name, [now()])
            if found.required and name not in document.values:
                raise Refused(f"[doc={document.key}] missing required field: {name}")
        given = list(document.values.items())
        for pattern, target in self._copies:
            for name, values in given:
                if name != target and fnmatch.fnmatchcase(name, pattern):
                    document.values[target] = document.values.get(target, []) + values
        document.terms = {
            name: terms(self.field(name).kind, values)
            for name, values in document.values.items()
            if self.field(name).indexed
        }
        return document

    def _checked(self, key, name, values):
        found = self.field(name)
        if len(values) > 1 and not found.multiple:
            raise Refused(f"ERROR: [doc={key}] multiple values encountered for non multiValued field {name}: {values}")
        return [self._value(key, name, found, value) for value in values]

    @staticmethod
    def _value(key, name, found, value):
        if isinstance(value, dict):
            raise Refused(f"ERROR: [doc={key}] unable to index a nested object in field {name}")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if found.kind == "date":
            # Kept to the millisecond, as in Solr, and without its Z: then texts compare as the times do.
            moment = DATE.fullmatch(text.removesuffix("Z").removesuffix("+00:00"))
            if not moment:
                raise Refused(f"ERROR: [doc={key}] Error adding field '{name}'='{value}' msg=Invalid Date String:'{value}'")
            fraction = (moment[2] or "").ljust(3, "0")[:3]
            text = moment[1] + (f".{fraction}" if fraction != "000" else "")
        elif found.kind == "number":
            try:
                float(text)
            except ValueError:
                refusal = f"ERROR: [doc={key}] Error adding field '{name}'='{value}' msg=For input string: \"{value}\""
                raise Refused(refusal) from None
        elif found.kind == "string" and found.indexed and len(text.encode()) > LONGEST_TERM:
            raise Refused(
                f"Exception writing document id {key} to the index; possible analysis error: Document contains at "
                f'least one immense term in field="{name}" (whose UTF8 encoding is longer than the max length {LONGEST_TERM})'
            )
        return text

    def stored(self, document, wanted):
        """The fields of a document as a search answers them; wanted is None for all."""
        shown = {}
        for name, values in document.values.items():
            found = self.field(name)
            if found.stored and (wanted is None or name in wanted):
                out = [v + "Z" for v in values] if found.kind == "date" else values
                shown[name] = out if found.multiple else out[0]
        return shown
