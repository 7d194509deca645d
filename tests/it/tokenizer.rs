//! Tokenizers from the outside: goldens of the Hugging Face library, learning, round trips, streams, previews.

use lyceum::data::quiet;
use lyceum::engine::command::{TokenizerKind, TokenizerSpec};
use lyceum::tokenizer::{SPECIAL_TOKENS, StreamDecoder, Tokenizer, TokenizerError, VocabPreview};
use proptest::prelude::*;
use serde_json::Value;

const KINDS: [TokenizerKind; 5] =
    [TokenizerKind::ByteBpe, TokenizerKind::WordPiece, TokenizerKind::Unigram, TokenizerKind::Bytes, TokenizerKind::Chars];

fn world() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data/world.txt");
    let text = std::fs::read_to_string(path).unwrap();
    text.get(..text.floor_char_boundary(200_000)).unwrap().to_owned()
}

fn train(kind: TokenizerKind, vocab_size: usize) -> Tokenizer {
    let text = world();
    let parts: Vec<&str> = text.split("\n\n").collect();
    Tokenizer::train_on(TokenizerSpec { kind, vocab_size }, &parts, &mut quiet).unwrap().tokenizer
}

fn golden(name: &str) -> (Tokenizer, Value) {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/tokenizers");
    let tokenizer = Tokenizer::load(&std::path::Path::new(dir).join(format!("{name}.json"))).unwrap();
    let golden = std::fs::read(format!("{dir}/{name}.golden.json")).unwrap();
    (tokenizer, serde_json::from_slice(&golden).unwrap())
}

