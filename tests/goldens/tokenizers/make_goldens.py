"""Makes the tokenizers beside it and what the Hugging Face library does with them, and the parquet files of ../files.

    pip install tokenizers pyarrow && python make_goldens.py

Every NAME.json is a tokenizer.json learnt from the sample world; NAME.golden.json holds, for every text, the ids with and
without the template, the entries, their offsets in characters, and the decoded text.
"""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = Path(__file__).parent
WORLD = (HERE / "../../../sample_data/world.txt").read_text(encoding="utf-8")[:400_000].split("\n\n")
TEXTS = [
    "", "Rain fell on the mill.", "  two  spaces  ", "Mara's goat won't eat; we'll see, they've said.", "line one\nline two\r\n\tthree",
    "3.14 and 1,000,000 on 2031-07-04", "snake_case kebab-case CamelCase", "Zürich, façade, œuvre, İstanbul", "Ёлка и щука",
    "東京で雨が降る", "ماء وخبز", "👩‍🌾🐐🇨🇭", "e\u0301 is not \u00e9", "a\u00a0b\u2003c", "ＷＩＤＥ ½ ﬂ", "nul\x00byte",
    "<|endoftext|>", "[CLS] a [MASK] b [SEP]", "<s>x</s><pad>", "x = {'k': [1, 2]}  # note", "mail@example.org?x=1&y=2",
    "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "▁bar ##ing", "\ufeffmark",
]


def byte_bpe():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<pad>", "<s>", "</s>", "<mask>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False)
    tokenizer.train_from_iterator(WORLD, trainer)
    return tokenizer


def wordpiece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=600, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False)
    tokenizer.train_from_iterator(WORLD, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=400, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(WORLD, trainer)
    return tokenizer


def main():
    for make in (byte_bpe, wordpiece, unigram):
        tokenizer = make()
        tokenizer.save(str(HERE / f"{make.__name__}.json"), pretty=False)
        cases = []
        for text in TEXTS:
            plain, full = tokenizer.encode(text, add_special_tokens=False), tokenizer.encode(text)
            cases.append(dict(text=text, ids=plain.ids, ids_template=full.ids, entries=plain.tokens, offsets=plain.offsets,
                              decoded=tokenizer.decode(plain.ids)))
        (HERE / f"{make.__name__}.golden.json").write_text(json.dumps(dict(vocab_size=tokenizer.get_vocab_size(), cases=cases)))
    rows = [dict(text=f"Row {i}, with a word.", label=["good", "bad"][i % 2], score=i / 4, n=i, tags=["a", f"t{i}"], who=dict(name="Ada", age=30 + i))
            for i in range(40)] + [dict(text=None, label="none", score=None, n=40, tags=[], who=None)]
    table = pa.Table.from_pylist(rows)
    for codec in ("none", "snappy", "gzip", "zstd", "lz4", "brotli"):
        pq.write_table(table, HERE / f"../files/{codec}.parquet", compression=codec, row_group_size=16)


if __name__ == "__main__":
    main()
