//! Plain text in columns that fit a width.
//!
//! comfy-table was tried: it draws frames, and it measures colour codes as text unless it brings its
//! own styles along. Here a column is text, and colour goes around what is already laid out.

/// A table under construction.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    heads: Vec<&'static str>,
    lines: Vec<Vec<String>>,
}

/// Two spaces between columns: enough to tell them apart without a frame.
const GAP: usize = 2;
/// A column is never made narrower than this.
const NARROWEST: usize = 9;

impl Columns {
    /// A table with these headings.
    pub(crate) fn new(heads: &[&'static str]) -> Columns {
        Columns { heads: heads.to_vec(), lines: Vec::new() }
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, cells: Vec<String>) {
        self.lines.push(cells);
    }

    /// The headings, and for each line its rows of text; none is wider than `width` as long as the
    /// narrowest columns fit at all.
    pub(crate) fn lay(&self, width: usize) -> (String, Vec<Vec<String>>) {
        let widths = self.widths(width);
        let heads: Vec<String> = self.heads.iter().map(|head| (*head).to_owned()).collect();
        let head = rows(&heads, &widths).into_iter().next().unwrap_or_default();
        (head, self.lines.iter().map(|line| rows(line, &widths)).collect())
    }

    /// The natural widths, and where they are too wide together, the widest column gives way first.
    fn widths(&self, width: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = self.heads.iter().map(|head| length(head)).collect();
        for line in &self.lines {
            for (wide, cell) in widths.iter_mut().zip(line) {
                *wide = (*wide).max(length(cell));
            }
        }
        let gaps = GAP * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > width {
            let Some(widest) = widths.iter_mut().max() else { break };
            if *widest <= NARROWEST {
                break;
            }
            *widest -= 1;
        }
        widths
    }
}

fn rows(cells: &[String], widths: &[usize]) -> Vec<String> {
    let wrapped: Vec<Vec<String>> =
        cells.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|row| {
            let mut text = String::new();
            for (cell, width) in wrapped.iter().zip(widths) {
                let part = cell.get(row).map_or("", String::as_str);
                text.push_str(part);
                text.extend(std::iter::repeat_n(' ', width.saturating_sub(length(part)) + GAP));
            }
            text.trim_end().to_owned()
        })
        .collect()
}

/// Breaks a text at spaces into lines of at most `width` characters; a word that is longer is broken
/// where it must be, for a line that is too long makes a terminal break all columns.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word = word;
        if !line.is_empty() {
            if length(&line) + 1 + length(word) <= width {
                line.push(' ');
            } else {
                lines.push(std::mem::take(&mut line));
            }
        }
        while length(&line) + length(word) > width {
            let (head, tail) = split_at_char(word, width.max(1));
            lines.push(head.to_owned());
            word = tail;
        }
        line.push_str(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

fn split_at_char(text: &str, chars: usize) -> (&str, &str) {
    let place = text.char_indices().nth(chars).map_or(text.len(), |(place, _)| place);
    text.split_at(place)
}

/// Characters, taken as one column each: what is shown here are names and command lines.
pub(crate) fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn columns_give_way_from_the_widest() {
        let mut columns = Columns::new(&["ended by", "left"]);
        columns.line(vec!["SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGKILL".into(), "nothing".into()]);
        let (head, lines) = columns.lay(30);
        assert_eq!(head, "ended by               left");
        assert_eq!(
            lines,
            [["SIGTERM, SIGINT,       nothing", "SIGHUP, SIGQUIT,", "SIGKILL"].map(str::to_owned)]
        );
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(text in "[a-z,é ]{0,80}", width in 1usize..40) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| length(line) <= width), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
