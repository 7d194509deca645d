//! What templates find besides the turns: Python's methods, its JSON, `raise_exception`, the date. Knows no template.

use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value};
use serde::Serialize as _;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::{CLOSE, OPEN};

/// What the message of `raise_exception` begins with, to know it again.
pub(super) const RAISED: &str = "\u{FDD2}";
/// Steps that a template may take: enough for thousands of turns, and an end for one that never comes to one.
const FUEL: u64 = 5_000_000;

pub(super) fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    // As Hugging Face compiles them. Only unusual delimiters could fail here, and these are the usual ones.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        env.set_syntax(syntax);
    }
    env.set_fuel(Some(FUEL));
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.add_function("raise_exception", |said: String| -> Result<String, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, format!("{RAISED}{said}")))
    });
    env.add_function("strftime_now", |format: String| {
        let wrong = |e: jiff::Error| Error::new(ErrorKind::InvalidOperation, e.to_string());
        jiff::fmt::strtime::format(format, &jiff::Zoned::now()).map_err(wrong)
    });
    env.add_filter("tojson", to_json);
    env.add_filter("trained_generation", |text: String| format!("{OPEN}{text}{CLOSE}"));
    env
}

/// JSON as Python writes it: not escaped, a space after commas and colons.
#[expect(clippy::needless_pass_by_value, reason = "filters take their named arguments by value")]
fn to_json(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let failed = |e: serde_json::Error| Error::new(ErrorKind::BadSerialization, e.to_string());
    let mut bytes = Vec::new();
    match indent {
        Some(width) => {
            let spaces = " ".repeat(width.min(16));
            let formatter = PrettyFormatter::with_indent(spaces.as_bytes());
            value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter)).map_err(failed)?;
        }
        None => value.serialize(&mut Serializer::with_formatter(&mut bytes, Spaced)).map_err(failed)?,
    }
    Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// `{% generation %}` is a tag of Hugging Face's own: it becomes a filter block that marks what it holds. Says whether there was one.
pub(super) fn translate(source: &str) -> (String, bool) {
    let (mut out, mut rest, mut found) = (String::with_capacity(source.len()), source, false);
    while let Some((before, after)) = rest.split_once("{%") {
        out.push_str(before);
        out.push_str("{%");
        let Some((tag, tail)) = after.split_once("%}") else {
            rest = after;
            continue;
        };
        let word = tag.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+');
        match word {
            "generation" => {
                found = true;
                out.push_str(&tag.replace("generation", "filter trained_generation"));
            }
            "endgeneration" => out.push_str(&tag.replace("endgeneration", "endfilter")),
            _ => {
                rest = after;
                continue;
            }
        }
        out.push_str("%}");
        rest = tail;
    }
    out.push_str(rest);
    (out, found)
}
