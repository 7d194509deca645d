//! The one integration binary: each module tests one part from the outside, without network, display or files beyond the repository.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod adapters;
mod advisor;
mod alignment;
mod annotations;
mod cli;
mod config;
mod corpus;
mod engine;
mod feedback_files;
mod generation;
mod gigabyte;
mod head_folders;
mod head_losses;
mod heads;
mod hf_folder;
mod importers;
mod in_context;
mod inspect;
#[cfg(feature = "gui")]
mod judged_pages;
mod kernels;
#[cfg(feature = "gui")]
mod lab_page;
#[cfg(feature = "gui")]
mod label_page;
mod labelled_files;
mod metrics;
mod model_goldens;
mod optimiser;
mod ppo;
mod preference_goldens;
mod preference_slopes;
#[cfg(feature = "gui")]
mod prompt_views;
mod rank_command;
mod rank_state;
#[cfg(feature = "gui")]
mod rank_window;
#[cfg(feature = "gui")]
mod rlhf_watch;
mod rollouts;
mod run_figures;
mod sampling;
mod state;
mod store;
mod supervised;
mod surveys;
mod talk_state;
mod tidy;
mod tokenizer;
mod training;
#[cfg(feature = "gui")]
mod training_pages;
mod trunk;
mod tuning;
mod votes;
#[cfg(feature = "gui")]
mod window;
