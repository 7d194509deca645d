//! Finds `_` arms in matches on given enums, from blanked code alone. A reasonable heuristic, not a parser.

/// Lines (from 1) of `_` arms in matches whose other arms name one of `enums`.
pub fn wildcards(code: &str, enums: &[&str]) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("match ") {
        if code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '!') {
            continue;
        }
        let Some(open) = body_start(&code[at..]).map(|o| at + o) else { continue };
        let arms = arms(code, open + 1);
        let own = enclosing_impl(&code[..at]);
        let concerned = arms.iter().any(|(_, pattern)| enums.iter().any(|e| concerns(pattern, e, own)));
        for (start, pattern) in arms.iter().filter(|(_, p)| p == "_" || p.starts_with("_ if ")) {
            if concerned && !pattern.is_empty() {
                found.push(code[..*start].lines().count().max(1));
            }
        }
    }
    found
}

/// Whether a pattern names a variant of the enum; egui has an `Event` of its own, which is open.
fn concerns(pattern: &str, name: &str, own: Option<&str>) -> bool {
    let path = format!("{name}::");
    let foreign = format!("egui::{path}");
    let by_name = pattern.match_indices(&path).any(|(at, _)| {
        let word = pattern[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        !word && !pattern[..at + path.len()].ends_with(&foreign)
    });
    by_name || (own == Some(name) && pattern.contains("Self::"))
}

/// The type of the `impl` block that the end of `before` stands in, if the block begins at the margin.
fn enclosing_impl(before: &str) -> Option<&str> {
    let at = before.rfind("\nimpl")?;
    let head = before[at..].split('{').next()?;
    head.split_whitespace().last()
}

/// Offset of the brace that opens the arms of the match that begins `code`.
fn body_start(code: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (i, c) in code.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(i),
            ';' if depth == 0 => return None,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    None
}

/// Start and pattern of each arm, from just behind the opening brace.
fn arms(code: &str, start: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut depth, mut pattern_start, mut in_pattern) = (0_i32, start, true);
    let bytes = code.as_bytes();
    let mut i = start;
    while i < bytes.len() {
        match bytes[i] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => break,
            b')' | b']' | b'}' => {
                depth -= 1;
                // A block ends its arm even without a comma.
                if depth == 0 && bytes[i] == b'}' && !in_pattern && !goes_on(&code[i + 1..]) {
                    (in_pattern, pattern_start) = (true, i + 1);
                }
            }
            b'=' if depth == 0 && in_pattern && bytes.get(i + 1) == Some(&b'>') => {
                let raw = &code[pattern_start..i];
                let pattern = raw.trim_matches(|c: char| c.is_whitespace() || c == ',').to_owned();
                let lead = raw.len() - raw.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
                found.push((pattern_start + lead, pattern));
                in_pattern = false;
                i += 1;
            }
            b',' if depth == 0 && !in_pattern => (in_pattern, pattern_start) = (true, i + 1),
            _ => {}
        }
        i += 1;
    }
    found
}

/// Whether an expression goes on behind a block: `else`, a method, `?`.
fn goes_on(rest: &str) -> bool {
    let rest = rest.trim_start();
    ["else", ".", "?"].iter().any(|w| rest.starts_with(w))
}

#[test]
fn wildcard_arms_are_found() {
    let open = "fn f(e: Event) {\n  match e {\n    Event::A { x } => g(x, 1),\n    _ => {}\n  }\n}";
    assert_eq!(wildcards(open, &["Event"]), vec![4]);
    let closed = "match e {\n Event::A => match x { 1 => 2, _ => 3 },\n Event::B(_) => if x { 1 } else { 2 },\n Event::C => 4 }";
    assert_eq!(wildcards(closed, &["Event"]), Vec::<usize>::new());
    let other = "match e { egui::Event::Key => 1, _ => 2 }";
    assert_eq!(wildcards(other, &["Event"]), Vec::<usize>::new());
    let own = "\nimpl Command {\n fn w(&self) { match self { Self::A | Self::B => 1, _ => 2 } }\n}";
    assert_eq!(wildcards(own, &["Command"]).len(), 1);
}
