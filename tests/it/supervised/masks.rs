//! What trains, spelled out: for each template the text under the mask, and what becomes of rows that are too long.

use std::path::Path;

use lyceum::data::supervised::render::render_prompt;
use lyceum::data::supervised::{CutFrom, LeftOut, RenderOptions, Rendered, TaskTemplate, render, render_all};
use lyceum::tokenizer::{Builtin, ChatTemplate, Tokenizer};
use serde_json::{Value, json};

use super::read;

fn tokenizer(name: &str) -> Tokenizer {
    Tokenizer::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/tokenizers/{name}.json"))).unwrap()
}

fn rendered(template: &ChatTemplate, row: &Value, options: &RenderOptions) -> Result<Rendered, LeftOut> {
    let example = read(row).unwrap();
    render(template, &TaskTemplate::default_for(&example), &example, &tokenizer("byte_bpe"), options)
}

fn golden(name: &str) -> ChatTemplate {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/templates/{name}.json"));
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    ChatTemplate::new(golden["template"].as_str().unwrap(), "<s>", "</s>").unwrap()
}

fn builtin(kind: Builtin) -> ChatTemplate {
    ChatTemplate::builtin(kind, "<s>", "</s>").unwrap()
}

fn chat() -> Value {
    json!({"messages": [
        {"role": "user", "content": "Eins?"}, {"role": "assistant", "content": "Zwei, 🙂."},
        {"role": "user", "content": "Zwei, 🙂."}, {"role": "assistant", "content": "Drei"}]})
}

#[test]
fn answers_with_their_end_train_and_nothing_else() {
    let cases = [
        (builtin(Builtin::ChatMl), ["Zwei, 🙂.<|im_end|>", "Drei<|im_end|>"]),
        (builtin(Builtin::Alpaca), ["Zwei, 🙂.</s>", "Drei</s>"]),
        (builtin(Builtin::Plain), ["Zwei, 🙂.</s>", "Drei</s>"]),
        (builtin(Builtin::Llama3), ["Zwei, 🙂.<|eot_id|>", "Drei<|eot_id|>"]),
        (builtin(Builtin::Zephyr), ["Zwei, 🙂.</s>", "Drei</s>"]),
        (golden("chatml_blocks"), ["Zwei, 🙂.<|im_end|>", "Drei<|im_end|>"]),
        (golden("blocks_by_line"), ["Zwei, 🙂.</s>", "Drei</s>"]),
        (golden("inst"), ["Zwei, 🙂.</s>", "Drei</s>"]),
        (golden("last_turn_differs"), ["Zwei, 🙂.<|im_end|>", "Drei<|im_end|>"]),
    ];
    for (template, expected) in cases {
        let all = rendered(&template, &chat(), &RenderOptions::new(1000)).unwrap();
        assert_eq!(all.trained_text(), expected, "{}", template.source());
        assert_eq!((all.ids.len(), all.ids.len(), all.cut, all.warning()), (all.mask.len(), all.pieces.len(), 0, None));
        let last = RenderOptions { last_answer_only: true, ..RenderOptions::new(1000) };
        assert_eq!(rendered(&template, &chat(), &last).unwrap().trained_text(), expected[1..]);
        let everything = RenderOptions { train_prompt: true, ..RenderOptions::new(1000) };
        assert!(rendered(&template, &chat(), &everything).unwrap().mask.iter().all(|&trained| trained));
    }
}

