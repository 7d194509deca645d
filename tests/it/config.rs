//! The checks of a run, one by one: what is refused, under which field, and that the sentence says how to mend it.

use lyceum::config::{CorpusFacts, Objective, RunConfig, ShotsOf, first_run, presets};

fn facts() -> CorpusFacts {
    CorpusFacts {
        train_tokens: 100_000,
        val_tokens: 5_000,
        val_bytes: 20_000,
        vocab_size: 512,
        eos: Some(0),
        pad: Some(1),
        mask: Some(2),
        special: (0..8).collect(),
        rows: None,
    }
}

/// Fields that are complained about.
fn fields(change: impl FnOnce(&mut RunConfig, &mut CorpusFacts)) -> Vec<&'static str> {
    let (mut config, mut facts) = (RunConfig::default(), facts());
    change(&mut config, &mut facts);
    let errors = config.plan(&facts, None).err().unwrap_or_default();
    for error in &errors {
        let text = &error.message;
        assert!(text.ends_with('.') && text.contains([';', ',']), "not a sentence with a remedy: {text}");
    }
    errors.iter().map(|e| e.field).collect()
}

#[test]
fn the_defaults_and_every_preset_make_plans() {
    assert_eq!(fields(|_, _| ()), [""; 0]);
    for objective in [Objective::Causal, Objective::Masked] {
        for preset in presets(objective).into_iter().take(5) {
            let found = fields(|config, facts| {
                preset.apply(config);
                facts.vocab_size = preset.vocab_size;
            });
            assert_eq!(found, [""; 0], "{}", preset.name);
        }
    }
}

#[test]
fn each_mistake_is_named() {
    assert_eq!(fields(|c, _| c.lr = 0.0), ["lr"]);
    assert_eq!(fields(|c, _| c.lr = f64::NAN), ["lr"]);
    assert_eq!(fields(|c, _| c.dropout = 1.0), ["dropout"]);
    assert_eq!(fields(|c, _| c.beta2 = 1.0), ["beta2"]);
    assert_eq!(fields(|c, _| c.eps = 0.0), ["eps"]);
    assert_eq!(fields(|c, _| c.steps = 0), ["steps"]);
    assert_eq!(fields(|c, _| c.batch_size = 0), ["batch_size"]);
    assert_eq!(fields(|c, _| c.grad_accum = 0), ["grad_accum"]);
    assert_eq!(fields(|c, _| c.weight_decay = -1.0), ["weight_decay"]);
    assert_eq!(fields(|c, _| c.clip_norm = f64::INFINITY), ["clip_norm"]);
    assert_eq!(fields(|c, _| c.min_lr_ratio = 2.0), ["min_lr_ratio"]);
    assert_eq!(fields(|c, _| c.eval_sequences = 0), ["eval_sequences"]);
    assert_eq!(fields(|c, _| (c.shots_of, c.eval_every) = (ShotsOf::Dataset(1), 0)), ["shots_of"]);
    assert_eq!(fields(|c, _| (c.shots_of, c.objective) = (ShotsOf::Dataset(1), Objective::Masked)), ["shots_of"]);
    assert_eq!(fields(|c, _| c.dims.n_heads = 5), ["n_heads"]);
    assert_eq!(fields(|c, _| c.dims.n_kv_heads = 3), ["n_kv_heads"]);
    assert_eq!(fields(|c, _| c.dims.n_layers = 0), ["n_layers"]);
    assert_eq!(fields(|c, _| c.dims.context = 1), ["context"]);
    assert_eq!(fields(|c, _| c.dims.d_model = usize::MAX), ["d_model"]);
    assert_eq!(fields(|_, f| f.vocab_size = 0), ["vocab_size"]);
    assert_eq!(fields(|_, f| f.val_tokens = 0), ["eval_every"]);
    assert_eq!(fields(|_, f| f.train_tokens = 128), ["context"]);
    assert_eq!(fields(|_, f| f.train_tokens = 129), [""; 0]);
    let masked = |c: &mut RunConfig| c.objective = Objective::Masked;
    assert_eq!(
        fields(|c, f| {
            masked(c);
            f.mask = None;
        }),
        ["objective"]
    );
    assert_eq!(
        fields(|c, _| {
            masked(c);
            c.mask_prob = 0.0;
        }),
        ["mask_prob"]
    );
    assert_eq!(
        fields(|c, f| {
            masked(c);
            f.train_tokens = 128;
        }),
        [""; 0]
    );
}

#[test]
fn everything_wrong_comes_back_at_once() {
    let found = fields(|c, f| {
        c.lr = -1.0;
        c.dropout = 2.0;
        f.train_tokens = 10;
    });
    assert_eq!(found, ["lr", "dropout", "context"]);
}

#[test]
fn a_branch_keeps_its_parents_shape() {
    let parent = RunConfig::default().plan(&facts(), None).unwrap().model().clone();
    let mut config = RunConfig::default();
    config.dims.n_layers = 9;
    assert_eq!(config.plan(&facts(), Some(&parent)).unwrap().model(), &parent);
    config.dims.context = 200;
    let error = &config.plan(&facts(), Some(&parent)).unwrap_err()[0];
    assert_eq!(
        (error.field, error.message.as_str()),
        ("context", "The checkpoint takes at most 128 tokens; shorten the context of 200.")
    );
    let masked = RunConfig { objective: Objective::Masked, ..RunConfig::default() };
    assert_eq!(masked.plan(&facts(), Some(&parent)).unwrap_err()[0].field, "objective");
    let more = CorpusFacts { vocab_size: 600, ..facts() };
    assert_eq!(RunConfig::default().plan(&more, Some(&parent)).unwrap_err()[0].field, "corpus");
}

#[test]
fn replicas_follow_threads_and_batch() {
    let plan = |threads, batch_size| {
        let plan = RunConfig { threads, batch_size, ..RunConfig::default() }.plan(&facts(), None).unwrap();
        (plan.replicas(), plan.threads_per_replica())
    };
    assert_eq!(plan(2, 16), (2, 1));
    assert_eq!(plan(4, 2), (2, 2));
    assert_eq!(plan(1, 16), (1, 1));
}

#[test]
fn estimates_say_what_a_plan_will_have() {
    let mut config = RunConfig::default();
    first_run(Objective::Causal).apply(&mut config);
    let estimate = config.estimate(512).unwrap();
    let plan = config.plan(&facts(), None).unwrap();
    assert_eq!(estimate.n_params, plan.model().n_params());
    assert_eq!(estimate.tokens_per_step, plan.tokens_per_step());
    assert!(estimate.training_memory_bytes > 12 * estimate.n_params);
    config.dims.n_heads = 7;
    assert_eq!(config.estimate(512).unwrap_err()[0].field, "n_heads");
}
