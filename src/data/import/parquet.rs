//! Parquet files, row by row through the plain record interface. Knows no schema.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row as Record};
use serde_json::{Map, Value};

use super::rows::{Next, Row, Rows};
use crate::data::error::ImportError;

const MAGIC: &[u8; 4] = b"PAR1";

/// Rows of a parquet file.
pub struct ParquetRows {
    rows: RowIter<'static>,
    columns: Vec<String>,
    total: u64,
    done: u64,
    bytes: u64,
    path: PathBuf,
    ended: bool,
}

impl ParquetRows {
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let bytes = check_ends(path)?;
        let file = File::open(path).map_err(|e| ImportError::from_io(e, path))?;
        let reader = guarded(|| SerializedFileReader::new(file).map_err(|e| e.to_string())).map_err(|e| damaged(e, path))?;
        let meta = reader.metadata().file_metadata();
        let columns = meta.schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
        let total = u64::try_from(meta.num_rows()).unwrap_or(0);
        let rows = guarded(|| Ok(RowIter::from_file_into(Box::new(reader)))).map_err(|e| damaged(e, path))?;
        Ok(Self { rows, columns, total, done: 0, bytes, path: path.to_path_buf(), ended: false })
    }
}

impl Rows for ParquetRows {
    fn next(&mut self) -> Result<Next, ImportError> {
        if self.ended {
            return Ok(Next::End);
        }
        let rows = &mut self.rows;
        let row = guarded(|| rows.next().transpose().map_err(|e| e.to_string()));
        match row {
            Ok(None) => {
                self.ended = true;
                Ok(Next::End)
            }
            Ok(Some(record)) => {
                self.done += 1;
                let cells = record.into_columns().into_iter().map(|(name, field)| (name, value(field))).collect();
                Ok(Next::Row(Row { line: self.done, cells }))
            }
            // What was read is good; of what follows the pages cannot be trusted.
            Err(reason) if self.done > 0 => {
                self.ended = true;
                Ok(Next::Skipped { line: self.done + 1, why: format!("from this row on the file is damaged ({reason})") })
            }
            Err(reason) => Err(damaged(reason, &self.path)),
        }
    }

    fn position(&self) -> u64 {
        (self.bytes as f64 * self.done as f64 / self.total.max(1) as f64) as u64
    }

    fn count(&self) -> Option<u64> {
        Some(self.total)
    }

    fn columns(&self) -> Option<&[String]> {
        Some(&self.columns)
    }
}

/// Start and end of the file, before anything believes its footer.
fn check_ends(path: &Path) -> Result<u64, ImportError> {
    let failed = |e| ImportError::from_io(e, path);
    let truncated =
        |reason: &str| ImportError::Truncated { format: "parquet", reason: reason.to_owned(), path: path.to_path_buf() };
    let mut file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes == 0 {
        return Err(ImportError::Empty { path: path.to_path_buf() });
    }
    let (mut start, mut end) = ([0; 4], [0; 8]);
    if bytes < 12 {
        return Err(truncated("it is shorter than any parquet file"));
    }
    file.read_exact(&mut start).map_err(failed)?;
    if &start != MAGIC {
        return Err(damaged("it does not start as a parquet file does".to_owned(), path));
    }
    file.seek(SeekFrom::End(-8)).map_err(failed)?;
    file.read_exact(&mut end).map_err(failed)?;
    let [a, b, c, d, magic @ ..] = end;
    if &magic != MAGIC {
        return Err(truncated("its last bytes, which say where everything is, are missing"));
    }
    if u64::from(u32::from_le_bytes([a, b, c, d])) + 12 > bytes {
        return Err(truncated("its table of contents is longer than the file"));
    }
    Ok(bytes)
}

fn damaged(reason: String, path: &Path) -> ImportError {
    ImportError::Damaged { format: "parquet", reason, path: path.to_path_buf() }
}

/// The crate panics on some damaged pages; here that is an error like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("its pages are damaged".to_owned()))
}

fn value(field: Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(x) => x.into(),
        Field::Byte(x) => x.into(),
        Field::Short(x) => x.into(),
        Field::Int(x) | Field::Date(x) | Field::TimeMillis(x) => x.into(),
        Field::Long(x) | Field::TimeMicros(x) | Field::TimestampMillis(x) | Field::TimestampMicros(x) => x.into(),
        Field::UByte(x) => x.into(),
        Field::UShort(x) => x.into(),
        Field::UInt(x) => x.into(),
        Field::ULong(x) => x.into(),
        Field::Float(x) => x.into(),
        Field::Double(x) => x.into(),
        Field::Str(x) => x.into(),
        // Older writers leave out that their strings are strings.
        Field::Bytes(x) => String::from_utf8_lossy(x.data()).into_owned().into(),
        Field::Group(record) => object(record),
        Field::ListInternal(list) => list.elements().iter().cloned().map(value).collect(),
        Field::MapInternal(map) => {
            let entry = |(key, item): &(Field, Field)| (plain(key), value(item.clone()));
            Value::Object(map.entries().iter().map(entry).collect())
        }
        other @ (Field::Float16(_) | Field::Decimal(_)) => other.to_string().into(),
    }
}

fn plain(field: &Field) -> String {
    match field {
        Field::Str(text) => text.clone(),
        other => other.to_string(),
    }
}

fn object(record: Record) -> Value {
    let fields: Map<String, Value> = record.into_columns().into_iter().map(|(name, field)| (name, value(field))).collect();
    Value::Object(fields)
}
