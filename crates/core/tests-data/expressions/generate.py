#!/usr/bin/env python3
"""Writes cases.txt: expressions, values, and what CPython says of them.

Run it with Python 3.11; it writes the same file every time. A line is one expression and its values, separated by tabs:

    KIND  EXPRESSION  VERDICT...

KIND is `m` (the module re, searched for), `i` (the same without regard to case) or `g` (a glob: the module fnmatch). A
verdict is `+VALUE` (matches), `-VALUE` (does not match) or `error` (Python refuses the expression). Control characters,
`%` and bytes that are not UTF-8 are written %XX. To the module re such a byte is the private character U+10FF00 + byte.
"""

import fnmatch
import pathlib
import random
import re
import signal
import warnings

SEED = 20261124
PATTERNS = 2600
BROKEN = 700
GLOBS = 700

LETTERS = "aaabbbcAB01_-. /"
RARE = "éÉßſKkIıİiσςΣµμ²٣\u0301‿\x1c\x85\u2028\n\n😀ΐΐåÅZz\t\x0b"
OTHER = "]^&~|[{}#$()*+?\\,:<=>!\"'@%;`"

warnings.simplefilter("ignore")
rng = random.Random(SEED)


def pick(*pairs):
    """One of (weight, thing)."""
    things = [thing for _, thing in pairs]
    return rng.choices(things, [weight for weight, _ in pairs])[0]


def any_char():
    return rng.choice(pick((12, LETTERS), (4, RARE), (1, OTHER)))


# Patterns: each node is (text, sample), where sample(groups) is a string that might match.


