//! The tokens that mean something besides text, and how they are found in a tokenizer that was made elsewhere.

/// Special tokens of every tokenizer trained here: ids 0 … 7, in this order.
pub const SPECIAL_TOKENS: [&str; 8] =
    ["<|endoftext|>", "<|pad|>", "<|mask|>", "<|unk|>", "<|cls|>", "<|sep|>", "<|im_start|>", "<|im_end|>"];

/// Ids of the special tokens that a tokenizer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Special {
    /// Ends a document.
    pub eos: Option<u32>,
    pub pad: Option<u32>,
    /// Stands for a hidden token in masked language modelling.
    pub mask: Option<u32>,
    pub unk: Option<u32>,
    pub cls: Option<u32>,
    pub sep: Option<u32>,
    /// Opens and closes a turn of a chat.
    pub im_start: Option<u32>,
    pub im_end: Option<u32>,
}

impl Special {
    /// By the names that are in use; the first that exists wins.
    pub fn find(id_of: impl Fn(&str) -> Option<u32>) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| id_of(name));
        let sep = first(&["<|sep|>", "[SEP]", "<sep>"]);
        Self {
            // BERT's family has no end of text; its separator does that service between documents.
            eos: first(&["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "[EOS]", "<|eot_id|>", "<|im_end|>"]).or(sep),
            pad: first(&["<|pad|>", "[PAD]", "<pad>", "<|finetune_right_pad_id|>"]),
            mask: first(&["<|mask|>", "[MASK]", "<mask>"]),
            unk: first(&["<|unk|>", "[UNK]", "<unk>"]),
            cls: first(&["<|cls|>", "[CLS]", "<cls>"]),
            sep,
            im_start: first(&["<|im_start|>"]),
            im_end: first(&["<|im_end|>"]),
        }
    }

    /// All that exist, ascending, each once.
    pub fn ids(&self) -> Vec<u32> {
        let all = [self.eos, self.pad, self.mask, self.unk, self.cls, self.sep, self.im_start, self.im_end];
        let mut ids: Vec<u32> = all.into_iter().flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
