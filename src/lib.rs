//! Lyceum: a workbench where a person pre-trains, fine-tunes and prompts transformer language models.
//!
//! The modules stand in reading order; `ARCHITECTURE.md` has the codemap and the invariants. Everything here but `state`
//! serves a window, a script and a test alike; what draws lives in `ui` and `app`, behind the feature `gui`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod config;
pub mod data;
pub mod engine;
pub mod evaluate;
pub mod feedback;
pub mod formats;
pub mod infer;
pub mod kernels;
pub mod model;
pub mod store;
pub mod tokenizer;
pub mod train;

pub mod cli;
pub mod state;

#[cfg(feature = "gui")]
pub mod app;
#[cfg(feature = "gui")]
pub mod ui;
