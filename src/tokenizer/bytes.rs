//! The printable stand-ins for bytes that byte-level tokenizers write in their vocabulary (Radford et al. 2019), there and back.

/// The character that stands for a byte: itself if printable Latin-1, else one from U+0100 on.
pub(super) fn byte_to_char(byte: u8) -> char {
    match byte {
        b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => char::from(byte),
        // 0x00–0x20, then 0x7F–0xA0, then 0xAD, numbered through.
        0x00..=0x20 => above(u32::from(byte)),
        0x7F..=0xA0 => above(u32::from(byte) - 0x7F + 33),
        0xAD => above(67),
    }
}

fn above(n: u32) -> char {
    char::from_u32(0x100 + n).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that a character stands for; none for characters that stand for no byte.
pub(super) fn char_to_byte(c: char) -> Option<u8> {
    match u32::from(c) {
        n @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => Some(n as u8),
        n @ 0x100..=0x120 => Some((n - 0x100) as u8),
        n @ 0x121..=0x142 => Some((n - 0x121 + 0x7F) as u8),
        0x143 => Some(0xAD),
        _ => None,
    }
}

/// The bytes that a vocabulary entry stands for; none if a character of it stands for no byte.
pub(super) fn entry_to_bytes(entry: &str) -> Option<Vec<u8>> {
    entry.chars().map(char_to_byte).collect()
}

/// Text as is, and each byte that is no text as `\xE2`.
pub(super) fn show_bytes(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown.push_str(chunk.valid());
        for byte in chunk.invalid() {
            shown.push_str("\\x");
            let digits = [byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            shown.extend(digits.map(|digit| digit.to_ascii_uppercase()));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_own_character() {
        let mut seen = std::collections::BTreeSet::new();
        for byte in 0..=255_u8 {
            let c = byte_to_char(byte);
            assert!(seen.insert(c));
            assert_eq!(char_to_byte(c), Some(byte));
        }
        assert_eq!(byte_to_char(b' '), 'Ġ');
        assert_eq!(byte_to_char(b'\n'), 'Ċ');
        assert_eq!(char_to_byte('€'), None);
    }

    #[test]
    fn half_a_character_is_shown_as_its_bytes() {
        assert_eq!(show_bytes("aé".as_bytes()), "aé");
        assert_eq!(show_bytes(&[b'a', 0xE2, 0x82]), "a\\xE2\\x82");
    }
}
