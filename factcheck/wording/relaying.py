"""The cues by which a passage relays something, each with the stretch of it that they govern. English.

Each reader knows one sort of wording and yields what it finds; which of it concerns a claim is decided elsewhere.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

from factcheck.wording import mood, speech
from factcheck.wording.cues import Cue, listed, starts_in
from factcheck.wording.limits import too_long

# Each reader, with the beginnings of the words one of which its cues must have: a sentence without any is not searched.
_READERS: tuple[tuple[Callable[[str], Iterator[Cue]], frozenset[str]], ...] = (
    (speech.questions, listed("? whet if refu decl unab fail coul")),
    (speech.said, listed("said says say told tell")),
    (
        speech.stated,
        listed(
            """clai alle argu insi main asse cont test comp stre adds adde add warn stat decl boas sayi tell twee
            post wrot writ pred reck repo rema hint assu swor swea hold accu blam"""
        ),
    ),
    (speech.believed, listed("susp beli thin thou fear doub gues assu spec supp worr hope imag sugg")),
    (speech.according, listed("acco word view opin by")),
    (
        speech.stated_after,
        listed(
            """said says say adde adds clai argu insi told wrot writ prom warn expl reca comp pred main alle stre
            decl beli thin fear susp test boas twee hope hopi sugg reck expe"""
        ),
    ),
    (speech.nouns, listed("clai alle rumo spec sugg accu fear susp asse myth stor lege repo char idea noti theo beli")),
    (
        speech.denials,
        listed(
            """deni deny reje disp refu dism rebu true untr fals myth lie hoax case evid proo prov show demo veri
            esta indi sign"""
        ),
    ),
    (mood.conditions, listed("if unle supp shou had were woul")),
    (
        mood.plans,
        listed(
            """prep talk perm appr requ bid mean trac cour pres clos call plan inte aim aims aime aimi hope hopi
            want wish prop prom pled vow vows vowe thre offe expe seek soug ambi due sche set slat proj fore
            anti goin abou pred pois cons dema reco urge"""
        ),
    ),
    (mood.futures, listed("is are will won shal woul")),
    (mood.modals, listed("may migh coul")),
    (
        mood.impersonal,
        listed(
            """accu appe seem said beli thou repo alle rumo susp fear clai assu unde sugg spec like unli poss prob
            conc hope chan risk"""
        ),
    ),
    (mood.adverbs, listed("perh poss mayb prob repo alle supp purp pres conc like")),
)


@lru_cache(maxsize=4096)
def cues(text: str, *, inside_quotation: bool = False) -> tuple[Cue, ...]:
    """All cues of a sentence with straight apostrophes; none of one that is longer than `limits.LONGEST`.

    Args:
        text: The sentence.
        inside_quotation: A quotation that opened before the sentence is still open.
    """
    if too_long(text):
        return ()
    begun = starts_in(text)
    found = [cue for reader, needed in _READERS if not needed.isdisjoint(begun) for cue in reader(text)]
    return (*found, *speech.quotations(text, inside=inside_quotation))
