//! The method advisor: what it says in the situations that people come with.

use lyceum::config::advisor::{Advice, Confidence, Holdings, Labelled, Method, Models, Place, Task, advise};

fn rows(task: Task, rows: u64, classes: u64) -> Vec<Labelled> {
    vec![Labelled { task, rows, classes }]
}

const NONE: Models = Models { causal: false, encoder: false, largest_n_params: 0, tuned: false, reward: false };
/// A model that was pre-trained here.
const OWN: Models = Models { causal: true, largest_n_params: 1_100_000, ..NONE };
const ENCODER: Models = Models { encoder: true, largest_n_params: 3_000_000, ..NONE };
/// An imported one.
const LARGE: Models = Models { causal: true, largest_n_params: 1_700_000_000, ..NONE };
const TUNED: Models = Models { tuned: true, ..OWN };

/// Checks the first piece of advice, and what holds of all.
fn check(holdings: &Holdings, method: Method, page: Place, confidence: Confidence) -> Vec<Advice> {
    let advice = advise(holdings);
    let first = &advice[0];
    assert_eq!((first.method, first.page, first.confidence), (method, page, confidence), "{advice:#?}");
    for one in &advice {
        let sentences = one.why.matches(". ").count() + usize::from(one.why.ends_with('.'));
        assert_eq!(sentences, 2, "two sentences: {}", one.why);
        let begins_well = |text: &str| text.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
        assert!(begins_well(&one.why) && one.needs.as_ref().is_none_or(|n| begins_well(n) && n.ends_with('.')), "{one:?}");
        assert_eq!(advice.iter().filter(|other| other.method == one.method).count(), 1, "one piece of advice a method");
    }
    assert!(advice.is_sorted_by_key(|a| std::cmp::Reverse(a.confidence)));
    advice
}

fn of(advice: &[Advice], method: Method) -> &Advice {
    advice.iter().find(|a| a.method == method).unwrap()
}

#[test]
fn an_empty_project_needs_text() {
    let advice = check(&Holdings::default(), Method::Pretrain, Place::Data, Confidence::High);
    assert!(advice[0].needs.as_ref().unwrap().contains("100,000 tokens"));
}

#[test]
fn text_and_no_model_is_pretrained() {
    let holdings = Holdings { corpus_tokens: 5_000_000, ..Holdings::default() };
    let advice = check(&holdings, Method::Pretrain, Place::Pretrain, Confidence::High);
    assert_eq!(advice[0].needs, None);
    assert!(advice[0].why.contains("5,000,000 tokens") && advice[0].why.contains("1.0 M"), "{}", advice[0].why);
    assert!(advice[0].why.contains("causal"));
}

#[test]
fn classes_and_no_model_ask_for_an_encoder_first() {
    let labelled = rows(Task::Classes, 2000, 2);
    let holdings = Holdings { labelled, corpus_tokens: 5_000_000, ..Holdings::default() };
    let advice = check(&holdings, Method::Pretrain, Place::Pretrain, Confidence::High);
    assert!(advice[0].why.contains("masked"));
    assert!(of(&advice, Method::Classify).needs.as_ref().unwrap().contains("pre-train"));
}

#[test]
fn a_few_rows_and_a_large_model_are_prompted() {
    let holdings = Holdings { labelled: rows(Task::Classes, 6, 3), models: LARGE, ..Holdings::default() };
    let advice = check(&holdings, Method::Prompting, Place::Prompt, Confidence::High);
    assert!(advice[0].why.contains("1.7 B parameters"));
}

#[test]
fn a_few_rows_and_a_small_model_need_more_rows() {
    let holdings = Holdings { labelled: rows(Task::Classes, 9, 3), models: OWN, ..Holdings::default() };
    let advice = check(&holdings, Method::Classify, Place::Label, Confidence::Medium);
    assert!(advice[0].needs.as_ref().unwrap().contains("15 more rows"));
    let prompting = of(&advice, Method::Prompting);
    assert_eq!(prompting.confidence, Confidence::Low);
    assert!(prompting.why.contains("too small"));
}

#[test]
fn hundreds_of_classes_and_an_encoder_are_classified() {
    let holdings = Holdings { labelled: rows(Task::Classes, 2000, 4), models: ENCODER, ..Holdings::default() };
    let advice = check(&holdings, Method::Classify, Place::FineTune, Confidence::High);
    assert_eq!(advice[0].needs, None);
    assert!(advice[0].why.contains("about 500 a class"));
    let dozens = Holdings { labelled: rows(Task::Classes, 80, 4), models: ENCODER, ..Holdings::default() };
    check(&dozens, Method::Classify, Place::FineTune, Confidence::Medium);
}

#[test]
fn one_class_is_no_choice() {
    let holdings = Holdings { labelled: rows(Task::Classes, 500, 1), models: ENCODER, ..Holdings::default() };
    let advice = check(&holdings, Method::Classify, Place::Label, Confidence::Medium);
    assert!(advice[0].needs.as_ref().unwrap().contains("second class"));
}

#[test]
fn entities_are_tagged_and_answers_pointed_at() {
    let holdings = Holdings { labelled: rows(Task::Entities, 600, 3), models: ENCODER, ..Holdings::default() };
    check(&holdings, Method::Tag, Place::FineTune, Confidence::High);
    let holdings = Holdings { labelled: rows(Task::ExtractiveQa, 120, 0), models: ENCODER, ..Holdings::default() };
    check(&holdings, Method::Extract, Place::FineTune, Confidence::Medium);
}