fn ids(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn loaded_tokenizers_agree_with_the_reference() {
    for name in ["byte_bpe", "wordpiece", "unigram"] {
        let (tokenizer, golden) = golden(name);
        assert_eq!(tokenizer.vocab_size() as u64, golden["vocab_size"].as_u64().unwrap());
        for case in golden["cases"].as_array().unwrap() {
            let text = case["text"].as_str().unwrap();
            assert_eq!(tokenizer.encode(text), ids(&case["ids"]), "{name} {text:?}");
            assert_eq!(tokenizer.encode_with_template(text), ids(&case["ids_template"]), "{name} {text:?}");
            assert_eq!(tokenizer.decode(&ids(&case["ids"])), case["decoded"].as_str().unwrap(), "{name} {text:?}");
            let pieces = tokenizer.encode_pieces(text);
            let chars = |byte: usize| text[..byte].chars().count() as u64;
            for (piece, offsets) in pieces.iter().zip(case["offsets"].as_array().unwrap()) {
                assert_eq!(chars(piece.start), offsets[0].as_u64().unwrap(), "{name} {text:?} {piece:?}");
            }
        }
    }
}

#[test]
fn special_tokens_of_other_tokenizers_are_found_by_name() {
    let (bert, _) = golden("wordpiece");
    let special = bert.special();
    assert_eq!((special.pad, special.unk, special.cls, special.sep, special.mask), (Some(0), Some(1), Some(2), Some(3), Some(4)));
    assert_eq!(special.eos, special.sep, "the separator ends documents where nothing else does");
    let (gpt, _) = golden("byte_bpe");
    assert_eq!((gpt.special().eos, gpt.special().mask, gpt.special().unk), (Some(2), Some(3), None));
}

#[test]
fn every_kind_is_learnt_saved_and_opened_again() {
    for kind in KINDS {
        let tokenizer = train(kind, 500);
        for (id, name) in SPECIAL_TOKENS.iter().enumerate() {
            assert_eq!(tokenizer.token_id(name), Some(id as u32), "{kind:?}");
        }
        assert_eq!(tokenizer.special().eos, Some(0));
        assert_eq!(tokenizer.special().ids(), [0, 1, 2, 3, 4, 5, 6, 7]);
        match kind {
            TokenizerKind::Bytes => assert_eq!(tokenizer.vocab_size(), 264),
            TokenizerKind::Chars => assert!(tokenizer.vocab_size() < 200),
            _ => assert_eq!(tokenizer.vocab_size(), 500, "{kind:?}"),
        }
        let dir = tempfile::tempdir().unwrap();
        tokenizer.save(&dir.path().join("tokenizer.json")).unwrap();
        let again = Tokenizer::load(dir.path()).unwrap();
        let text = "The miller went to the market.\nIt rained.";
        assert_eq!(again.encode(text), tokenizer.encode(text), "{kind:?}");
        assert_eq!(again.vocab_size(), tokenizer.vocab_size());
        assert_eq!(again.decode(&again.encode(text)).split_whitespace().count(), text.split_whitespace().count(), "{kind:?}");
    }
}

#[test]
fn learning_is_repeatable() {
    for kind in KINDS {
        assert_eq!(train(kind, 400).to_json(), train(kind, 400).to_json(), "{kind:?}");
    }
}

#[test]
fn a_vocabulary_larger_than_the_text_supports_is_said() {
    for kind in [TokenizerKind::ByteBpe, TokenizerKind::WordPiece, TokenizerKind::Unigram] {
        let spec = TokenizerSpec { kind, vocab_size: 50_000 };
        let trained = Tokenizer::train_on(spec, &["a cat and a dog and a cat and a bird"], &mut quiet).unwrap();
        assert!(trained.tokenizer.vocab_size() < 400);
        assert!(trained.warnings.iter().any(|w| w.contains("50000")), "{kind:?}: {:?}", trained.warnings);
    }
}

#[test]
fn a_vocabulary_too_small_and_no_text_are_refused() {
    for kind in [TokenizerKind::ByteBpe, TokenizerKind::WordPiece, TokenizerKind::Unigram] {
        let small = Tokenizer::train_on(TokenizerSpec { kind, vocab_size: 20 }, &["some text"], &mut quiet);
        assert!(matches!(small, Err(TokenizerError::TooSmall { .. })), "{kind:?}");
        let none = Tokenizer::train_on(TokenizerSpec { kind, vocab_size: 500 }, &["", ""], &mut quiet);
        assert!(matches!(none, Err(TokenizerError::NoText)), "{kind:?}");
    }
}

#[test]
fn learning_can_be_cancelled() {
    let text = world();
    let mut stop = |_| std::ops::ControlFlow::Break(());
    for kind in [TokenizerKind::ByteBpe, TokenizerKind::WordPiece, TokenizerKind::Unigram] {
        let cancelled = Tokenizer::train_on(TokenizerSpec { kind, vocab_size: 500 }, &[&text], &mut stop);
        assert!(matches!(cancelled, Err(TokenizerError::Cancelled)), "{kind:?}");
    }
}

#[test]
fn odd_texts_are_learnt_from() {
    let long = "x".repeat(100_000);
    let odd = ["\0\u{1}\u{7f}", "漢字かな交じり文", &long, "👩‍🌾👩‍🌾👩‍🌾", "   \n\n\t ", "e\u{301}e\u{301}e\u{301}"];
    for kind in KINDS {
        for text in odd {
            let spec = TokenizerSpec { kind, vocab_size: 300 };
            if let Ok(trained) = Tokenizer::train_on(spec, &[text, "and some plain words, and some more"], &mut quiet) {
                trained.tokenizer.encode(text);
            }
        }
    }
}

#[test]
fn damaged_tokenizer_files_are_refused_with_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokenizer.json");
    for content in ["", "{", "[]", "{\"version\":\"1.0\"}", "{\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[]}}", "\u{0}"]
    {
        std::fs::write(&path, content).unwrap();
        let error = Tokenizer::load(&path).unwrap_err().to_string();
        assert!(error.contains("tokenizer.json"), "{error}");
    }
    assert!(Tokenizer::load(&dir.path().join("none.json")).unwrap_err().to_string().contains("no such file"));
}

#[test]
fn pieces_join_to_the_text_and_show_half_characters() {
    let tokenizer = train(TokenizerKind::ByteBpe, 300);
    let text = "The goat of Zürich eats.";
    let pieces = tokenizer.encode_pieces(text);
    assert_eq!(pieces.iter().filter(|p| p.text.contains('Z')).count(), 1);
    let shown: String = pieces.iter().map(|p| p.text.as_str()).collect();
    assert_eq!(shown, "The goat of Z\\xC3\\xBCrich eats.");
    assert_eq!(tokenizer.token_text(999_999), "⟨999999⟩");
    assert_eq!(tokenizer.token_text(0), "<|endoftext|>");
}

#[test]
fn names_of_special_tokens_are_text_in_documents_and_tokens_in_prompts() {
    let tokenizer = train(TokenizerKind::ByteBpe, 300);
    let text = "a<|endoftext|>b";
    assert!(tokenizer.encode(text).contains(&0));
    let plain = tokenizer.for_documents();
    assert!(!plain.encode(text).contains(&0));
    assert_eq!(plain.decode(&plain.encode(text)), text);
}

