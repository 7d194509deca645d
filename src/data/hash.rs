//! A fast, fixed 128-bit hash of text: the same on every machine and in every version, as splits and duplicates depend on it.

/// MurmurHash3, x64, 128 bits, seed 0 (Appleby 2011). Not for adversaries.
pub fn hash128(text: &[u8]) -> u128 {
    let (mut h1, mut h2) = (0_u64, 0_u64);
    let (blocks, tail) = text.as_chunks::<16>();
    for block in blocks {
        let whole = u128::from_le_bytes(*block);
        h1 ^= mix1(whole as u64);
        h1 = h1.rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52DC_E729);
        h2 ^= mix2((whole >> 64) as u64);
        h2 = h2.rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5AB5);
    }
    let last = tail.iter().rev().fold(0_u128, |acc, &byte| acc << 8 | u128::from(byte));
    // Mixing zero gives zero, so absent bytes change nothing.
    h1 ^= mix1(last as u64);
    h2 ^= mix2((last >> 64) as u64);
    h1 ^= text.len() as u64;
    h2 ^= text.len() as u64;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = finish(h1);
    h2 = finish(h2);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    u128::from(h2) << 64 | u128::from(h1)
}

/// One well-mixed number from a seed and a counter (`SplitMix64`, Steele et al. 2014).
pub fn mix(seed: u64, counter: u64) -> u64 {
    finish64(finish64(seed.wrapping_add(0x9E37_79B9_7F4A_7C15)) ^ counter.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

const C1: u64 = 0x87C3_7B91_1142_53D5;
const C2: u64 = 0x4CF5_AD43_2745_937F;

fn mix1(k: u64) -> u64 {
    k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn mix2(k: u64) -> u64 {
    k.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn finish(mut k: u64) -> u64 {
    k ^= k >> 33;
    k = k.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    k ^= k >> 33;
    k = k.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    k ^ k >> 33
}

fn finish64(mut z: u64) -> u64 {
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_function() {
        assert_eq!(hash128(b""), 0);
        // First and second half as printed by the reference implementation for this pangram.
        let hash = hash128(b"The quick brown fox jumps over the lazy dog");
        assert_eq!((hash as u64, (hash >> 64) as u64), (0xE34B_BC7B_BC07_1B6C, 0x7A43_3CA9_C49A_9347));
    }

    #[test]
    fn every_length_differs() {
        let text = [7_u8; 64];
        let hashes: std::collections::BTreeSet<u128> = (0..=64).map(|n| hash128(text.get(..n).unwrap_or_default())).collect();
        assert_eq!(hashes.len(), 65);
    }
}
