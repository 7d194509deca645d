//! Decoding over kept keys and values: several sequences advance together, by one token or by a whole prompt.

use crate::kernels::{self, AttentionShape, Heads};

use super::config::ModelConfig;
use super::decoder::{enter_attention, leave_attention, ws_parts};
use super::head;
use super::weights::Model;
use super::workspace::{Acts, Pass, Workspace};

/// Keys and values of several sequences.
#[derive(Clone, Debug)]
pub struct KvCache {
    shape: AttentionShape,
    sequences: Vec<Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    len: usize,
    /// Positions there is room for.
    room: usize,
    /// Layer by layer, (kv heads, room, `head_dim`): a head's rows are read in one stream.
    k: Vec<Vec<f32>>,
    v: Vec<Vec<f32>>,
}

impl KvCache {
    /// Room for `capacity` sequences, empty. Memory is taken as they grow.
    pub fn new(config: &ModelConfig, capacity: usize) -> Self {
        let layers = vec![Vec::new(); config.n_layers];
        let sequences = vec![Kept { len: 0, room: 0, k: layers.clone(), v: layers }; capacity];
        Self { shape: config.attention(), sequences }
    }

    /// Tokens of sequence `i`.
    pub fn len(&self, i: usize) -> usize {
        self.sequences[i].len
    }

    /// Whether no sequence holds a token.
    pub fn is_empty(&self) -> bool {
        self.sequences.iter().all(|kept| kept.len == 0)
    }

    /// Forgets the tokens of sequence `i` from `len` on.
    pub fn truncate(&mut self, i: usize, len: usize) {
        let kept = &mut self.sequences[i];
        kept.len = kept.len.min(len);
    }

    /// Sequence `to` becomes a copy of sequence `from`: a prompt that several continue is read once.
    pub fn copy(&mut self, from: usize, to: usize) {
        self.sequences[to] = self.sequences[from].clone();
    }

    /// Forgets sequence `i` and gives its memory back.
    pub fn release(&mut self, i: usize) {
        let kept = &mut self.sequences[i];
        (kept.len, kept.room) = (0, 0);
        kept.k.iter_mut().chain(&mut kept.v).for_each(|rows| *rows = Vec::new());
    }
}

/// Appends `ids` to sequence `i`; `logits_last` (V) receives what follows the last of them, or is left empty if there is none.
pub fn prefill(model: &Model, cache: &mut KvCache, i: usize, ids: &[u32], logits_last: &mut Vec<f32>, ws: &mut Workspace) {
    logits_last.clear();
    let Some(last) = ids.len().checked_sub(1) else { return };
    advance(model, cache, &[(i, ids.len())], ids, ws);
    ws.head.rows.clear();
    ws.head.rows.push(last);
    head::logits(model, ws, logits_last);
}

/// Appends one token to each of these different sequences; `logits` (rows, V) receives what follows each.
pub fn decode_step(model: &Model, cache: &mut KvCache, rows: &[(usize, u32)], logits: &mut Vec<f32>, ws: &mut Workspace) {
    let spans: Vec<(usize, usize)> = rows.iter().map(|(i, _)| (*i, 1)).collect();
    let ids: Vec<u32> = rows.iter().map(|(_, id)| *id).collect();
    advance(model, cache, &spans, &ids, ws);
    ws.head.rows.clear();
    ws.head.rows.extend(0..rows.len());
    head::logits(model, ws, logits);
}

