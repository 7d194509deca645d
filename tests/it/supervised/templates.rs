//! Chat templates write what Hugging Face's own engine writes from them, and generation blocks mark the same text.

use std::path::Path;

use lyceum::tokenizer::{Builtin, ChatTemplate, TemplateError};
use serde_json::{Value, json};

#[test]
fn templates_write_what_transformers_writes() {
    for name in ["chatml_blocks", "blocks_by_line", "inst", "last_turn_differs", "json"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/templates/{name}.json"));
        let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let template = ChatTemplate::new(golden["template"].as_str().unwrap(), "<s>", "</s>").unwrap();
        for case in golden["cases"].as_array().unwrap() {
            let messages = case["messages"].as_array().unwrap();
            let (text, blocks) = template.render_marked(messages, false).unwrap();
            assert_eq!(text, case["text"].as_str().unwrap(), "{name}");
            assert_eq!(
                template.render(&messages[..messages.len() - 1], true).unwrap(),
                case["prompt"].as_str().unwrap(),
                "{name}"
            );
            let blocks: Vec<&str> = blocks.into_iter().map(|range| &text[range]).collect();
            assert_eq!(json!(blocks), case["blocks"], "{name}");
        }
    }
}

#[test]
fn a_configuration_names_its_template() {
    let config = json!({"bos_token": {"content": "<s>"}, "eos_token": "</s>", "chat_template": [
        {"name": "tool_use", "template": "no"}, {"name": "default", "template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"}]});
    let template = ChatTemplate::from_config(&config).unwrap().unwrap();
    assert_eq!(template.render(&[json!({"role": "user", "content": "x"})], false).unwrap(), "<s>x</s>");
    assert!(ChatTemplate::from_config(&json!({})).unwrap().is_none());
    let folder = tempfile::tempdir().unwrap();
    assert!(ChatTemplate::load(folder.path()).unwrap().is_none());
    std::fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    assert_eq!(ChatTemplate::load(folder.path()).unwrap().unwrap().eos(), "</s>");
    std::fs::write(folder.path().join("tokenizer_config.json"), "{").unwrap();
    assert!(matches!(ChatTemplate::load(folder.path()), Err(TemplateError::Unreadable { .. })));
}

#[test]
fn bad_templates_are_refused_and_none_goes_on_for_ever() {
    assert!(matches!(ChatTemplate::new("a\n{% for %}", "", ""), Err(TemplateError::Syntax { line: 2, .. })));
    let render =
        |source: &str| ChatTemplate::new(source, "", "").unwrap().render(&[json!({"role": "user", "content": "x"})], false);
    let refused = render("{{ raise_exception('Only tools.') }}").unwrap_err();
    assert_eq!(refused, TemplateError::Refused { reason: "Only tools".to_owned() });
    assert!(matches!(render("\n{{ messages[0].content.nothing() }}"), Err(TemplateError::Failed { line: 2, .. })));
    let long =
        "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}";
    assert!(matches!(render(long), Err(TemplateError::Failed { .. })));
    assert_eq!(render("{{ strftime_now('%Y') | length }}").unwrap(), "4");
    assert!(render("{{ strftime_now('%') }}").is_err());
}

#[test]
fn built_in_templates_write_their_manner() {
    let chat = [json!({"role": "user", "content": "Hi"}), json!({"role": "assistant", "content": "Yo"})];
    let expected = [
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo<|im_end|>\n",
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n\
         ### Instruction:\nHi\n\n### Response:\nYo</s>\n\n",
        "Hi\nYo</s>",
        "<s><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nYo<|eot_id|>",
        "<|user|>\nHi</s>\n<|assistant|>\nYo</s>\n",
    ];
    for (kind, expected) in Builtin::ALL.into_iter().zip(expected) {
        let template = ChatTemplate::builtin(kind, "<s>", "</s>").unwrap();
        assert_eq!(template.render(&chat, false).unwrap(), expected, "{}", kind.name());
        let asked = template.render(&chat[..1], true).unwrap();
        assert!(expected.starts_with(&asked) && expected[asked.len()..].starts_with("Yo"), "{}: {asked:?}", kind.name());
    }
}