#[test]
fn every_task_trains_its_answer() {
    let plain = builtin(Builtin::Plain);
    let cases = [
        (json!({"prompt": "2+2=", "completion": "4"}), "4</s>"),
        (json!({"instruction": "Add", "input": "1 1", "output": "2", "history": []}), "2</s>"),
        (json!({"text": "So good", "label": "pos"}), "pos</s>"),
        (json!({"text": "Ada in Rom", "entities": [[0, 3, "PER"], [7, 10, "LOC"]]}), "PER: Ada\nLOC: Rom</s>"),
        (json!({"context": "In Rom", "question": "Wo?", "answers": {"text": ["Rom"], "answer_start": [3]}}), "Rom</s>"),
        (json!({"translation": {"en": "yes", "de": "ja"}}), "ja</s>"),
        (json!({"user": 1, "item": "book", "rating": 4.5}), "4.5</s>"),
        (
            json!({"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}],
            "completion": [{"role": "assistant", "content": "d"}]}),
            "d</s>",
        ),
    ];
    for (row, expected) in cases {
        let it = rendered(&plain, &row, &RenderOptions::new(1000)).unwrap();
        assert_eq!(it.trained_text(), [expected], "{row}");
        let example = read(&row).unwrap();
        let prompt = render_prompt(&plain, &TaskTemplate::default_for(&example), &example).unwrap();
        assert_eq!(format!("{prompt}{expected}"), it.text);
    }
}

#[test]
fn tokenizers_that_add_a_space_train_the_same_text() {
    let example = read(&chat()).unwrap();
    for name in ["unigram", "wordpiece"] {
        let tokenizer = tokenizer(name);
        let options = RenderOptions::new(1000);
        let it = render(&builtin(Builtin::Plain), &TaskTemplate::default_for(&example), &example, &tokenizer, &options).unwrap();
        let texts = it.trained_text();
        assert!(texts.len() == 2 && texts[0].contains("Zwei") && texts[1].contains("Drei"), "{name}: {texts:?}");
        assert!(!texts.iter().any(|text| text.contains("Eins")), "{name}: {texts:?}");
    }
}

#[test]
fn a_template_that_never_answers_is_refused() {
    let deaf = ChatTemplate::new("{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}", "", "").unwrap();
    let refused = rendered(&deaf, &chat(), &RenderOptions::new(100)).unwrap_err();
    assert_eq!(refused, LeftOut::NothingTrains);
    assert!(refused.to_string().starts_with("nothing would train"));
    let picky = ChatTemplate::new("{{ raise_exception('no') }}", "", "").unwrap();
    assert!(matches!(rendered(&picky, &chat(), &RenderOptions::new(100)), Err(LeftOut::Template(_))));
}

#[test]
fn an_answer_is_never_cut_away_whole() {
    let plain = builtin(Builtin::Plain);
    let row = json!({"prompt": "x y z ".repeat(50), "completion": "a b c d e f g h"});
    let whole = rendered(&plain, &row, &RenderOptions::new(10_000)).unwrap();
    let (length, answer) = (whole.ids.len(), whole.trained_tokens());
    let start = rendered(&plain, &row, &RenderOptions::new(answer + 5)).unwrap();
    assert_eq!(
        (start.ids.len(), start.trained_tokens(), start.cut, start.cut_trained),
        (answer + 5, answer, length - answer - 5, 0)
    );
    assert_eq!(start.trained_text(), whole.trained_text());
    let short = rendered(&plain, &row, &RenderOptions::new(4)).unwrap();
    assert_eq!((short.ids.len(), short.trained_tokens(), short.cut_trained), (4, 3, answer - 3));
    assert!(short.warning().unwrap().contains("of the answer"));
    let from_end = |max_len| RenderOptions { cut_from: CutFrom::End, ..RenderOptions::new(max_len) };
    let end = rendered(&plain, &row, &from_end(length - answer + 2)).unwrap();
    assert_eq!((end.trained_tokens(), end.cut_trained), (2, answer - 2));
    assert_eq!(rendered(&plain, &row, &from_end(20)), Err(LeftOut::AnswerCutAway { max_len: 20 }));
    for max_len in [0, 1] {
        assert_eq!(rendered(&plain, &row, &RenderOptions::new(max_len)), Err(LeftOut::AnswerCutAway { max_len }));
    }
    let examples = [read(&row).unwrap(), read(&json!({"prompt": "p", "completion": "c"})).unwrap()];
    let (rows, report) = render_all(&plain, None, &examples, &tokenizer("byte_bpe"), &from_end(20));
    assert_eq!((rows.len(), rows[0].0, report.rows, report.left_out["longer than a row"]), (1, 1, 1, 1));
}
