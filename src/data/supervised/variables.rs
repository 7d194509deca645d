//! Names in braces: which ones a text has, and what it says with values in their places. Knows no task and no model.

/// The names in braces of a text, each once, in the order in which they come: letters, digits and underscores, as `{source_language}`.
pub fn variables(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        rest = after;
        if let Some((name, tail)) = after.split_once('}')
            && is_name(name)
        {
            rest = tail;
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// One pass, so that braces in a value mean nothing. A name without a value stays as it is.
pub fn fill<N: AsRef<str>>(template: &str, values: &[(N, String)]) -> String {
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = |name: &str| values.iter().find(|(key, _)| key.as_ref() == name);
        let known = after.split_once('}').and_then(|(name, tail)| Some((value(name)?, tail)));
        if let Some(((_, value), tail)) = known {
            out.push_str(value);
            rest = tail;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}
