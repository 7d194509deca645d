"""Makes *.json here: metrics as well-known implementations compute them, on inputs invented for this purpose.

    pip install scikit-learn seqeval sacrebleu rouge-score krippendorff 'transformers<5' && python make_goldens.py

Written anew for this repository; nothing is copied from the implementations' own tests. `transformers` is there for its copy of the
SQuAD 2.0 script. Text has unicode, empty strings, entities of HTML, numbers and white space of all kinds, as those are what
implementations differ in.
"""

import json
import random
import warnings
from pathlib import Path

import krippendorff
import numpy as np
import sacrebleu
from rouge_score import rouge_scorer
from rouge_score.tokenize import tokenize as rouge_tokenize
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
from scipy import stats
from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import get_entities
from sklearn import metrics
from sklearn.calibration import calibration_curve
from transformers.data.metrics import squad_metrics as squad

warnings.filterwarnings("ignore")
OUT = Path(__file__).parent
RNG = random.Random(11)

PAIRS = [
    ("The ferry leaves the harbour at 7.30, not at 8.", "The ferry leaves harbour at 7.30 , not at eight."),
    ("Zoë bought 1,200 pears in Köln – why?", "Zoe bought 1,200 pears in Köln - why?"),
    ("", "Something where nothing was wanted."),
    ("Nothing came back here, sadly.", ""),
    ("", ""),
    ("Yes", "Yes"),
    ("Yes.", "yes"),
    ("a b c", "a b c"),
    ("one two three four five six", "one two three four five six"),
    ("one two three four five six", "six five four three two one"),
    ("the the the the cat", "the cat the the dog the the"),
    ("Der Müller mahlt das Korn, Tag für Tag.", "Der Müller mahlt Korn, Tag um Tag!!"),
    ("Рыбак чинит сеть у моря.", "Рыбак чинит сети у реки."),
    ("猫が窓のそばで寝ている。", "猫が窓で寝ている"),
    ("Salt &amp; pepper &lt;3 &quot;quoted&quot; <skipped> text", 'Salt & pepper <3 "quoted" text'),
    ("semi-\ncolon; 3-4 a-b 5- -6 x.y 1.2.3 ... a.. .,., ,5 6,", "semicolon; 3 - 4 a-b 5 - -6 x.y 1.2.3 … a.. .,., ,5 6,"),
    ("tabs\tand\u00a0non-breaking\u2003spaces \u001f and\r\nlines  ", "tabs and non-breaking spaces and lines"),
    ("(hi) 'tis don't rock'n'roll [x]{y}~`^|\\@#$%*+=_/:?", "hi 'tis do n't rock 'n' roll [x] {y} ~ ` ^ | \\ @ # $ % * + = _ / : ?"),
    ("emoji 🙂🙂 and e\u0301 combining, İstanbul ΣΑΣ", "emoji 🙂 and é combining, istanbul σας"),
    ("An answer of the day", "the answer, of a day"),
    ("x", "y"),
    ("!", "?"),
    ("١٢٣ arabic digits, 5٫5 and ½.", "123 arabic digits, 5.5 and ½ ."),
]


