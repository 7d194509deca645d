//! CPU functions on slices, each forward beside its backward. They know no model, no thread and no file.
//!
//! Conventions: matrices are row-major `f32`; `n` rows are tokens; a backward *adds* to the gradients of weights and, unless its
//! comment says otherwise, *overwrites* the gradients of activations. Lengths are the caller's duty and are asserted.

#![expect(clippy::inline_always, reason = "a loop gets the CPU's widest vectors only where it is inlined into `simd`")]

mod activation;
mod attention;
mod cross_entropy;
mod dropout;
mod embed;
mod linear;
mod math;
mod matmul;
mod norm;
mod rope;
mod unpacked;

pub use activation::{gelu_erf, gelu_erf_backward, gelu_tanh, gelu_tanh_backward, swiglu, swiglu_backward, tanh, tanh_backward};
pub use attention::{AttentionShape, Heads, attention, attention_backward};
pub use cross_entropy::{cross_entropy, cross_entropy_backward};
pub use dropout::{Dropout, dropout, dropout_add};
pub use embed::{add_positions, add_positions_backward, add_row, add_row_backward, embed, embed_backward};
pub use linear::{Linear, LinearGrad, Lora, LoraGrad};
pub use math::{add_assign, dot, exp, max, sum, sum_of_squares};
pub use matmul::{Mat, matmul};
pub use norm::{layer_norm, layer_norm_backward, rms_norm, rms_norm_backward};
pub use rope::{RopeScale, RopeTable, rope};
pub use unpacked::{attend_one, unpacked, unpacked_pays};

/// Runs a loop compiled for the widest vectors of the CPU at hand (x86: AVX2 or AVX-512; elsewhere: the baseline).
///
/// Only what is inlined into `f` is compiled so: give closures and the functions they call `#[inline(always)]`.
#[inline(always)]
pub(crate) fn simd<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}
