"""Which language a text is in, where that is certain: by its script, else by its most frequent small words.

A claim or passage is set aside for its language only where there is no doubt, so short texts, names and formulas
give no
answer. Detectors that always name the most likely language take English claims full of names for something else;
docs/verdicts.md has the figures.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

_WORD = re.compile(r"[^\W\d_]+")
_LEAST_LETTERS = 8  # of another script
_OTHER_SCRIPT = 0.7  # least share of the letters
_LEAST_WORDS = 4
_ENGLISH_ENOUGH = 4  # small words, different ones, among the first
_LEAST_HITS = 2  # small words of a language, different ones
_LEAST_SHARE = 0.2  # of the words of a text that are small words of its language

_SCRIPTS: Mapping[str, str] = {
    "CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar", "HEBREW": "he", "DEVANAGARI": "hi", "HANGUL": "ko",
    "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh", "THAI": "th", "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te",
    "GEORGIAN": "ka", "ARMENIAN": "hy", "GUJARATI": "gu", "KANNADA": "kn", "MALAYALAM": "ml", "GURMUKHI": "pa",
    "MYANMAR": "my", "KHMER": "km", "LAO": "lo", "SINHALA": "si", "ETHIOPIC": "am", "TIBETAN": "bo",
}  # fmt: skip
_UKRAINIAN = frozenset("іїєґ")

_SMALL_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": """the of and to in a is was that for on with as by at from it are an this be has have had were not or
            which but his her their its they he she who will been than more can would about into after over also
            when there no if all one two during only between most some such other first did do does i you we
            what how why so up out may could""",
        "de": """der die das und ist nicht ein eine einen einem einer zu den dem des mit von auf für im sich auch als
            aus bei nach wird wurde wurden sind war waren hat haben hatte dass es er sie wir ich an um über vor
            oder aber wenn kein keine keinen noch nur durch zum zur bis wie ob seit unter zwischen gegen ohne
            sein seine ihr ihre niemand wegen will kann soll zwei viele jahr jahren""",
        "fr": """le la les de des du et est un une dans que qui pour pas par sur avec au aux en il elle ne se ce
            cette ces son sa ses plus ont été était sont mais ou où nous vous ils elles on leur leurs comme sans
            sous entre depuis après avant qu a à deux très fait peut tous toute toutes pendant dont""",
        "es": """el la los las de del y es un una en que por para con no se su sus al lo como más pero fue ha han son
            está este esta estos estas entre sin sobre también desde hasta cuando muy ya o si le les nadie dos
            años durante después antes era eran puede todos todas hay a sido""",
        "it": """il lo la i gli le di del della dei delle degli e è un una uno in che per con non si al alla ai da
            dal dalla nel nella su sul come più ma ha hanno sono era stato stata stati state anche questo questa
            tra fra dopo prima quando suo sua suoi sue o se dell nell all un due durante a nessuno""",
        "pt": """o a os as de do da dos das e é um uma em no na nos nas que por para com não se ao aos à mais mas foi
            são está como seu sua seus suas ou também entre sem sobre desde até quando muito já ele ela ser tem
            têm dois anos durante depois antes foram pelo pela num numa ninguém""",
        "nl": """de het een en van is in op te dat die voor met niet zijn aan er ook als door om naar bij uit nog
            maar werd werden heeft hebben had wordt worden was waren dan of over tot tussen zonder hij zij ze we
            wij hun haar geen deze dit kan na sinds tijdens al zich twee niemand voor""",
        "sv": """och att det en ett är som på för av med den till inte har de om var från ska kan men hade ut vid
            sedan efter så där när över hans hennes deras sin sitt sina han hon vi blev blir under mellan utan
            också eller bara två alla nu mycket i ingen år har varit sig""",
        "da": """og at det en et er som på for af med den til ikke har de om var fra skal kan men havde ud ved siden
            efter så der når over hans hendes deres sin sit sine han hun vi blev bliver under mellem uden også
            eller kun to alle nu meget i ingen år været sig""",
        "pl": """i w na z do nie się że jest to od po za jak przez dla są był była było były ma o ale oraz który
            która które czy tym tego przy jego jej ich aby już tylko może bez pod nad między przed będzie został
            została zostały dwa dwóch jako ze nikt lat roku więcej podczas""",
        "fi": """ja on ei se että oli ovat hän mutta kun niin kuin myös joka jotka sen tai ollut ole olivat vain mitä
            jos sekä ennen jälkeen kanssa vuonna ovat noin yli kaikki hänen""",
        "cs": """a je v na se že z do to s o i k ale by byl byla bylo byly jsou jako po pro za od který která které
            nebo už jen při před mezi také jeho její jejich není má co když podle""",
        "hu": """a az és hogy nem is egy van volt de meg ez csak már mint vagy ha még el sem lesz voltak amely
            szerint után között alatt""",
        "tr": """ve bir bu da de için ile olarak daha çok en gibi ne kadar olan sonra ama var değil ya o ki mi her
            göre""",
        "ro": """și a în de la cu pe nu este un o din că se pentru au fost mai sunt care este ca sau dar al ale lui
            prin după între până fără acest această""",
    }.items()
}
# Letters that no English word has; a word in small letters with one of them counts like a small word.
_LETTERS: Mapping[str, frozenset[str]] = {
    language: frozenset(letters)
    for language, letters in {
        "de": "ßäöü", "fr": "œèêîûç", "es": "ñ¿¡", "pt": "ãõç", "sv": "åäö", "da": "åæø", "pl": "ąćęłńśźż",
        "cs": "ěřůčš", "hu": "őűáö", "ro": "țșăţş", "tr": "ğşç", "fi": "äö", "it": "ùòì",
    }.items()
}  # fmt: skip


def language_of(text: str) -> str | None:
    """The language that a text is in, as a code of ISO 639-1; None where that is not certain.

    A script that several languages share counts for the largest of them, and Norwegian counts for Danish.
    """
    return _by_script(text) or _by_words(_WORD.findall(text))


def foreign(text: str, languages: Sequence[str]) -> str | None:
    """The language that a text is surely in, where it is none of some languages; None otherwise."""
    if _mostly_english(text) and "en" in languages:
        return None
    found = language_of(text)
    return None if found is None or found in languages else found


def _mostly_english(text: str) -> bool:
    """Whether small English words stand at the beginning, which spares most texts the rest."""
    first = text[:120].lower().split()
    return text.isascii() and len(_SMALL_WORDS["en"].intersection(first)) >= _ENGLISH_ENOUGH


def _by_script(text: str) -> str | None:
    if text.isascii():
        return None
    found: Counter[str] = Counter()
    for letter in text:
        if letter.isalpha():
            found[_script(letter)] += 1
    total = found.total()
    named = {script: count for script, count in found.items() if script in _SCRIPTS}
    if total < _LEAST_LETTERS and not ({"CJK", "HIRAGANA", "HANGUL"} & named.keys()):
        return None
    if sum(named.values()) < _OTHER_SCRIPT * total or sum(named.values()) < _LEAST_LETTERS // 2:
        return None
    if named.keys() & {"HIRAGANA", "KATAKANA"}:
        return "ja"
    language = _SCRIPTS[max(named, key=lambda script: named[script])]
    return "uk" if language == "ru" and _UKRAINIAN & set(text.lower()) else language


def _script(letter: str) -> str:
    return "" if letter < "\u0250" else unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]


def _by_words(words: Sequence[str]) -> str | None:
    """The language whose small words fill a good part of the text, far before English and before any other."""
    if len(words) < _LEAST_WORDS:
        return None
    lower = [word.lower() for word in words]
    marked = [set(word) for word in words if word.islower() and not word.isascii()]
    counts = {}
    for language, small in _SMALL_WORDS.items():
        letters = _LETTERS.get(language, frozenset())
        spelt = sum(not letters.isdisjoint(word) for word in marked)
        counts[language] = (
            len(small.intersection(lower)) + min(spelt, 2),
            sum(word in small for word in lower) + spelt,
        )
    best = max(counts, key=lambda language: counts[language])
    different, total = counts[best]
    if different < _LEAST_HITS or total < _LEAST_SHARE * len(words):
        return None
    if best != "en" and different <= 2 * counts["en"][0]:
        return None
    if any(counts[other] == counts[best] for other in counts if other != best):
        return None  # as likely another one, such as Danish beside Swedish
    return best