/// `ids` belong to the sequences of `spans` (sequence, tokens) in turn → `ws.hidden`.
fn advance(model: &Model, cache: &mut KvCache, spans: &[(usize, usize)], ids: &[u32], ws: &mut Workspace) {
    let (d, plan, shape) = (model.config.d_model, &model.layout.plan, cache.shape);
    let longest = spans.iter().map(|(i, n)| cache.len(*i) + n).max().unwrap_or(0);
    assert!(longest <= model.config.max_len, "{longest} tokens do not fit a context of {}", model.config.max_len);
    ws.rope.grow(longest);
    for (i, n) in spans {
        cache.sequences[*i].reserve(shape, *n);
    }
    ws.pass = Pass::default();
    ws.hidden.resize(ids.len() * d, 0.0);
    kernels::embed(ids, &model.weights[plan.embed..], d, &mut ws.hidden);
    if let Some(positions) = plan.positions {
        for_spans(spans, |first, i, n| {
            kernels::add_positions(&mut ws.hidden[first * d..][..n * d], &model.weights[positions..], d, cache.len(i));
        });
    }
    ws.acts.resize_with(ws.acts.len().max(1), Acts::default);
    for (layer, at) in plan.blocks.iter().enumerate() {
        let Workspace { acts, hidden, tmp, pass, rope, threads, .. } = ws;
        let Some(a) = acts.first_mut() else { return };
        a.fit(&model.config, ids.len());
        std::mem::swap(&mut a.x, hidden);
        enter_attention(model, at, a, (&mut tmp.lora, *threads));
        let ld = shape.qkv_width();
        for_spans(spans, |first, i, n| {
            let kept = &mut cache.sequences[i];
            let rows = &mut a.qkv[first * ld..][..n * ld];
            if model.config.arch.has_rope() {
                kernels::rope(rows, ld, shape.n_heads + shape.n_kv_heads, rope, kept.len, false);
            }
            kept.push(shape, layer, rows);
            let o = &mut a.o[first * shape.q_width()..][..n * shape.q_width()];
            let lse = &mut a.lse[first * shape.n_heads..][..n * shape.n_heads];
            kept.attend(shape, layer, rows, o, lse, &mut tmp.attention);
        });
        leave_attention(model, at, a, hidden, ws_parts(pass, tmp, *threads, layer));
    }
    for (i, n) in spans {
        cache.sequences[*i].len += n;
    }
}

/// Calls `f(first row, sequence, rows)` for each span.
fn for_spans(spans: &[(usize, usize)], mut f: impl FnMut(usize, usize, usize)) {
    let mut first = 0;
    for (i, n) in spans.iter().copied() {
        f(first, i, n);
        first += n;
    }
}

impl Kept {
    /// Makes room for `n` more positions, at least doubling it, so that moving costs little in the long run.
    fn reserve(&mut self, shape: AttentionShape, n: usize) {
        if self.len + n <= self.room {
            return;
        }
        let (hd, old) = (shape.head_dim, self.room);
        self.room = (self.len + n).max(2 * old).max(32);
        for rows in self.k.iter_mut().chain(&mut self.v) {
            let mut moved = vec![0.0; shape.kv_width() * self.room];
            if old > 0 {
                for (to, from) in moved.chunks_exact_mut(self.room * hd).zip(rows.chunks_exact(old * hd)) {
                    to[..old * hd].copy_from_slice(from);
                }
            }
            *rows = moved;
        }
    }

    /// Keeps the keys and values of rows [q | k | v].
    fn push(&mut self, shape: AttentionShape, layer: usize, rows: &[f32]) {
        let hd = shape.head_dim;
        for (pos, row) in (self.len..).zip(rows.chunks_exact(shape.qkv_width())) {
            let (k, v) = row[shape.q_width()..].split_at(shape.kv_width());
            for (rows, new) in [(&mut self.k[layer], k), (&mut self.v[layer], v)] {
                for (head, new) in rows.chunks_exact_mut(self.room * hd).zip(new.chunks_exact(hd)) {
                    head[pos * hd..][..hd].copy_from_slice(new);
                }
            }
        }
    }

    /// Attention of the newest rows over all that is kept.
    fn attend(&self, shape: AttentionShape, layer: usize, rows: &[f32], o: &mut [f32], lse: &mut [f32], scratch: &mut Vec<f32>) {
        let heads = |data| Heads { data, row_stride: shape.head_dim, head_stride: self.room * shape.head_dim };
        let (k, v) = (heads(&self.k[layer]), heads(&self.v[layer]));
        let n = rows.len() / shape.qkv_width();
        if n == 1 {
            kernels::attend_one(shape, &rows[..shape.q_width()], k, v, self.len + 1, o, scratch);
        } else {
            let q = Heads { data: rows, row_stride: shape.qkv_width(), head_stride: shape.head_dim };
            kernels::attention(shape, [q, k, v], (n, self.len + n), o, lse, scratch);
        }
    }
}