def texts():
    golds, predicted = [a for a, _ in PAIRS], [b for _, b in PAIRS]
    words = "sea wind stone lamp bread river old new walks sings the a of and under".split()
    for _ in range(40):
        gold = [RNG.choice(words) for _ in range(RNG.randint(1, 14))]
        guess = [w if RNG.random() < 0.7 else RNG.choice(words) for w in gold if RNG.random() < 0.9]
        golds.append(" ".join(gold) + RNG.choice([".", "", " !"]))
        predicted.append(" ".join(guess) + RNG.choice([".", "", "?"]))
    # What tokenizers trip over, in all orders.
    odd = list("ab.,-019&;<'\"!~ \n\t") + ["é", "ß", "٣", "。", "&amp;", "&lt;", "-\n", "<skipped>", ". ", " the ", "\u00a0"]
    for _ in range(80):
        gold = [RNG.choice(odd) for _ in range(RNG.randint(1, 25))]
        golds.append("".join(gold))
        predicted.append("".join(c if RNG.random() < 0.8 else RNG.choice(odd) for c in gold))
    bleu, sentence_bleu = sacrebleu.BLEU(), sacrebleu.BLEU(effective_order=True)
    chrf, chrf_words = sacrebleu.CHRF(), sacrebleu.CHRF(word_order=2)
    rouge = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    rows, tokenize = [], Tokenizer13a()
    for gold, guess in zip(golds, predicted):
        r = rouge.score(gold, guess)
        rows.append({
            "gold": gold,
            "predicted": guess,
            "tokens_13a": tokenize(gold.rstrip()).split(),
            "words_rouge": rouge_tokenize(gold, None),
            "bleu": sentence_bleu.sentence_score(guess, [gold]).score,
            "chrf": chrf.sentence_score(guess, [gold]).score,
            "chrf_words": chrf_words.sentence_score(guess, [gold]).score,
            "rouge": [r["rouge1"].fmeasure, r["rouge2"].fmeasure, r["rougeL"].fmeasure],
        })
    corpora = []
    # All; the invented sentences; single pairs, some without a run of four tokens; nothing right.
    for a, b in [(0, len(golds)), (23, 63), (63, len(golds)), (5, 6), (7, 8), (8, 9), (20, 22), (9, 10), (2, 5), (10, 20)]:
        g, p = golds[a:b], predicted[a:b]
        corpora.append({
            "rows": [a, b],
            "bleu": bleu.corpus_score(p, [g]).score,
            "chrf": chrf.corpus_score(p, [g]).score,
            "chrf_words": chrf_words.corpus_score(p, [g]).score,
        })
    return {"rows": rows, "corpora": corpora}


def class_case(labels, gold, predicted):
    known = sorted(set(gold) | set(predicted))
    p, r, f, s = metrics.precision_recall_fscore_support(gold, predicted, labels=range(labels), zero_division=0)
    f1 = lambda average: metrics.f1_score(gold, predicted, average=average, labels=known, zero_division=0)
    return {
        "labels": labels,
        "gold": [[g] for g in gold],
        "predicted": [[g] for g in predicted],
        "accuracy": metrics.accuracy_score(gold, predicted),
        "macro": f1("macro"),
        "weighted": f1("weighted"),
        "micro": f1("micro"),
        "per_class": [list(row) for row in zip(p.tolist(), r.tolist(), f.tolist(), s.tolist())],
        "confusion": metrics.confusion_matrix(gold, predicted, labels=range(labels)).tolist(),
    }


def several_case(labels, gold, predicted):
    table = lambda rows: np.array([[int(c in row) for c in range(labels)] for row in rows])
    g, p = table(gold), table(predicted)
    seen = [c for c in range(labels) if g[:, c].any() or p[:, c].any()]
    f1 = lambda average: metrics.f1_score(g[:, seen], p[:, seen], average=average, zero_division=0)
    pr, r, f, s = metrics.precision_recall_fscore_support(g, p, zero_division=0)
    return {
        "labels": labels,
        "gold": gold,
        "predicted": predicted,
        "accuracy": metrics.accuracy_score(g, p),
        "hamming": metrics.hamming_loss(g, p),
        "macro": f1("macro"),
        "weighted": f1("weighted"),
        "micro": f1("micro"),
        "per_class": [list(row) for row in zip(pr.tolist(), r.tolist(), f.tolist(), s.tolist())],
    }


