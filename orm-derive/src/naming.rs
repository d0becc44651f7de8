//! Names: Rust's to SQL's, the nearest known name for a typing mistake, and the hash that names a column in a type.

use proc_macro2::Ident;

/// The name of a field or type without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map_or_else(|| name.clone(), str::to_owned)
}

/// `BlogPost` → `blog_post`, `HTTPServer` → `http_server`, `User2` → `user2`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, &letter) in letters.iter().enumerate() {
        if letter.is_uppercase() && i > 0 {
            let before = letters[i - 1];
            let starts_word = before.is_lowercase()
                || before.is_numeric()
                || (before.is_uppercase() && letters.get(i + 1).is_some_and(|next| next.is_lowercase()));
            if starts_word && before != '_' {
                out.push('_');
            }
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// FNV-1a with 64 bits: the number that stands for a field's name in `HasColumn<..>`.
pub(crate) fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The known name that was probably meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + name.len() / 4;
    let distances = known.into_iter().map(|candidate| (distance(name, candidate), candidate));
    distances.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// "`a`, `b` and `c`", or "nothing".
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// How many letters must be put in, left out, replaced or swapped with the next to get from one name to the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, n) | (n, 0) => n,
                _ => {
                    let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let shortest = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                    let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                    if swapped { shortest.min(rows[i - 2][j - 2] + 1) } else { shortest }
                }
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_snake_case() {
        for (rust, sql) in [
            ("User", "user"),
            ("BlogPost", "blog_post"),
            ("HTTPServer", "http_server"),
            ("User2", "user2"),
            ("V2Api", "v2_api"),
            ("already_snake", "already_snake"),
            ("Snake_Case", "snake_case"),
            ("Straße", "straße"),
        ] {
            assert_eq!(snake_case(rust), sql);
        }
    }

    #[test]
    fn hashes_as_fnv_1a_does() {
        // Test vectors of the algorithm's authors.
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn finds_the_nearest_name() {
        let known = ["primary_key", "unique", "on_delete"];
        assert_eq!(nearest("primay_key", known), Some("primary_key"));
        assert_eq!(nearest("uniqeu", known), Some("unique"));
        assert_eq!(nearest("ondelete", known), Some("on_delete"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn lists_names() {
        assert_eq!(listed([]), "nothing");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
