//! Read-only memory maps: the one place outside the kernels with `unsafe`.

use std::fs::File;
use std::io;
use std::path::Path;

/// A file's bytes, paged in as they are touched.
#[derive(Debug)]
pub(super) struct Mapped(Option<memmap2::Mmap>);

impl Mapped {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            // An empty map is an error on some platforms.
            return Ok(Self(None));
        }
        #[expect(unsafe_code, reason = "a memory map is sound only while nobody changes the file")]
        // SAFETY: the files mapped here are written once, into a folder that is renamed into place when they are complete,
        // and never opened for writing again; the project folder is locked against a second writing program.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Self(Some(map)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}
