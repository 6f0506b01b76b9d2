"""The query languages CKAN uses, turned into a test of one document: Lucene's classic syntax, and dismax.

Guarantees Lucene's rules for AND, OR, NOT, + and -, groups, phrases, wildcards, ranges with NOW arithmetic, and
refuses what cannot be parsed as Solr does. Leaves out, with a refusal: local parameters ({!…}). Leaves out, in
silence: boosts, fuzziness, and boost functions, since relevance here is only a weighted count of matches.
"""
import re
from datetime import datetime, timedelta, timezone

from schema import Refused, words

SPACE = re.compile(r"\s*")
AND_OR = re.compile(r"(?:AND|OR)(?=[\s(]|$)|&&|\|\|")
NOT = re.compile(r"NOT(?=[\s(])|!|-")
FIELD = re.compile(r"((?:\\.|[\w*])(?:\\.|[\w.*-])*)\s*:\s*(?=\S)")
PHRASE = re.compile(r'"((?:\\.|[^"\\])*)"')
RANGE = re.compile(r'([\[{])\s*("[^"]*"|\S+)\s+TO\s+("[^"]*"|[^\s\]}]+)\s*([\]}])')
TERM = re.compile(r'(?:\\.|[^\s\\()\[\]{}":^~])+')
WEIGHT = re.compile(r"[\^~][\d.]*")
MOMENT = re.compile(r"NOW(?:/\w+)?(?:([+-]\d+)(MINUTE|HOUR|DAY|WEEK|MONTH|YEAR)S?)?")
MINUTES = {"MINUTE": 1, "HOUR": 60, "DAY": 1440, "WEEK": 10080, "MONTH": 43200, "YEAR": 525600}
DISMAX_CLAUSE = re.compile(r'([+-]?)(?:"([^"]*)"|(\S+))')
MUST, SHOULD, MUST_NOT = "must", "should", "must not"


def unescaped(text):
    return re.sub(r"\\(.)", r"\1", text)


class Lucene:
    def __init__(self, schema, text, operator="OR", field="text"):
        self.schema, self.text, self.operator, self.field, self.at = schema, text, operator, field, 0

    def test(self):
        """A function that says whether a document matches."""
        if "{!" in self.text:
            raise Refused("local parameters are not supported by the lab's search index")
        return self._clauses(self.field, outermost=True)

    def _take(self, pattern):
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def _refuse(self):
        raise Refused(
            f"org.apache.solr.search.SyntaxError: Cannot parse '{self.text}': unexpected input at column {self.at}"
        )

    def _clauses(self, field, outermost=False):
        clauses, joined_by = [], None
        while True:
            self._take(SPACE)
            if self.at == len(self.text):
                if not outermost:
                    self._refuse()
                break
            if self.text[self.at] == ")":
                if outermost:
                    self._refuse()
                self.at += 1
                break
            joint = self._take(AND_OR)
            if joint:
                joined_by = "AND" if joint[0] in ("AND", "&&") else "OR"
                continue
            negative, required = self._take(NOT), self.text.startswith("+", self.at)
            if required:
                self.at += 1
            self._take(SPACE)
            matches = self._clause(field)
            self._take(WEIGHT)
            if matches is None:
                continue
            # The classic parser looks back: `a OR b` makes both optional, `a AND b` both required.
            if clauses and joined_by and clauses[-1][0] != MUST_NOT:
                if joined_by == "AND":
                    clauses[-1][0] = MUST
                elif self.operator == "AND":
                    clauses[-1][0] = SHOULD
            if negative:
                occurs = MUST_NOT
            elif self.operator == "AND":
                occurs = SHOULD if joined_by == "OR" else MUST
            else:
                occurs = MUST if required or joined_by == "AND" else SHOULD
            clauses.append([occurs, matches])
            joined_by = None
        return combined(clauses, empty_matches=outermost)

    def _clause(self, field):
        named = self._take(FIELD)
        if named:
            field = unescaped(named[1])
        if self.text.startswith("(", self.at):
            self.at += 1
            return self._clauses(field)
        between = self._take(RANGE)
        if between:
            return self._between(field, between)
        phrase = self._take(PHRASE)
        if phrase:
            return containing(self.schema, field, unescaped(phrase[1]))
        term = self._take(TERM)
        if not term:
            self._refuse()
        if re.search(r"(?<!\\)[*?]", term[0]):
            return self._like(field, term[0])
        return containing(self.schema, field, unescaped(term[0]))

    def _like(self, field, pattern):
        if field == "*" and pattern == "*":
            return lambda document: True
        kind = self.schema.field(field).kind
        if pattern == "*":
            return lambda document: bool(document.terms.get(field))
        pattern = pattern.lower() if kind in ("text", "ngram") else pattern
        parts = re.findall(r"\\.|.", pattern, re.DOTALL)
        wild = re.compile("".join({"*": ".*", "?": "."}.get(p, re.escape(p[-1])) for p in parts), re.DOTALL)
        return lambda document: any(wild.fullmatch(t) for t in document.terms.get(field, ()))

    def _between(self, field, match):
        kind = self.schema.field(field).kind

        def bound(text):
            text = unescaped(text.strip('"'))
            if text == "*":
                return None
            try:
                return self._moment(text) if kind == "date" else float(text) if kind == "number" else text
            except ValueError:
                raise Refused(f"Invalid Number: {text}") from None

        low, high = bound(match[2]), bound(match[3])
        from_low, to_high = match[1] == "[", match[4] == "]"

        def within(term):
            value = float(term) if kind == "number" else term
            above = low is None or value > low or (from_low and value == low)
            return above and (high is None or value < high or (to_high and value == high))

        return lambda document: any(within(t) for t in document.terms.get(field, ()))

    @staticmethod
    def _moment(text):
        relative = MOMENT.fullmatch(text)
        if not relative:
            return text.removesuffix("Z")
        minutes = int(relative[1]) * MINUTES[relative[2]] if relative[1] else 0
        return (datetime.now(timezone.utc) + timedelta(minutes=minutes)).isoformat(timespec="milliseconds")[:-6]


