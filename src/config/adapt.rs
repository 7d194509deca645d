//! Which parameters of a model train: all, the last layers, or small matrices beside frozen ones. Knows no model.

use serde::{Deserialize, Serialize};

/// A matrix of a block, by its part in the architecture. GPT-2 has one matrix for queries, keys and values, and no gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    Q,
    K,
    V,
    O,
    Gate,
    Up,
    Down,
}

impl Projection {
    pub const ALL: [Self; 7] = [Self::Q, Self::K, Self::V, Self::O, Self::Gate, Self::Up, Self::Down];

    pub fn name(self) -> &'static str {
        match self {
            Self::Q => "queries",
            Self::K => "keys",
            Self::V => "values",
            Self::O => "attention output",
            Self::Gate => "gate",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// Which parameters of a model train.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adapt {
    #[default]
    Full,
    /// The last k blocks, the final norm and the head; 0: these two alone. A head that shares the embedding's matrix stays frozen.
    LastLayers { k: usize },
    /// W + α / rank · B A, with W frozen (Hu et al. 2021). A head of classes trains whole.
    Lora { rank: usize, alpha: f64, targets: Vec<Projection> },
}

impl Adapt {
    /// What PEFT and its users begin with: rank 8, α 16, every matrix of the blocks.
    pub fn lora() -> Self {
        Self::Lora { rank: 8, alpha: 16.0, targets: Projection::ALL.to_vec() }
    }
}
