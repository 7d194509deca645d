//! Model folders on disk: names and layouts in, names and layouts out. Knows no trainer, no project and no thread.

mod error;
pub mod hf;
mod hf_config;
mod hf_head;
mod peft;
pub mod resume;
pub mod tensors;

pub use error::FormatError;
pub use hf::{Loaded, load_folder, save_folder, save_folder_as, save_inputs, save_new_folder};
pub use hf_config::{read_config, write_config};
pub use peft::{is_adapter, load_adapter};
pub use tensors::Width;