#[test]
fn a_smaller_preview_is_what_would_have_been_learnt() {
    let text = world();
    let parts: Vec<&str> = text.split("\n\n").collect();
    for kind in [TokenizerKind::ByteBpe, TokenizerKind::WordPiece] {
        let preview = VocabPreview::from_texts(kind, &parts).unwrap();
        let sample = "The miller walked to the market and sold a goat.";
        let mut before = usize::MAX;
        for vocab_size in [300, 600, 1200] {
            let cut = preview.cut(vocab_size, sample).unwrap();
            let trained = Tokenizer::train_on(TokenizerSpec { kind, vocab_size }, &parts, &mut quiet).unwrap().tokenizer;
            assert_eq!(cut.pieces, trained.encode_pieces(sample), "{kind:?} {vocab_size}");
            assert_eq!(cut.vocab_size, trained.vocab_size());
            assert!(cut.pieces.len() <= before);
            assert!(cut.tokens_per_word >= 1.0);
            before = cut.pieces.len();
        }
    }
    for kind in [TokenizerKind::Unigram, TokenizerKind::Bytes, TokenizerKind::Chars] {
        let preview = VocabPreview::from_texts(kind, &parts).unwrap();
        assert!(!preview.cut(500, "a goat").unwrap().pieces.is_empty());
    }
}

/// All of the text, fed id by id.
fn streamed(tokenizer: &Tokenizer, ids: &[u32]) -> String {
    let mut stream = StreamDecoder::new();
    let mut text: String = ids.iter().map(|&id| stream.push(tokenizer, id)).collect();
    text.push_str(&stream.finish(tokenizer));
    text
}

#[test]
fn a_stream_gives_the_same_text_as_a_whole() {
    for name in ["byte_bpe", "unigram"] {
        let (tokenizer, golden) = golden(name);
        for case in golden["cases"].as_array().unwrap() {
            let ids = ids(&case["ids"]);
            assert_eq!(streamed(&tokenizer, &ids), tokenizer.decode(&ids), "{name} {}", case["text"]);
        }
    }
}

#[test]
fn a_stream_holds_half_characters_back() {
    let tokenizer = train(TokenizerKind::Bytes, 0);
    let mut stream = StreamDecoder::new();
    let given: Vec<String> = tokenizer.encode("aüb").into_iter().map(|id| stream.push(&tokenizer, id)).collect();
    assert_eq!(given, ["a", "", "ü", "b"]);
    let mut after = StreamDecoder::after(&tokenizer.encode("a"));
    assert_eq!(after.push(&tokenizer, 8 + u32::from(b'x')), "x");
    // Bytes that never become a character come out in the end.
    let garbage: Vec<u32> = (0..20).map(|_| 8 + 0xFF).collect();
    assert!(streamed(&tokenizer, &garbage).contains('\u{FFFD}'));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn byte_level_round_trips(text in ".{0,200}") {
        thread_local! {
            static TOKENIZERS: [Tokenizer; 2] = [train(TokenizerKind::ByteBpe, 400), train(TokenizerKind::Bytes, 0)].map(|t| t.for_documents());
        }
        TOKENIZERS.with(|tokenizers| for tokenizer in tokenizers {
            let ids = tokenizer.encode(&text);
            assert_eq!(tokenizer.decode(&ids), text);
            assert_eq!(streamed(tokenizer, &ids), text);
            tokenizer.encode_pieces(&text);
        });
    }

    #[test]
    fn garbage_ids_decode_to_something(ids in proptest::collection::vec(0..600_u32, 0..60)) {
        thread_local! {
            static TOKENIZERS: Vec<Tokenizer> = KINDS.iter().map(|&kind| train(kind, 400)).collect();
        }
        TOKENIZERS.with(|tokenizers| for tokenizer in tokenizers {
            tokenizer.decode(&ids);
            streamed(tokenizer, &ids);
            for &id in &ids {
                drop(tokenizer.token_text(id));
            }
        });
    }

    #[test]
    fn segments_do_not_change_tokens(words in proptest::collection::vec("[a-zA-Zü]{1,8}|[0-9]{1,4}|[.,!?]|\n| ", 1..80), max in 16..64_usize) {
        thread_local! {
            static TOKENIZER: Tokenizer = train(TokenizerKind::ByteBpe, 400);
        }
        let text = words.join(" ");
        TOKENIZER.with(|tokenizer| {
            // Long runs without a fitting place are cut anywhere; then only the text must survive.
            let parts: Vec<&str> = lyceum::tokenizer::segments(&text, max).collect();
            let ids: Vec<u32> = parts.iter().flat_map(|part| tokenizer.encode(part)).collect();
            assert_eq!(tokenizer.decode(&ids), text);
        });
    }
}
