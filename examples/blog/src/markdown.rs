//! Markdown as HTML. What readers write is text: no HTML of theirs, no picture from elsewhere, no link that is a program.

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd, html};

/// The HTML of a text. The title of its page is the one `h1`: the headings of a text that has one, too, are moved down by a level.
pub(crate) fn html(text: &str) -> String {
    let is_title = |event| matches!(event, Event::End(TagEnd::Heading(HeadingLevel::H1)));
    let down = usize::from(Parser::new(text).any(is_title));
    let mut written = String::new();
    html::push_html(&mut written, Parser::new(text).map(|event| harmless(event, down)));
    written
}

fn harmless(event: Event<'_>, down: usize) -> Event<'_> {
    let lower = |level| HeadingLevel::try_from(level as usize + down).unwrap_or(HeadingLevel::H6);
    match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Event::Start(Tag::Heading { level: lower(level), id, classes, attrs })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        // A picture becomes a link to it.
        Event::Start(Tag::Link { link_type, dest_url, title, id } | Tag::Image { link_type, dest_url, title, id }) => {
            let dest_url = if is_harmless(&dest_url) { dest_url } else { "#".into() };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        other => other,
    }
}

/// Addresses of the web and of mail, and those within this site.
fn is_harmless(address: &str) -> bool {
    let scheme = address.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        None => true,
        Some("http" | "https" | "mailto") => true,
        // A colon behind a slash, a question mark or a hash belongs to no scheme.
        Some(scheme) => scheme.contains(['/', '?', '#']),
    }
}

/// The beginning of a text, without its marks.
pub(crate) fn excerpt(text: &str, letters: usize) -> String {
    let mut plain = String::new();
    for event in Parser::new(text) {
        match event {
            Event::Text(text) | Event::Code(text) => plain.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item) => {
                plain.push(' ');
            }
            _ => {}
        }
    }
    let Some((end, _)) = plain.char_indices().nth(letters) else { return plain.trim_end().to_owned() };
    let end = plain[..end].rfind(' ').unwrap_or(end);
    format!("{} …", plain[..end].trim_end_matches([',', '.', ';', ':', ' ']))
}

#[cfg(test)]
mod tests {
    use super::{excerpt, html};

    #[test]
    fn nothing_of_a_reader_becomes_html() {
        assert_eq!(html("a <b onclick=x>b</b>"), "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n");
        assert_eq!(html("<script>x</script>"), "&lt;script&gt;x&lt;/script&gt;");
        assert_eq!(html("[a](javascript:x)"), "<p><a href=\"#\">a</a></p>\n");
        assert_eq!(html("[a](JavaScript&#58;x)"), "<p><a href=\"#\">a</a></p>\n");
        assert_eq!(html("![a](https://b.example/c.png)"), "<p><a href=\"https://b.example/c.png\">a</a></p>\n");
        assert_eq!(html("[a](/posts/tea?at=1:2)"), "<p><a href=\"/posts/tea?at=1:2\">a</a></p>\n");
        assert_eq!(html("# a\n## b"), "<h2>a</h2>\n<h3>b</h3>\n");
        assert_eq!(html("## b"), "<h2>b</h2>\n");
    }

    #[test]
    fn an_excerpt_ends_with_a_word() {
        assert_eq!(excerpt("# Tea\n\nA *warm* cup, and `more`.", 100), "Tea A warm cup, and more.");
        assert_eq!(excerpt("One two, three", 9), "One two …");
    }
}
