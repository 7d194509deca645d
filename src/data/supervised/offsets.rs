//! Places in a text: characters in files, bytes in here. Knows nothing of what stands there.

/// What a file counts places in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OffsetUnit {
    /// Unicode scalar values, as Python counts.
    #[default]
    Chars,
    /// UTF-8 bytes.
    Bytes,
    /// UTF-16 units, as JavaScript counts.
    Utf16,
}

/// Why a place is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPlace {
    PastEnd,
    InCharacter,
}

/// Byte at a place of the text; its end is a place, too.
pub fn byte_of(text: &str, place: u64, unit: OffsetUnit) -> Result<usize, BadPlace> {
    let place = usize::try_from(place).map_err(|_too_large| BadPlace::PastEnd)?;
    match unit {
        OffsetUnit::Bytes if place > text.len() => Err(BadPlace::PastEnd),
        OffsetUnit::Bytes if text.is_char_boundary(place) => Ok(place),
        OffsetUnit::Bytes => Err(BadPlace::InCharacter),
        OffsetUnit::Chars => walk(text, place, |_| 1),
        OffsetUnit::Utf16 => walk(text, place, char::len_utf16),
    }
}

fn walk(text: &str, place: usize, width: impl Fn(char) -> usize) -> Result<usize, BadPlace> {
    let mut at = 0;
    for (byte, c) in text.char_indices() {
        if at == place {
            return Ok(byte);
        }
        if at > place {
            return Err(BadPlace::InCharacter);
        }
        at += width(c);
    }
    match at.cmp(&place) {
        std::cmp::Ordering::Equal => Ok(text.len()),
        std::cmp::Ordering::Greater => Err(BadPlace::InCharacter),
        std::cmp::Ordering::Less => Err(BadPlace::PastEnd),
    }
}

/// Characters before a byte; a byte within a character counts as its start.
pub fn char_of(text: &str, byte: usize) -> usize {
    text.get(..text.floor_char_boundary(byte)).unwrap_or_default().chars().count()
}
