//! Measures of a model's quality, from plain numbers. Knows no model.

/// How many tokens the model wavers between on average: e to the mean loss in nats.
pub fn perplexity(loss: f64) -> f64 {
    loss.exp()
}

/// Bits the model needs for each byte of text, by which models with different tokenizers can be compared.
/// From the mean loss in nats a token, and tokens a byte.
pub fn bits_per_byte(loss: f64, tokens_per_byte: f64) -> f64 {
    loss / std::f64::consts::LN_2 * tokens_per_byte
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uniform_model_of_bytes() {
        let loss = 256_f64.ln();
        assert!((perplexity(loss) - 256.0).abs() < 1e-9);
        assert!((bits_per_byte(loss, 1.0) - 8.0).abs() < 1e-12);
        assert!((bits_per_byte(loss, 0.25) - 2.0).abs() < 1e-12);
    }
}
