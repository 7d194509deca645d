//! Numbers as people read them: thousands separated, with units. Knows no state.

/// `1234567` as `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1234567` as `1.23 M`; small numbers exactly.
pub fn compact(n: u64) -> String {
    let x = n as f64;
    match n {
        0..=9_999 => count(n),
        10_000..=999_499 => format!("{:.0} k", x / 1e3),
        999_500..=999_499_999 => format!("{} M", three_digits(x / 1e6)),
        999_500_000.. => format!("{} G", three_digits(x / 1e9)),
    }
}

/// Bytes in decimal units, as disks and files are sold.
pub fn bytes(n: u64) -> String {
    let x = n as f64;
    match n {
        0..=999 => format!("{n} bytes"),
        1_000..=999_499 => format!("{} kB", three_digits(x / 1e3)),
        999_500..=999_499_999 => format!("{} MB", three_digits(x / 1e6)),
        999_500_000.. => format!("{} GB", three_digits(x / 1e9)),
    }
}

fn three_digits(x: f64) -> String {
    if x < 9.995 {
        format!("{x:.2}")
    } else if x < 99.95 {
        format!("{x:.1}")
    } else {
        format!("{x:.0}")
    }
}

/// Seconds as `45 s`, `3 min 12 s`, `2 h 05 min`, `4 d 3 h`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "—".to_owned();
    }
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let s = seconds.round() as u64;
    match s {
        0..=59 => format!("{s} s"),
        60..=3_599 => format!("{} min {:02} s", s / 60, s % 60),
        3_600..=86_399 => format!("{} h {:02} min", s / 3_600, s % 3_600 / 60),
        86_400.. => format!("{} d {} h", s / 86_400, s % 86_400 / 3_600),
    }
}

/// A loss in nats, four significant digits.
pub fn loss(x: f32) -> String {
    if x.is_finite() { format!("{x:.3}") } else { "not a number".to_owned() }
}

pub fn loss_opt(x: Option<f32>) -> String {
    x.map_or_else(|| "—".to_owned(), loss)
}

/// A share of 1, as a percentage.
pub fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.001 { format!("{:.2} %", share * 100.0) } else { format!("{:.1} %", share * 100.0) }
}

/// A small number such as a learning rate, in the shorter of two notations.
pub fn small(x: f64) -> String {
    if x == 0.0 || (1e-3..1e4).contains(&x.abs()) {
        let text = format!("{x:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        let text = format!("{x:.2e}");
        text.replace(".00e", "e")
    }
}

/// Local date and time of a moment in seconds since 1970.
pub fn moment(unix_s: i64) -> String {
    jiff::Timestamp::from_second(unix_s)
        .map(|t| t.to_zoned(jiff::tz::TimeZone::system()).strftime("%-d %b %Y, %H:%M").to_string())
        .unwrap_or_default()
}

/// As `moment`, without the year where it is this one.
pub fn short_moment(unix_s: i64) -> String {
    let zone = jiff::tz::TimeZone::system();
    let this_year = jiff::Timestamp::now().to_zoned(zone.clone()).year();
    let Ok(moment) = jiff::Timestamp::from_second(unix_s) else { return String::new() };
    let moment = moment.to_zoned(zone);
    let pattern = if moment.year() == this_year { "%-d %b, %H:%M" } else { "%-d %b %Y" };
    moment.strftime(pattern).to_string()
}

/// `s` when there is not exactly one.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// The first `max` characters on one line, with an ellipsis if there is more.
pub fn one_line(text: &str, max: usize) -> String {
    let mut out = String::new();
    for (i, c) in text.trim_start().chars().enumerate() {
        if i == max {
            out.push('…');
            break;
        }
        out.push(if c == '\n' || c == '\r' || c == '\t' { ' ' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_separated() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(compact(1_300_000), "1.30 M");
        assert_eq!(compact(12_345), "12 k");
    }

    #[test]
    fn units_are_named() {
        assert_eq!(bytes(12), "12 bytes");
        assert_eq!(bytes(1_530_000), "1.53 MB");
        assert_eq!(duration(7.25), "7.2 s");
        assert_eq!(duration(192.0), "3 min 12 s");
        assert_eq!(duration(7500.0), "2 h 05 min");
        assert_eq!(duration(f64::NAN), "—");
    }

    #[test]
    fn rates_are_short() {
        assert_eq!(small(0.002), "0.002");
        assert_eq!(small(3e-4), "3e-4");
        assert_eq!(small(0.0), "0");
    }

    #[test]
    fn a_long_text_becomes_one_line() {
        assert_eq!(one_line("a\nb", 9), "a b");
        assert_eq!(one_line("abcdef", 3), "abc…");
    }
}