def classes():
    draw = lambda n, k: [RNG.randrange(k) for _ in range(n)]
    noisy = lambda rows, k: [g if RNG.random() < 0.7 else RNG.randrange(k) for g in rows]
    single = []
    for n, k in [(60, 2), (80, 5), (7, 4), (1, 2)]:
        gold = draw(n, k)
        single.append(class_case(k, gold, noisy(gold, k)))
    single.append(class_case(4, [0, 0, 1, 1, 3], [0, 0, 0, 0, 0]))
    single.append(class_case(3, [0, 0, 0], [2, 2, 2]))
    single.append(class_case(3, [1, 1], [1, 1]))
    some = lambda k: sorted(RNG.sample(range(k), RNG.choice([0, 1, 1, 2, 3])))
    several = []
    for n, k in [(50, 5), (6, 4)]:
        gold = [some(k) for _ in range(n)]
        several.append(several_case(k, gold, [g if RNG.random() < 0.5 else some(k) for g in gold]))
    # Two of the labels never occur, and a row has none on both sides.
    several.append(several_case(5, [[0], [], [0, 1], [2]], [[0], [], [1], []]))
    return {"single": single, "several": several}


def entities():
    kinds = ["O", "O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]
    cases = []
    for sentences in [1, 6, 40]:
        gold = [[RNG.choice(kinds) for _ in range(RNG.randint(1, 12))] for _ in range(sentences)]
        predicted = [[t if RNG.random() < 0.7 else RNG.choice(kinds) for t in row] for row in gold]
        cases.append((gold, predicted))
    cases.append(([["O", "O"], ["B-PER"]], [["O", "B-ORG"], ["O"]]))
    cases.append(([["I-PER", "I-PER", "I-LOC", "B-LOC", "I-LOC", "O", "I-ORG"]], [["B-PER", "I-PER", "B-LOC", "B-LOC", "I-LOC", "O", "B-ORG"]]))
    out = []
    for gold, predicted in cases:
        report = classification_report(gold, predicted, output_dict=True, zero_division=0)
        keys = ["precision", "recall", "f1-score", "support"]
        spans = lambda rows: [[[s, e + 1, t] for t, s, e in get_entities(row)] for row in rows]
        out.append({
            "gold": gold,
            "predicted": predicted,
            "gold_spans": spans(gold),
            "predicted_spans": spans(predicted),
            "report": {name: [float(row[k]) for k in keys] for name, row in report.items()},
        })
    bioes = [["S-A", "B-A", "I-A", "E-A", "O", "B-B", "E-B", "E-B", "I-A"], ["B-A", "S-A", "I-A", "B-B", "E-A"], ["E-A", "E-A", "S-B", "I-B"]]
    return {"cases": out, "bioes": [{"tags": t, "spans": [[s, e + 1, k] for k, s, e in get_entities(t)]} for t in bioes]}


def answers():
    rows = [
        (["The Old Mill"], "old mill!"), (["old mill", "a mill by the river"], "the mill by a river"), ([], ""), ([], "guess"),
        ([""], "the"), (["The"], ""), (["7.30"], "730"), (["Zoë"], "zoë"), (["Köln, am Rhein"], "Köln"), (["a the an"], "x"),
        (["don't"], "dont"), (["the—day"], "day"), (["one one two"], "one two two"), (["x"], ""), (["  two\twords "], "Two words."),
        (["İzmir"], "izmir"), (["theatre"], "atre"), (["a_b the_c"], "ab thec"), (["naïve — approach"], "naïve approach"),
    ]
    out = []
    for gold, predicted in rows:
        known = [a for a in gold if squad.normalize_answer(a)] or [""]
        out.append({
            "gold": gold,
            "predicted": predicted,
            "exact": max(squad.compute_exact(a, predicted) for a in known),
            "f1": max(squad.compute_f1(a, predicted) for a in known),
        })
    return out


def agreement():
    kappas = []
    for n, k, keep in [(40, 2, 0.8), (60, 4, 0.6), (9, 3, 0.0), (30, 5, 1.0)]:
        # Every number up to the largest is a class, which is what weights count on.
        a = list(range(k)) + [RNG.randrange(k) for _ in range(n - k)]
        b = [x if RNG.random() < keep else RNG.randrange(k) for x in a]
        kappa = lambda w: float(metrics.cohen_kappa_score(a, b, weights=w))
        kappas.append({"a": a, "b": b, "none": kappa(None), "linear": kappa("linear"), "quadratic": kappa("quadratic")})
    alphas = []
    for annotators, n, values in [(2, 20, [1, 2, 3]), (4, 15, [0, 1, 2, 5, 9]), (3, 6, [-1.5, 0.5, 2.0])]:
        truth = [RNG.choice(values) for _ in range(n)]
        value = lambda t: None if RNG.random() < 0.2 else t if RNG.random() < 0.6 else RNG.choice(values)
        table = [[value(t) for t in truth] for _ in range(annotators)]
        data = np.array(table, dtype=float)
        alpha = lambda level: float(krippendorff.alpha(reliability_data=data, level_of_measurement=level))
        alphas.append({"table": table, **{level: alpha(level) for level in ["nominal", "ordinal", "interval"]}})
    return {"kappas": kappas, "alphas": alphas}


def ratings():
    gold = [RNG.randint(1, 5) for _ in range(40)]
    predicted = [g + RNG.choice([-1.5, -0.4, 0, 0, 0.3, 1]) for g in gold]
    rankings = []
    for n in [1, 2, 5, 12]:
        for tied in [False, True]:
            relevance = [RNG.choice([0, 0, 1, 3]) for _ in range(n)]
            scores = [RNG.choice([0.1, 0.5, 0.9]) if tied else RNG.random() for _ in range(n)]
            ndcg = {k: float(metrics.ndcg_score([relevance], [scores], k=k)) if n > 1 else float(any(relevance)) for k in [1, 3, 10]}
            one = [0] * n
            one[RNG.randrange(n)] = 1
            reciprocal = float(metrics.label_ranking_average_precision_score([one], [scores])) if n > 1 else 1.0
            rankings.append({"relevance": relevance, "scores": scores, "ndcg": ndcg, "one": one, "reciprocal": reciprocal})
    return {
        "gold": gold,
        "predicted": predicted,
        "mae": metrics.mean_absolute_error(gold, predicted),
        "rmse": metrics.root_mean_squared_error(gold, predicted),
        "rankings": rankings,
    }


def confidence():
    wilson = []
    for hits, rows in [(0, 1), (1, 1), (0, 10), (7, 10), (50, 100), (999, 1000)]:
        interval = stats.binomtest(hits, rows).proportion_ci(method="wilson")
        wilson.append([hits, rows, float(interval.low), float(interval.high)])
    signs = [[w, l, float(stats.binomtest(w, w + l).pvalue)] for w, l in [(1, 0), (5, 5), (8, 2), (30, 12), (400, 330), (0, 9)]]
    # Quarters are exact in 32 bits, and lie on the edges of bins.
    probabilities = [RNG.choice([0.0, 0.25, 0.5, 0.75, 1.0]) if RNG.random() < 0.3 else float(np.float32(RNG.random())) for _ in range(200)]
    right = [RNG.random() < p**1.5 for p in probabilities]
    calibration = []
    for bins in [4, 10, 15]:
        true, mean = calibration_curve(right, probabilities, n_bins=bins, strategy="uniform")
        calibration.append({"bins": bins, "accuracy": true.tolist(), "confidence": mean.tolist()})
    unsure = [[0.25] * 4, [1.0, 0.0], [0.5, 0.25, 0.25], [0.125, 0.625, 0.25]]
    return {
        "wilson": wilson,
        "signs": signs,
        "probabilities": probabilities,
        "right": right,
        "calibration": calibration,
        "entropy": [[p, float(stats.entropy(p))] for p in unsure],
    }


if __name__ == "__main__":
    for make in [texts, classes, entities, answers, agreement, ratings, confidence]:
        lines = json.dumps(make(), ensure_ascii=False, default=float)
        (OUT / f"{make.__name__}.json").write_text(lines + "\n", encoding="utf-8")
