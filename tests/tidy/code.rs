//! Rust's text taken apart, as far as the tidy tests need it: code without comments and literals, names, items.

/// The first names of a path or of a group of paths: `a` of `a::b`, `a` and `c` of `{a::{x, y}, c::d}`.
pub(crate) fn heads(code: &str) -> Vec<String> {
    let name =
        |part: &str| part.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned);
    let Some(group) = code.trim_start().strip_prefix('{') else { return name(code).into_iter().collect() };
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.extend(name(&group[start..at]).filter(|name| !name.is_empty()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

/// The length of the item at the start of the code: up to its `;` or its closing brace.
pub(crate) fn item_length(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && (c == ';' || c == '}') {
            return at + 1;
        }
    }
    code.len()
}

/// Where a text occurs, not as the end of a longer word.
pub(crate) fn occurrences(code: &str, wanted: &str) -> Vec<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |at: &usize| !wanted.starts_with(is_word) || !code[..*at].ends_with(is_word);
    code.match_indices(wanted).map(|(at, _)| at).filter(whole).collect()
}

/// The text with comments and the insides of literals as spaces: every offset and every line stays what it is.
pub(crate) fn code_of(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let length = match bytes[at] {
            b'/' if text[at..].starts_with("//") => text[at..].find('\n').unwrap_or(text.len() - at),
            b'/' if text[at..].starts_with("/*") => block_comment(&text[at..]),
            b'"' => 1 + closing_quote(&bytes[at + 1..], b'"'),
            b'#' if raw_literal(&code, &text[at..]).is_some() => raw_literal(&code, &text[at..]).unwrap_or(1),
            // A lifetime has no closing quote right behind its first letter.
            b'\'' if bytes.get(at + 1) == Some(&b'\\') || is_char(&text[at + 1..]) => {
                1 + closing_quote(&bytes[at + 1..], b'\'')
            }
            _ => {
                let c = text[at..].chars().next().expect("the offset is inside the text");
                code.push(c);
                at += c.len_utf8();
                continue;
            }
        };
        code.extend(bytes[at..at + length].iter().map(|byte| if *byte == b'\n' { '\n' } else { ' ' }));
        at += length;
    }
    code
}

fn is_char(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next().is_some_and(|c| c != '\'') && chars.next() == Some('\'')
}

fn closing_quote(bytes: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// The length of `#"..."#` when an `r` is right before it.
fn raw_literal(code: &str, rest: &str) -> Option<usize> {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    if !code.ends_with('r') || !rest[hashes..].starts_with('"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    rest[hashes + 1..].find(&end).map(|length| hashes + 1 + length + end.len())
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let two = rest.get(at..at + 2).unwrap_or_default();
        match two {
            "/*" => depth += 1,
            "*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            break;
        }
    }
    at
}

#[test]
fn comments_and_texts_are_no_code() {
    let text = "a /* b /* c */ d */ e // f\n\"g \\\" h\" i r#\"j \" k\"# 'l' '\\'' <'m> b\"n\" // \"o\np";
    let words: Vec<_> = code_of(text).split_whitespace().map(str::to_owned).collect();
    assert_eq!(words.join(" "), "a e i r <'m> b p");
    assert_eq!(code_of(text).len(), text.len());
}