class Builder:
    def __init__(self):
        self.groups = 0
        self.closed = []
        self.names = {}
        self.verbose = False

    def literal(self):
        c = any_char()
        return self.escaped(c), lambda groups: c

    def escaped(self, c):
        code = ord(c)
        forms = [(12, None)]
        if code < 0x100:
            forms += [(1, "\\x%02x" % code), (1, "\\%03o" % code)]
        if code < 0x10000:
            forms += [(1, "\\u%04x" % code)]
        forms += [(1, "\\U%08x" % code)]
        if not c.isalnum() and c != "_" and c < "\x7f":
            forms += [(1, "\\" + c)]
        form = pick(*forms)
        if form:
            return form
        if c in "\n\t\x0b" and rng.random() < 0.7:
            return {"\n": "\\n", "\t": "\\t", "\x0b": "\\v"}[c]
        if c in ".\\[{()*+?^$|" or (self.verbose and (c.isspace() or c == "#")):
            return "\\" + c
        return c

    def category(self):
        c = rng.choice("dwsDWS")
        sample = {"d": "017٣", "w": "aZ_é0²", "s": " \n\t\x1c\u2028", "D": "a-é", "W": "- .\u0301‿", "S": "a_é"}[c]
        return "\\" + c, lambda groups: rng.choice(sample)

    def dot(self):
        return ".", lambda groups: any_char()

    def klass(self):
        members, samples = [], []
        for _ in range(rng.randint(1, 4)):
            kind = rng.random()
            if kind < 0.45:
                c = any_char()
                samples.append(c)
                if c in "\\]^-" or rng.random() < 0.1:
                    c = pick((3, "\\" + c if not c.isalnum() else c), (1, "\\x%02x" % ord(c) if ord(c) < 256 else c))
                members.append(c)
            elif kind < 0.75:
                lo, hi = sorted((any_char(), any_char()))
                if rng.random() < 0.03:
                    lo, hi = hi, lo
                samples += [lo, hi, chr((ord(lo) + ord(hi)) // 2)]
                members.append("%s-%s" % tuple("\\" + x if x in "\\]^-[" else x for x in (lo, hi)))
            elif kind < 0.9:
                text, sample = self.category()
                members.append(text)
                samples.append(sample(None))
            else:
                odd = rng.choice(["[", "&&", "--", "~~", "||", "[:alpha:]", "\\b", "\\0", "^", "-", "\\n", "\\-", "{", "$"])
                members.append(odd)
                samples += list(odd)
        negated = rng.random() < 0.3
        first = "]" if rng.random() < 0.05 else ""
        text = "[%s%s%s]" % ("^" if negated else "", first, "".join(members))
        if negated:
            return text, lambda groups: any_char()
        return text, lambda groups: rng.choice(samples)

    def anchor(self):
        text = pick((4, "^"), (5, "$"), (2, "\\A"), (2, "\\Z"), (4, "\\b"), (2, "\\B"))
        return text, lambda groups: "\n" if text == "$" and rng.random() < 0.3 else ""

    def sequence(self, depth):
        nodes = [self.quantified(depth) for _ in range(pick((1, 0), (6, 1), (6, 2), (4, 3), (1, 5)))]
        texts = [text for text, _ in nodes]
        if self.verbose:
            texts = [text + rng.choice(["", "", " ", "\n", " # note \\)\n", "\t"]) for text in texts]
        return "".join(texts), lambda groups: "".join(sample(groups) for _, sample in nodes)

    def alternatives(self, depth):
        nodes = [self.sequence(depth) for _ in range(pick((6, 1), (3, 2), (1, 3)))]
        return "|".join(text for text, _ in nodes), lambda groups: rng.choice(nodes)[1](groups)

    def quantified(self, depth):
        text, sample = self.atom(depth)
        if rng.random() < 0.62:
            return text, sample
        low = rng.randint(0, 3)
        high = low + rng.randint(0, 2)
        quantifier, least, most = pick(
            (4, ("*", 0, 3)), (4, ("+", 1, 3)), (4, ("?", 0, 1)), (2, ("{%d}" % low, low, low)),
            (2, ("{%d,%d}" % (low, high), low, high)), (1, ("{,%d}" % high, 0, high)), (1, ("{%d,}" % low, low, low + 2)),
            (0.3, ("{,}", 0, 2)), (0.3, ("{%d,x}" % low, 1, 1)), (0.2, ("{}", 1, 1)), (0.1, ("{3,1}", 1, 1)),
        )
        quantifier += pick((8, ""), (3, "?"), (2, "+"), (0.2, "*"))
        return text + quantifier, lambda groups: "".join(sample(groups) for _ in range(rng.randint(least, most)))

    def atom(self, depth):
        simple = [(10, self.literal), (3, self.category), (2, self.dot), (4, self.klass), (2.5, self.anchor)]
        if self.closed:
            simple.append((3, self.reference))
        if depth > 0:
            simple += [(5, lambda: self.capture(depth)), (3, lambda: self.plain(depth)), (2, lambda: self.look(depth)),
                       (1.3, lambda: self.atomic(depth)), (1, lambda: self.flagged(depth)), (0.3, self.comment)]
            if self.closed or rng.random() < 0.05:
                simple.append((2, lambda: self.condition(depth)))
        return pick(*simple)()

    def capture(self, depth):
        self.groups += 1
        number = self.groups
        named = rng.random() < 0.3
        name = "n%d" % number
        text, sample = self.alternatives(depth - 1)
        self.closed.append(number)
        if named:
            self.names[number] = name

        def capture(groups):
            groups[number] = sample(groups)
            return groups[number]

        return ("(?P<%s>%s)" % (name, text) if named else "(%s)" % text), capture

    def plain(self, depth):
        text, sample = self.alternatives(depth - 1)
        return "(?:%s)" % text, sample

    def atomic(self, depth):
        text, sample = self.alternatives(depth - 1)
        return "(?>%s)" % text, sample

    def look(self, depth):
        behind = rng.random() < 0.45
        if behind and rng.random() < 0.8:
            nodes = [rng.choice([self.literal, self.category, self.klass, self.dot])() for _ in range(rng.randint(1, 3))]
            text, sample = "".join(t for t, _ in nodes), lambda groups: "".join(s(groups) for _, s in nodes)
            if rng.random() < 0.2:
                text = "(?:%s|%s)" % (text, "".join("b" for _ in nodes))
            if rng.random() < 0.1:
                text = "^" + text
        else:
            text, sample = self.alternatives(depth - 1)
        sign = rng.choice("=!")
        if sign == "!":
            return "(?%s!%s)" % ("<" if behind else "", text), lambda groups: ""
        return "(?%s=%s)" % ("<" if behind else "", text), sample if behind else lambda groups: ""

    def flagged(self, depth):
        on = "".join(sorted({rng.choice("iiimsau") for _ in range(rng.randint(0, 2))}))
        off = "".join(sorted({rng.choice("iims") for _ in range(rng.randint(0, 1))}))
        text, sample = self.alternatives(depth - 1)
        return "(?%s%s:%s)" % (on, "-" + off if off else "", text), sample

    def comment(self):
        return rng.choice(["(?#note)", "(?#a\\)b)", "(?#)"]), lambda groups: ""

    def reference(self):
        number = rng.choice(self.closed) if rng.random() < 0.98 else rng.randint(1, 12)
        text = "(?P=%s)" % self.names[number] if number in self.names and rng.random() < 0.6 else "\\%d" % number
        return text, lambda groups: (groups or {}).get(number, "")

    def condition(self, depth):
        number = rng.choice(self.closed) if self.closed and rng.random() < 0.95 else rng.randint(0, 4)
        asked = self.names[number] if number in self.names and rng.random() < 0.5 else str(number)
        yes, yes_sample = self.sequence(depth - 1)
        if rng.random() < 0.3:
            return "(?(%s)%s)" % (asked, yes), lambda groups: yes_sample(groups) if (groups or {}).get(number) else ""
        no, no_sample = self.sequence(depth - 1)
        sample = lambda groups: (yes_sample if (groups or {}).get(number) else no_sample)(groups)
        return "(?(%s)%s|%s)" % (asked, yes, no), sample


def pattern():
    builder = Builder()
    flags = "".join(rng.choice("imsxau") for _ in range(pick((5, 0), (2, 1), (1, 2))))
    builder.verbose = "x" in flags
    text, sample = builder.alternatives(rng.randint(1, 4))
    return ("(?%s)" % flags if flags else "") + text, sample


def near(value):
    """The value with something small changed."""
    at = rng.randrange(len(value) + 1)
    change = rng.randrange(6)
    if change == 0:
        return value[:at] + any_char() + value[at:]
    if change == 1:
        return value[:at] + value[at + 1:]
    if change == 2:
        return value[:at] + any_char() + value[at + 1:]
    if change == 3:
        return value.swapcase()
    if change == 4:
        return value + "\n"
    return any_char() + value + any_char()


def usable(value):
    return len(value) <= 60 and not any(0xD800 <= ord(c) < 0xE000 for c in value)


def values(sample):
    found = []
    while len(found) < 4:
        value = sample({})
        for _ in range(len(found)):
            value = near(value)
        if rng.random() < 0.08:
            value = "".join(any_char() for _ in range(rng.randint(0, 12)))
        found.append(value[:60])
    return [v for v in dict.fromkeys(found) if usable(v)]


class TooLong(Exception):
    pass


def give_up(*_):
    raise TooLong


signal.signal(signal.SIGALRM, give_up)


def regex_line(kind, text, samples):
    flags = re.IGNORECASE if kind == "i" else 0
    try:
        compiled = re.compile(text, flags)
    except (re.error, OverflowError, ValueError, RecursionError):
        return [kind, encoded(text), "error"]
    signal.setitimer(signal.ITIMER_REAL, 3)
    try:
        verdicts = [("+" if compiled.search(value) else "-") + encoded(value) for value in samples]
    except (TooLong, SystemError):
        # The second is a mistake of the module re itself ("The span of capturing group is wrong").
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return [kind, encoded(text), *verdicts]


def encoded(text):
    out = []
    for c in text:
        if 0x10FF00 <= ord(c) <= 0x10FFFF:
            out.append("%%%02X" % (ord(c) - 0x10FF00))
        elif c == "%" or c < " " or c in "\x7f\x85\u2028\u2029":
            out += ["%%%02X" % b for b in c.encode()]
        else:
            out.append(c)
    return "".join(out)


def broken(text):
    """The pattern with a character too few or too many."""
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(text) + 1)
        if rng.random() < 0.4:
            text = text[:at] + text[at + 1:]
        else:
            text = text[:at] + rng.choice("()[]{}*+?|\\^$-:=!<>P#,0123i") + text[at:]
    return text


# Globs.


def lower(text):
    """One character for one character."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def glob_class():
    chars = lambda: rng.choice(pick((6, "abcABC0129"), (2, "-!^[]|&~\\-!"), (1, "éÉİßσς")))
    body = "".join(
        pick((4, chars()), (3, "%s-%s" % tuple(sorted((chars(), chars())))), (0.3, "%s-%s" % (chars(), chars())))
        for _ in range(rng.randint(1, 4))
    )
    return "[%s%s]" % (pick((3, ""), (1, "!")), body)


def glob():
    parts = []
    for _ in range(rng.randint(1, 6)):
        parts.append(pick((5, any_char()), (3, "*"), (2, "?"), (3, glob_class()), (1, "/"), (0.2, "[")))
    return "".join(parts).replace("\n", "").replace("|", "_").strip()


def is_closed(text):
    return "(?s:" in fnmatch.translate(text) and "\\[" not in fnmatch.translate(text)


def glob_sample(text):
    out, i = [], 0
    while i < len(text):
        c = text[i]
        i += 1
        if c == "*":
            out.append("".join(any_char() for _ in range(rng.randint(0, 3))))
        elif c == "?":
            out.append(any_char())
        elif c == "[" and "]" in text[i + 1:]:
            end = text.index("]", i + 1)
            out.append(rng.choice(text[i:end]))
            i = end + 1
        else:
            out.append(c)
    return "".join(out)


def glob_line():
    alternatives = [one for one in (glob() for _ in range(pick((5, 1), (2, 2), (1, 3)))) if one]
    if len(alternatives) > 1:
        alternatives = [one for one in alternatives if is_closed(one) and "|" not in one]
    if not alternatives or alternatives[0].startswith("!"):
        return None
    negated = rng.random() < 0.2
    text = ("! " if negated else "") + pick((2, " | "), (1, "|")).join(alternatives)
    samples = []
    for _ in range(4):
        value = glob_sample(rng.choice(alternatives))
        samples.append(pick((3, value), (1, value.swapcase()), (3, near(value)), (1, near(near(value)))))
    verdicts = []
    for value in dict.fromkeys(v for v in samples if usable(v)):
        found = any(fnmatch.fnmatchcase(lower(value), lower(one)) for one in alternatives)
        verdicts.append(("+" if found != negated else "-") + encoded(value))
    return ["g", encoded(text), *verdicts]


# What the grammar above meets too rarely.
BY_HAND = pathlib.Path(__file__).with_name("by_hand.txt")


def decoded(text):
    return re.sub(r"%([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), text)


def by_hand():
    for line in BY_HAND.read_text().splitlines():
        if line and not line.startswith("#"):
            kind, text, *samples = line.split("\t")
            yield regex_line(kind, decoded(text), [decoded(value) for value in samples])


def every_letter_with_kin():
    """Letters whose cases are not all one to one, each against each."""
    from re._casefix import _EXTRA_CASES

    letters = sorted({chr(c) for pair in _EXTRA_CASES.items() for c in (pair[0], *pair[1])} | set("İKÅẞΣIS"))
    letters += [c.upper() for c in letters if len(c.upper()) == 1 and c.upper() not in letters]
    for letter in letters:
        others = rng.sample(letters, 3) + [c for c in letters if c != letter and re.match(letter, c, re.I)]
        yield regex_line("i", letter, [letter, *others])
        yield regex_line("i", "[^%sq]" % letter, [letter, *others])


def lines():
    yield from by_hand()
    yield from every_letter_with_kin()
    for _ in range(PATTERNS):
        text, sample = pattern()
        if text and len(text) < 150:
            yield regex_line(pick((4, "m"), (1, "i")), text, values(sample))
    for _ in range(BROKEN):
        text, sample = pattern()
        text = broken(text)
        if text and len(text) < 100:
            yield regex_line("m", text, values(sample)[:2])
    for _ in range(GLOBS):
        yield glob_line()


def main():
    seen = dict.fromkeys("\t".join(line) for line in lines() if line and len(line) > 2)
    pathlib.Path(__file__).with_name("cases.txt").write_text("".join(line + "\n" for line in seen))


if __name__ == "__main__":
    main()
