//! Errors with a place: collected while files are read, rendered once at the end.

use super::node::Place;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One error in a scenario file.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    path: PathBuf,
    text: Arc<str>,
    span: std::ops::Range<usize>,
    line: usize,
    column: usize,
    message: String,
    label: String,
    help: Vec<String>,
}

impl Diagnostic {
    /// The file, as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line of the error, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column of the error in characters, from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong, in one line, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, one sentence each.
    pub fn help(&self) -> &[String] {
        &self.help
    }

    /// The error with its place, the line of the file, a caret, and help.
    pub fn render(&self, color: bool) -> String {
        let path = self.path.display().to_string();
        let snippet = Snippet::source(self.text.as_ref())
            .path(path)
            .annotation(AnnotationKind::Primary.span(self.span.clone()).label(self.label.as_str()));
        let mut group = Group::with_title(Level::ERROR.primary_title(self.message.as_str())).element(snippet);
        for help in &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostic {}

/// A file that is being read.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
}

/// An error before its place is turned into line and column.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    place: Place,
    message: String,
    label: String,
    help: Vec<String>,
}

impl Problem {
    pub(super) fn new(place: Place, message: impl Into<String>) -> Problem {
        Problem { place, message: message.into(), label: String::new(), help: Vec::new() }
    }

    /// What stands beside the caret.
    pub(super) fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = label.into();
        self
    }

    /// What to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help.push(help.into());
        self
    }

    /// The name that was probably meant, or all of them where they are few.
    pub(super) fn meant<'a>(self, written: &str, names: impl IntoIterator<Item = &'a str>) -> Problem {
        let names: Vec<&str> = names.into_iter().collect();
        match super::nearest::nearest(written, names.iter().copied()) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None if !names.is_empty() && names.len() <= FEW => {
                self.help(format!("known are: {}", names.join(", ")))
            }
            None => self,
        }
    }
}

const FEW: usize = 16;

/// All files of one `load` and what was found wrong with them.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) files: Vec<File>,
    problems: Vec<Problem>,
}

impl Reading {
    /// Adds a file and gives its index.
    pub(super) fn add(&mut self, path: &Path, text: &str) -> usize {
        self.files.push(File { path: path.to_owned(), text: Arc::from(text) });
        self.files.len() - 1
    }

    /// Notes a problem, once: the same rule is looked at for every cell of every system.
    pub(super) fn report(&mut self, problem: Problem) {
        let same = |other: &Problem| other.place == problem.place && other.message == problem.message;
        if !self.problems.iter().any(same) {
            self.problems.push(problem);
        }
    }

    /// How many problems there are, to see whether a step added some.
    pub(super) fn count(&self) -> usize {
        self.problems.len()
    }

    /// Whether something inside of a node is wrong, so that what follows from it is not worth a word.
    pub(super) fn within(&self, place: Place) -> bool {
        self.problems.iter().any(|problem| {
            problem.place.file == place.file && (place.start..=place.end).contains(&problem.place.start)
        })
    }

    /// Whether a file has any error.
    pub(super) fn in_file(&self, file: usize) -> bool {
        self.problems.iter().any(|problem| problem.place.file == file)
    }

    /// Whether a name was already given as the one that was meant.
    pub(super) fn suggested(&self, name: &str) -> bool {
        let help = format!("did you mean `{name}`?");
        self.problems.iter().any(|problem| problem.help.contains(&help))
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, place: Place) -> usize {
        self.line_and_column(place).0
    }

    /// `file:line` of a place, for messages about something else.
    pub(super) fn name(&self, place: Place) -> String {
        let path = self.files.get(place.file).map(|file| file.path.display().to_string());
        format!("{}:{}", path.unwrap_or_default(), self.line(place))
    }

    fn line_and_column(&self, place: Place) -> (usize, usize) {
        let Some(file) = self.files.get(place.file) else { return (1, 1) };
        let before = file.text.get(..place.start).unwrap_or(&file.text);
        let start_of_line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[start_of_line..].chars().count() + 1)
    }

    /// Every problem, by file and place.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        let mut problems = std::mem::take(&mut self.problems);
        problems.sort_by_key(|problem| problem.place);
        problems.into_iter().filter_map(|problem| self.diagnostic(problem)).collect()
    }

    fn diagnostic(&self, problem: Problem) -> Option<Diagnostic> {
        let file = self.files.get(problem.place.file)?;
        let (line, column) = self.line_and_column(problem.place);
        // The caret stays on the first line: a mapping of fifty lines is named by its beginning.
        let start = floor(&file.text, problem.place.start);
        let end = floor(&file.text, problem.place.end.max(start));
        let first_line = file.text[start..end].lines().next().map_or(0, str::len);
        Some(Diagnostic {
            path: file.path.clone(),
            text: Arc::clone(&file.text),
            span: start..start + first_line,
            line,
            column,
            message: problem.message,
            label: problem.label,
            help: problem.help,
        })
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
