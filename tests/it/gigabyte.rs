//! A gigabyte of text: memory stays small, and tokenising is no slower than the `tokenizers` crate by itself. Run by hand:
//! `cargo test --release --test it -- --ignored --exact gigabyte::a_gigabyte_fits_in_half_of_it --nocapture`

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use lyceum::data::{Documents, corpus, import, inspect, quiet};
use lyceum::engine::command::{TokenizerKind, TokenizerSpec};
use lyceum::tokenizer::Tokenizer;

/// Highest resident memory so far, in MB.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// The sample world over and over, with other numbers, so that no two documents are the same.
fn write_text(path: &std::path::Path, bytes: usize) {
    let world = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data/world.txt")).unwrap();
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let (mut written, mut n) = (0, 0_u64);
    let mut part = String::new();
    while written < bytes {
        for story in world.split("\n\n") {
            n += 1;
            part.clear();
            write!(part, "{story} {:x}\n\n", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).unwrap();
            file.write_all(part.as_bytes()).unwrap();
            written += part.len();
        }
    }
}

#[test]
#[ignore = "writes some gigabytes and takes minutes"]
fn a_gigabyte_fits_in_half_of_it() {
    let say = |text: String| writeln!(std::io::stderr(), "{text}").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("text.txt");
    write_text(&text, 1 << 30);
    let timed = |what: &str, began: Instant, bytes: f64| {
        let s = began.elapsed().as_secs_f64();
        say(format!("{what}: {s:.1} s, {:.1} MB/s, peak {} MB", bytes / s / 1e6, peak_mb()));
    };
    let began = Instant::now();
    let mapping = inspect(&text).unwrap().mapping;
    let summary = import(&text, &mapping, &dir.path().join("docs"), &mut quiet).unwrap();
    let bytes = summary.bytes as f64;
    timed("import", began, bytes);
    let docs = Documents::open(&dir.path().join("docs")).unwrap();
    let began = Instant::now();
    docs.stats(&mut quiet).unwrap();
    timed("statistics", began, bytes);
    let began = Instant::now();
    let spec = TokenizerSpec { kind: TokenizerKind::ByteBpe, vocab_size: 4096 };
    let tokenizer = Tokenizer::train(spec, &docs, &mut quiet).unwrap().tokenizer;
    timed("learning a tokenizer from 64 MB", began, (64 << 20) as f64);
    drop(docs);

    // Opened anew: pages of the map that training touched would count as memory.
    let docs = Documents::open(&dir.path().join("docs")).unwrap();
    let began = Instant::now();
    let mut tokenising = None;
    let made = corpus::build(&docs, &tokenizer, 0.05, 1, &dir.path().join("corpus"), &mut |tick| {
        if tick.what == "Tokenising" && tokenising.is_none() {
            tokenising = Some(Instant::now());
        }
        std::ops::ControlFlow::Continue(())
    });
    timed("tokenising and baselines, from the first batch on", tokenising.unwrap(), bytes);
    timed("the whole corpus", began, bytes);
    let meta = made.unwrap().meta;
    say(format!("{} documents, {} tokens, {:?}", docs.len(), meta.train_tokens + meta.val_tokens, meta.baselines));
    assert!(peak_mb() < 500, "{} MB", peak_mb());

    // The crate by itself, on a part in memory.
    let parts: Vec<&str> = (0..docs.len())
        .map(|i| docs.get(i))
        .scan(0, |sum, text| {
            *sum += text.len();
            (*sum < 64 << 20).then_some(text)
        })
        .collect();
    let bytes = parts.iter().map(|text| text.len()).sum::<usize>() as f64;
    let crates = tokenizers::Tokenizer::from_bytes(tokenizer.to_json()).unwrap();
    for _ in 0..2 {
        let began = Instant::now();
        for batch in parts.chunks(5000) {
            drop(crates.encode_batch(batch.to_vec(), false).unwrap());
        }
        timed("the crate's encode_batch", began, bytes);
        let began = Instant::now();
        for batch in parts.chunks(5000) {
            drop(crates.encode_batch_fast(batch.to_vec(), false).unwrap());
        }
        timed("the crate's encode_batch_fast", began, bytes);
        let began = Instant::now();
        for batch in parts.chunks(5000) {
            drop(tokenizer.encode_batch(batch.to_vec()));
        }
        timed("our encode_batch", began, bytes);
    }
}
