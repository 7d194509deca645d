//! Numbers in the advisor's sentences. Knows no rule.

/// "1,200 rows", "1 row", "3 classes".
pub(super) fn count(n: u64, noun: &str) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let ending = match noun {
        _ if n == 1 => "",
        _ if noun.ends_with('s') => "es",
        _ => "s",
    };
    format!("{grouped} {noun}{ending}")
}

/// "850 parameters", "1.2 M parameters", "124 M parameters", "1.7 B parameters".
pub(super) fn params(n: u64) -> String {
    let scaled = |unit: f64, name: &str| {
        let n = n as f64 / unit;
        if n < 9.95 { format!("{n:.1} {name} parameters") } else { format!("{n:.0} {name} parameters") }
    };
    match n {
        0..50_000 => count(n, "parameter"),
        50_000..999_500_000 => scaled(1e6, "M"),
        _ => scaled(1e9, "B"),
    }
}
