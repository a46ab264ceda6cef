//! The little of Markdown that is written and read back: tables, and names in code spans.

/// A table under construction, or a whole one.
#[derive(Debug, Default)]
pub(super) struct Rows(String);

impl Rows {
    /// A table with these headings.
    pub(super) fn new(heads: &[&str]) -> Rows {
        let mut rows = Rows::default();
        rows.line(heads);
        rows.line(&vec!["---"; heads.len()]);
        rows
    }

    /// Adds a line; what is in the cells is Markdown already.
    pub(super) fn line<S: AsRef<str>>(&mut self, cells: &[S]) {
        for cell in cells {
            self.0.push_str("| ");
            self.0.push_str(cell.as_ref());
            self.0.push(' ');
        }
        self.0.push_str("|\n");
    }

    /// The text, with the line end of its last line.
    pub(super) fn text(self) -> String {
        self.0
    }
}

/// The cells of one line of a table, as Markdown; `None` when it is none.
pub(super) fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let mut cells = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (place, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '|' => {
                cells.push(inner[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    cells.push(inner[start..].trim());
    Some(cells)
}

/// Text as Markdown that shows just that text, in one line. [`plain`] is the way back.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\\' | '|' | '`' | '*' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// What [`escape`] made Markdown of.
pub(super) fn plain(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut chars = markdown.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Names as code spans: `` `SIGTERM`, `SIGINT` ``.
pub(super) fn codes(names: &[String]) -> String {
    let each: Vec<String> = names.iter().map(|name| code(name)).collect();
    each.join(", ")
}

/// A name as a code span. The two characters that it cannot show are replaced: no name has them.
pub(super) fn code(name: &str) -> String {
    format!("`{}`", name.replace('`', "'").replace('|', "¦"))
}

/// The names of [`codes`].
pub(super) fn names(codes: &str) -> Vec<String> {
    codes.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_table_line_is_read_back(texts in proptest::collection::vec("[a-z|\\\\`*<>&\\[\\]é{}_;:, ]{0,12}", 1..5)) {
            let texts: Vec<String> = texts.iter().map(|text| text.trim().to_owned()).collect();
            let mut rows = Rows::default();
            rows.line(&texts.iter().map(|text| escape(text)).collect::<Vec<_>>());
            let line = rows.text();
            let read: Vec<String> = cells(&line).expect("a line").into_iter().map(plain).collect();
            prop_assert_eq!(read, texts);
        }

        #[test]
        fn names_are_read_back(all in proptest::collection::vec("[A-Za-z0-9 ,/:>+-]{1,9}", 0..4)) {
            prop_assert_eq!(names(&codes(&all)), all);
        }
    }

    #[test]
    fn what_is_no_table_line_is_none() {
        assert_eq!(cells("text | text"), None);
        assert_eq!(cells("| a \\| b | c |"), Some(vec!["a \\| b", "c"]));
    }
}