#[test]
fn answers_are_fine_tuned() {
    let holdings = Holdings { labelled: rows(Task::Translation, 3000, 0), models: OWN, ..Holdings::default() };
    let advice = check(&holdings, Method::Sft, Place::FineTune, Confidence::High);
    assert!(advice[0].why.contains("the whole model"));
    let holdings = Holdings { labelled: rows(Task::Chat, 200, 0), models: LARGE, ..Holdings::default() };
    let advice = check(&holdings, Method::Sft, Place::FineTune, Confidence::Medium);
    assert!(advice[0].why.contains("LoRA"));
}

#[test]
fn text_to_write_and_only_an_encoder_needs_another_model() {
    let holdings = Holdings { labelled: rows(Task::Summary, 3000, 0), models: ENCODER, ..Holdings::default() };
    let advice = advise(&holdings);
    let sft = of(&advice, Method::Sft);
    assert_eq!(sft.page, Place::Pretrain);
    assert!(sft.needs.as_ref().unwrap().contains("writes text"));
}

#[test]
fn a_model_and_nothing_else_is_shown_what_is_wanted() {
    let holdings = Holdings { models: OWN, corpus_tokens: 1_000_000, ..Holdings::default() };
    let advice = check(&holdings, Method::Sft, Place::Label, Confidence::Medium);
    assert!(advice[0].needs.as_ref().unwrap().contains("30 more rows"));
}

#[test]
fn preferences_on_a_tuned_model_are_dpo() {
    let labelled = rows(Task::Chat, 2000, 0);
    let holdings = Holdings { labelled: labelled.clone(), preferences: 60, models: TUNED, ..Holdings::default() };
    check(&holdings, Method::Dpo, Place::Rlhf, Confidence::Medium);
    let many = Holdings { labelled, preferences: 400, prompts: 500, models: TUNED, ..Holdings::default() };
    let advice = check(&many, Method::Dpo, Place::Rlhf, Confidence::High);
    assert_eq!(of(&advice, Method::RewardModel).needs, None);
}

#[test]
fn a_tuned_model_without_preferences_is_ranked_next() {
    let holdings = Holdings { labelled: rows(Task::Chat, 2000, 0), models: TUNED, preferences: 20, ..Holdings::default() };
    let advice = check(&holdings, Method::Dpo, Place::Rank, Confidence::Medium);
    assert!(advice[0].needs.as_ref().unwrap().contains("30 more pairs"));
}

#[test]
fn preferences_without_a_tuned_model_are_learned_as_answers_first() {
    let holdings = Holdings { preferences: 400, models: OWN, ..Holdings::default() };
    let advice = check(&holdings, Method::Sft, Place::FineTune, Confidence::Medium);
    assert!(advice[0].why.contains("400 preferred answers"));
    assert_eq!(of(&advice, Method::Dpo).page, Place::FineTune);
}

#[test]
fn answers_that_can_be_checked_are_a_reward() {
    let holdings = Holdings { labelled: rows(Task::Answers, 500, 0), models: TUNED, ..Holdings::default() };
    let advice = check(&holdings, Method::Rlhf, Place::Rlhf, Confidence::Medium);
    assert!(advice[0].why.contains("500 rows can be checked"));
}

#[test]
fn a_reward_model_and_prompts_are_reinforced() {
    let models = Models { reward: true, ..TUNED };
    let holdings = Holdings { prompts: 1000, preferences: 100, models, ..Holdings::default() };
    let advice = advise(&holdings);
    assert_eq!(of(&advice, Method::Rlhf).needs, None);
    let prompts = Holdings { prompts: 1000, models: TUNED, ..Holdings::default() };
    let advice = advise(&prompts);
    let reinforcement = of(&advice, Method::Rlhf);
    assert_eq!((reinforcement.page, reinforcement.confidence), (Place::Rank, Confidence::Low));
}

#[test]
fn much_text_and_a_tiny_model_ask_for_a_larger_one() {
    let holdings = Holdings { corpus_tokens: 500_000_000, models: OWN, ..Holdings::default() };
    let advice = check(&holdings, Method::Pretrain, Place::Pretrain, Confidence::Medium);
    assert!(advice[0].why.contains("1.1 M parameters") && advice[0].why.contains("100 M parameters"), "{}", advice[0].why);
}

#[test]
fn the_largest_set_of_a_kind_is_spoken_of() {
    let labelled = [rows(Task::Classes, 50, 2), rows(Task::Classes, 900, 3), rows(Task::Entities, 0, 0)].concat();
    let advice = advise(&Holdings { labelled, models: ENCODER, ..Holdings::default() });
    assert!(of(&advice, Method::Classify).why.starts_with("900 rows in 3 classes"));
    assert!(advice.iter().all(|a| a.method != Method::Tag));
}

#[test]
fn rows_without_labels_lead_to_the_label_page() {
    let holdings = Holdings { labelled: rows(Task::Classes, 0, 2), models: ENCODER, ..Holdings::default() };
    let advice = advise(&holdings);
    let classify = of(&advice, Method::Classify);
    assert_eq!(classify.page, Place::Label);
    assert!(classify.needs.as_deref().unwrap().contains("label until each class has"), "{classify:?}");
}
