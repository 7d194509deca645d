//! Reads classes: one label or several, names or numbers. Knows no file.

use serde_json::Value;

use super::fields::{Fields, label_of, structured};
use super::{Classified, Problem};

pub(super) fn classes(fields: &Fields<'_>) -> Result<Classified, Problem> {
    let text = fields.text("text")?;
    let column = fields.column("label").ok_or(Problem::Unmapped { part: "label" })?;
    let value = fields.maybe("label").ok_or_else(|| Problem::NoLabel { column: column.to_owned() })?.1;
    let value = structured(value);
    match value.as_ref() {
        // No class at all is an answer, too, where several may be right.
        Value::Array(list) => {
            let labels = list.iter().map(|label| label_of(column, label)).collect::<Result<_, _>>()?;
            Ok(Classified { text, labels, several: true })
        }
        one => Ok(Classified { text, labels: vec![label_of(column, one)?], several: false }),
    }
}
