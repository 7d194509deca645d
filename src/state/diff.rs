//! What changed between two texts, word by word. Knows no window.

/// A stretch of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Same(&'a str),
    /// Only in the earlier text.
    Out(&'a str),
    /// Only in the later text.
    In(&'a str),
}

/// Words that are compared with each other at most; of longer texts the middle is one change.
const MOST: usize = 1500;

/// The longest common run of words (Wagner and Fischer 1974); white space goes with the word before it.
pub fn diff<'a>(before: &'a str, after: &'a str) -> Vec<Part<'a>> {
    let (old, new) = (pieces(before), pieces(after));
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let left = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(left).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    let mut parts: Vec<Part<'a>> = old[..start].iter().map(|word| Part::Same(word)).collect();
    if a.len().max(b.len()) > MOST {
        parts.extend(a.iter().map(|word| Part::Out(word)));
        parts.extend(b.iter().map(|word| Part::In(word)));
    } else {
        parts.extend(middle(a, b));
    }
    parts.extend(old[old.len() - end..].iter().map(|word| Part::Same(word)));
    parts
}

fn middle<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<Part<'a>> {
    // common[i][j]: longest common run of a[i..] and b[j..].
    let width = b.len() + 1;
    let mut common = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * width + j] = if a[i] == b[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut parts) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            parts.push(Part::Same(a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j >= b.len() || (i < a.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            parts.push(Part::Out(a[i]));
            i += 1;
        } else {
            parts.push(Part::In(b[j]));
            j += 1;
        }
    }
    parts
}

fn pieces(text: &str) -> Vec<&str> {
    text.split_inclusive(char::is_whitespace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, want: &str) {
        let parts = diff(before, after);
        let shown: String = parts
            .iter()
            .map(|part| match part {
                Part::Same(text) => (*text).to_owned(),
                Part::Out(text) => format!("[-{text}]"),
                Part::In(text) => format!("[+{text}]"),
            })
            .collect();
        assert_eq!(shown, want);
        let of = |keep: fn(&Part<'_>) -> bool| -> String {
            let text = |part: &Part<'_>| match *part {
                Part::Same(text) | Part::Out(text) | Part::In(text) => text.to_owned(),
            };
            parts.iter().filter(|part| keep(part)).map(text).collect()
        };
        assert_eq!(of(|part| !matches!(part, Part::In(_))), before);
        assert_eq!(of(|part| !matches!(part, Part::Out(_))), after);
    }

    #[test]
    fn words_that_stayed_are_found() {
        check("the old cat sat", "the young cat sat", "the [-old ][+young ]cat sat");
        check("", "new", "[+new]");
        check("gone", "", "[-gone]");
        check("a b c d", "a c d e", "a [-b ]c [-d][+d ][+e]");
        check("Zürich ist schön", "Zürich war schön", "Zürich [-ist ][+war ]schön");
    }
}
