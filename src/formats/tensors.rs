//! Named tensors in safetensors files: floats of any width in, f32 out. Knows no architecture.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, View};

use super::FormatError;

/// One tensor to write: borrowed, row-major.
pub struct Named<'a> {
    pub name: Cow<'a, str>,
    pub shape: &'a [usize],
    pub data: &'a [f32],
}

/// How a weight is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 32-bit floats, as they are trained.
    Full,
    /// 16-bit floats (IEEE 754 half precision), rounded: half the size, three digits.
    Half,
}

impl Width {
    /// As transformers calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "float32",
            Self::Half => "float16",
        }
    }
}

/// A tensor and how to write it.
struct Written<'a> {
    tensor: &'a Named<'a>,
    width: Width,
}

impl View for Written<'_> {
    fn dtype(&self) -> Dtype {
        match self.width {
            Width::Full => Dtype::F32,
            Width::Half => Dtype::F16,
        }
    }
    fn shape(&self) -> &[usize] {
        self.tensor.shape
    }
    /// Copied one tensor at a time: safetensors asks for them in turn as it writes.
    fn data(&self) -> Cow<'_, [u8]> {
        let data = self.tensor.data.iter();
        Cow::Owned(match self.width {
            Width::Full => data.flat_map(|x| x.to_le_bytes()).collect(),
            Width::Half => data.flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect(),
        })
    }
    fn data_len(&self) -> usize {
        let bytes = match self.width {
            Width::Full => 4,
            Width::Half => 2,
        };
        self.tensor.data.len() * bytes
    }
}

/// Writes tensors as f32.
pub fn write(path: &Path, tensors: &[Named<'_>]) -> Result<(), FormatError> {
    write_as(path, tensors, Width::Full)
}

/// Writes tensors in this width. `format: pt` is what transformers insists on.
pub fn write_as(path: &Path, tensors: &[Named<'_>], width: Width) -> Result<(), FormatError> {
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let written = tensors.iter().map(|tensor| (tensor.name.as_ref(), Written { tensor, width }));
    safetensors::serialize_to_file(written, Some(metadata), path).map_err(|e| match e {
        safetensors::SafeTensorError::IoError(source) => {
            FormatError::Io { what: "write the weights", path: path.to_owned(), source }
        }
        other => {
            FormatError::Io { what: "write the weights", path: path.to_owned(), source: std::io::Error::other(other.to_string()) }
        }
    })
}

/// Calls `take` with each tensor of a file: its name, and what it is. Stops at the first error.
pub fn read(path: &Path, mut take: impl FnMut(&str, &TensorView<'_>) -> Result<(), FormatError>) -> Result<(), FormatError> {
    let bytes = std::fs::read(path).map_err(FormatError::io("read the weights", path))?;
    let damaged = |e: safetensors::SafeTensorError| FormatError::Damaged { reason: e.to_string(), path: path.to_owned() };
    let file = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    let mut tensors: Vec<_> = file.iter().collect();
    tensors.sort_by(|a, b| a.0.cmp(b.0));
    tensors.iter().try_for_each(|(name, view)| take(name, view))
}

/// Copies a tensor into `out` as f32. The caller has compared the shapes.
pub fn copy_f32(name: &str, view: &TensorView<'_>, out: &mut [f32], path: &Path) -> Result<(), FormatError> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => fill(out, bytes, f32::from_le_bytes),
        Dtype::F64 => fill(out, bytes, |b| f64::from_le_bytes(b) as f32),
        Dtype::BF16 => fill(out, bytes, |b| bf16::from_le_bytes(b).to_f32()),
        Dtype::F16 => fill(out, bytes, |b| f16::from_le_bytes(b).to_f32()),
        other => return Err(FormatError::Dtype { name: name.to_owned(), dtype: format!("{other:?}"), path: path.to_owned() }),
    }
    Ok(())
}

/// Every file that holds weights: the one, or the shards that the index names.
pub fn weight_files(dir: &Path) -> Result<Vec<PathBuf>, FormatError> {
    let single = dir.join("model.safetensors");
    let index = dir.join("model.safetensors.index.json");
    if single.is_file() {
        return Ok(vec![single]);
    }
    if index.is_file() {
        return shards(dir, &index);
    }
    let pickle = dir.join("pytorch_model.bin");
    if pickle.is_file() {
        return Err(FormatError::Pickle { path: pickle });
    }
    Err(FormatError::Missing { what: "model.safetensors", path: dir.to_owned() })
}

fn shards(dir: &Path, index: &Path) -> Result<Vec<PathBuf>, FormatError> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let text = std::fs::read_to_string(index).map_err(FormatError::io("read the index of shards", index))?;
    let parsed: Index = serde_json::from_str(&text).map_err(|source| FormatError::Json { path: index.to_owned(), source })?;
    let mut names: Vec<String> = parsed.weight_map.into_values().collect();
    names.sort();
    names.dedup();
    // A name with a folder in it could point anywhere on the disk.
    if let Some(bad) = names.iter().find(|n| n.contains(['/', '\\'])) {
        return Err(FormatError::State {
            what: format!("the index names the shard '{bad}' outside its folder"),
            path: index.to_owned(),
        });
    }
    Ok(names.into_iter().map(|n| dir.join(n)).collect())
}

fn fill<const N: usize>(out: &mut [f32], bytes: &[u8], convert: impl Fn([u8; N]) -> f32) {
    let (chunks, _) = bytes.as_chunks::<N>();
    for (o, chunk) in out.iter_mut().zip(chunks) {
        *o = convert(*chunk);
    }
}