def combined(clauses, empty_matches):
    must, should, must_not = ([test for o, test in clauses if o == kind] for kind in (MUST, SHOULD, MUST_NOT))

    def matches(document):
        if must:
            wanted = all(test(document) for test in must)
        else:
            # Only negative clauses: Solr answers all other documents, but only for a whole query.
            wanted = any(test(document) for test in should) if should else empty_matches
        return wanted and not any(test(document) for test in must_not)

    return matches


def containing(schema, field, text):
    """Documents with this value, or with these words next to each other; None if there is no word in it."""
    kind = schema.field(field).kind
    if kind == "ngram":
        parts = text.lower().split()
        return lambda document: any(all(p in t for p in parts) for t in document.terms.get(field, ()))
    if kind == "date":
        text = text.removesuffix("Z")
    if kind != "text":
        return lambda document: text in document.terms.get(field, ())
    sought = words(text)
    if not sought:
        return None

    def matches(document):
        terms = document.terms.get(field, ())
        if len(sought) == 1:
            return sought[0] in terms
        return any(terms[i : i + len(sought)] == sought for i, term in enumerate(terms) if term == sought[0])

    return matches


def enough(rule, count):
    """How many of `count` optional clauses must match, by a rule such as `2<-1 5<80%`."""
    need = str(count)
    for part in rule.split():
        above, _, then = part.rpartition("<")
        if above and count <= int(above):
            break
        need = then
    share = need.endswith("%")
    number = int(int(need[:-1]) * count / 100) if share else int(need)
    return max(0, min(count, count + number if number < 0 else number))


def dismax(schema, text, fields, rule, tie):
    """A function from a document to its score: above 0 if it matches."""
    weighted = [(name, float(weight or 1)) for name, _, weight in (f.partition("^") for f in fields.split())]
    optional, required, forbidden = [], [], []
    for sign, phrase, word in DISMAX_CLAUSE.findall(text):
        tests = [(containing(schema, name, phrase or word), weight) for name, weight in weighted]
        tests = [(test, weight) for test, weight in tests if test]
        if tests:
            {"": optional, "+": required, "-": forbidden}[sign].append(tests)
    need = enough(rule, len(optional))

    def weight_of(tests, document):
        hits = sorted((weight for test, weight in tests if test(document)), reverse=True)
        return hits[0] + tie * sum(hits[1:]) if hits else 0.0

    def score(document):
        if any(weight_of(tests, document) for tests in forbidden):
            return 0.0
        needed = [weight_of(tests, document) for tests in required]
        other = [weight_of(tests, document) for tests in optional]
        if not all(needed) or sum(1 for w in other if w) < need:
            return 0.0
        return sum(needed) + sum(other) or 1.0

    return score
