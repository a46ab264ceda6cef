//! The scenarios of a probe, as text; and the one that `init` leaves to the user.

use super::Failure;
use super::folder::Listing;
use super::ways::{self, FORKS_AWAY, Ways};
use crate::cli::Probed;
use crate::report::Report;
use lastrites_model::observation::{Ended, Trouble, Verdict};
use lastrites_model::record::Row;
use lastrites_model::work::Answer;
use lastrites_os::spec::Facts;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What a program needs in order to stay until it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stays {
    /// Nothing.
    Anyway,
    /// A standard input that does not come to its end.
    WithInput,
    /// A terminal.
    InTerminal,
    /// It ends by itself, whatever it is given.
    Never,
}

/// What is known of a program.
pub(super) struct Draft<'a> {
    program: &'a Probed,
    /// The machine that it is probed on.
    pub(super) facts: Facts,
    /// The ways to end a program there.
    pub(super) ways: &'static Ways,
    /// Where it works; an empty folder of its own if absent.
    cwd: Option<PathBuf>,
    pub(super) stays: Stays,
    /// The first look, where it ended by itself in it.
    pub(super) first: Option<Row>,
    /// The port that it always listens on.
    pub(super) fixed_port: Option<u16>,
    /// Whether it never rests.
    pub(super) busy: bool,
    /// Whether it answers HTTP requests.
    pub(super) http: bool,
    /// Whether it is ended while a request is under way, in all of its cells.
    pub(super) at_work: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(program: &'a Probed, facts: Facts) -> Result<Draft<'a>, Failure> {
        let cwd = program.cwd.as_ref().map(|cwd| std::path::absolute(cwd).unwrap_or_else(|_| cwd.clone()));
        if let Some(cwd) = cwd.as_ref().filter(|cwd| !cwd.is_dir()) {
            return Err(Failure::Input(vec![format!("error: --cwd: there is no folder {}", cwd.display())]));
        }
        Ok(Draft {
            program,
            ways: ways::of(facts.platform.os),
            facts,
            cwd,
            stays: Stays::Anyway,
            first: None,
            fixed_port: program.port,
            busy: false,
            http: false,
            at_work: false,
        })
    }

    /// What is in the user's folder, where it works in one.
    pub(super) fn listing(&self) -> Option<Listing> {
        self.cwd.as_deref().map(Listing::of)
    }

    /// The command as it was typed.
    pub(super) fn command(&self) -> String {
        self.program.command.join(" ")
    }

    /// For `init`: a command that names files of this folder works here, as it will from the scenario.
    pub(super) fn stay_here(&mut self) {
        if self.cwd.is_none() && self.program.command.iter().skip(1).any(|word| is_here(word)) {
            self.cwd = std::env::current_dir().ok();
        }
    }

    pub(super) fn learn(&mut self, row: &Row) {
        let Some(survey) = &row.survey else { return };
        self.http |= survey.http.is_some();
        self.busy |= survey.busy;
        if !self.chooses_port() && self.program.ready.is_none() {
            self.fixed_port = self.program.port.or(survey.listens.first().copied());
        }
    }

    fn chooses_port(&self) -> bool {
        self.program.command.iter().any(|word| word.contains("{port}"))
    }

    fn ready(&self) -> String {
        match (&self.program.ready, &self.program.http) {
            (Some(pattern), _) => format!("{{ stdout: {} }}", quoted(pattern)),
            (None, Some(path)) => format!("{{ http: {} }}", quoted(path)),
            (None, None) if self.chooses_port() && self.program.port.is_none() => {
                "{ tcp: \"{port}\" }".to_owned()
            }
            (None, None) => match self.fixed_port {
                Some(port) => format!("{{ tcp: {port} }}"),
                None => "settled".to_owned(),
            },
        }
    }

    /// The lines that say what is run, with this command.
    fn head(&self, name: &str, command: &[String], cwd: Option<&str>) -> String {
        let command: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        let ready = if self.stays == Stays::Never { "started".to_owned() } else { self.ready() };
        let mut text = format!(
            "scenario: {name}\nabout: What does it do when it is ended?\ntarget:\n  program: [{}]\n",
            command.join(", ")
        );
        if let Some(cwd) = cwd {
            let _ = writeln!(text, "  cwd: {}", quoted(cwd));
        }
        if self.stays == Stays::WithInput {
            text += "  stdin: open\n";
        }
        // What never rests is waited for in vain before each of its ends; what has one port, once for each.
        let short = self.busy || self.fixed_port.is_some();
        let patience = self.program.patience.unwrap_or(if short { 1 } else { 3 });
        let ready_limit = if self.busy { 1 } else { self.program.ready_within };
        let _ = write!(
            text,
            "  ready: {ready}\nlimits: {{ ready: {ready_limit}s, survive: {patience}s, grace: {patience}s }}\n"
        );
        text
    }

    /// The head of what is run from here: a word that names a file of this folder is made absolute, because
    /// the program works in another one.
    fn head_here(&self, name: &str) -> String {
        let absolute = |(number, word): (usize, &String)| {
            if number > 0 && self.cwd.is_none() && is_here(word) {
                std::path::absolute(word).map_or_else(|_| word.clone(), |path| path.display().to_string())
            } else {
                word.clone()
            }
        };
        let command: Vec<String> = self.program.command.iter().enumerate().map(absolute).collect();
        let cwd = self.cwd.as_ref().map(|cwd| cwd.display().to_string());
        self.head(name, &command, cwd.as_deref())
    }

    /// One cell, to see what the program is like.
    pub(super) fn scout(&self) -> String {
        let in_terminal = self.stays == Stays::InTerminal;
        let matrix = if in_terminal { self.ways.look_in_terminal } else { self.ways.look };
        format!("{}{matrix}{ANYTHING}", self.head_here("probe-first"))
    }

    /// Every way that fits.
    pub(super) fn main(&self) -> String {
        let head = self.head_here("probe");
        let head = if self.at_work { self.with_requests(&head, "") } else { head };
        format!("{head}{}{ANYTHING}", self.matrix())
    }

    /// Whether requests can be under way when it is ended.
    pub(super) fn can_work(&self) -> bool {
        self.http && self.stays == Stays::Anyway
    }

    fn matrix(&self) -> &'static str {
        match self.stays {
            Stays::Anyway | Stays::WithInput => self.ways.any,
            Stays::InTerminal => self.ways.in_terminal,
            Stays::Never if self.forks_away() => FORKS_AWAY,
            Stays::Never => self.ways.by_itself,
        }
    }

    /// The same while requests are under way, for a server that speaks HTTP.
    pub(super) fn in_flight(&self) -> Option<String> {
        if !self.can_work() {
            return None;
        }
        let head = self.with_requests(&self.head_here(IN_FLIGHT), ", new: { new: / }");
        Some(format!("{head}{}{ANYTHING}", self.ways.while_it_works))
    }

    /// The head with requests: one that is half sent, and one that is answered slowly where such a path is known.
    fn with_requests(&self, head: &str, more: &str) -> String {
        let slow = self.program.request.as_ref();
        let slow = slow.map_or_else(String::new, |path| format!("slow: {{ get: {} }}, ", quoted(path)));
        head.replacen("  ready:", &format!("  requests: {{ {slow}half: {{ half: / }}{more} }}\n  ready:"), 1)
    }

    /// Why nothing could be probed.
    pub(super) fn not_ready(&self, row: &Row) -> String {
        let mut text = format!("error: {}", row.why);
        for (stream, lines) in [("stdout", &row.said), ("stderr", &row.stderr)] {
            for line in lines {
                let _ = write!(text, "\n  {stream}: {line}");
            }
        }
        if self.program.ready.is_some() || self.program.http.is_some() {
            text += "\n  without --ready or --http it is ready when it listens or has gone quiet";
        }
        text += "\n  with --ready-within it may take longer";
        text
    }

    fn forks_away(&self) -> bool {
        let trouble = self.first.as_ref().and_then(|row| row.trouble.as_ref());
        matches!(trouble, Some(Trouble::NeverReady(why)) if why.contains("forked away"))
    }

    /// What it said on standard error before it ended by itself.
    pub(super) fn last_words(&self) -> &[String] {
        self.first.as_ref().map_or(&[], |row| &row.stderr)
    }

    /// What could make a program stay that does not.
    pub(super) fn hint(&self) -> Option<&'static str> {
        let row = self.first.as_ref()?;
        let failed = !matches!(&row.trouble, Some(Trouble::NeverReady(why)) if why.contains("(exit 0)"));
        let says = |what: &str| row.stderr.iter().any(|line| line.to_lowercase().contains(what));
        if says("address already in use") || says("eaddrinuse") {
            return Some("another program has its port: end that one, or give it {port} for a free one");
        }
        if self.forks_away() {
            return Some(
                "it forks away, as a daemon does, and what is started is not what serves: most have an option to \
                 stay in the foreground",
            );
        }
        (failed && self.cwd.is_none())
            .then_some("it worked in an empty folder; with --cwd . it works in this one")
    }

    /// A scenario that expects what was seen: a regression check, whose reader has to say whether it is right.
    pub(super) fn scenario(&self, seen: &[Report; 2], output: Option<&Path>) -> String {
        let name = Path::new(&self.program.command[0]).file_name().unwrap_or_default().to_string_lossy();
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        let (command, cwd) = self.as_written(output);
        let mut head = self.head(name.trim_matches('-'), &command, cwd.as_deref());
        if self.at_work {
            head = self.with_requests(&head, "").replacen(
                "  requests:",
                "  # Under way when its end begins; the rest of what is half sent follows then. What became of each of them\n  \
                 # stands under `work`: is it what your users should get?\n  requests:",
                1,
            );
        }
        let mut text = format!(
            "# Written by `lastrites init` from what two looks saw; where they differ, either may be. It is a regression\n\
             # check: whether what was seen is right, you have to say. Three things make it yours:\n\
             #  - what your program cleans up: hooks: {{ saved: {{ stdout: \"^state saved\" }}, pid: {{ gone: app.pid }} }}\n\
             #  - what you expect instead of what was seen, with the reason: because: …\n\
             #  - fewer cells: those that your program is really ended by.\n{head}"
        );
        let platform = seen[0].header.platform.os.name();
        let _ =
            writeln!(text, "# What was seen here says nothing of other systems.\nplatforms: [{platform}]");
        text += self.matrix();
        text += "expect:\n";
        let mut groups: Vec<(&str, String, Vec<&str>)> = Vec::new();
        for row in &seen[0].rows {
            let again = seen[1].rows.iter().find(|again| again.cell == row.cell);
            let rule = rule(row, again.unwrap_or(row));
            match groups.iter_mut().find(|(launch, known, _)| *launch == row.launch && *known == rule) {
                Some((_, _, ends)) => ends.push(&row.terminate),
                None => groups.push((&row.launch, rule, vec![&row.terminate])),
            }
        }
        let mut last = "";
        for (launch, rule, ends) in groups {
            if launch != last {
                let about = lastrites_model::launches::ALL.iter().find(|entry| entry.name == launch);
                let about = about.map_or("", |entry| entry.about);
                let _ = writeln!(text, "  # {launch}: {about}");
                last = launch;
            }
            let ends = ends.join(", ");
            let _ = writeln!(text, "  - {{ when: {{ launch: {launch}, terminate: [{ends}] }}, {rule} }}");
        }
        text
    }

    /// Command and working folder as the scenario has them, relative to its file where it lies here.
    fn as_written(&self, output: Option<&Path>) -> (Vec<String>, Option<String>) {
        let here = std::env::current_dir().unwrap_or_default();
        let folder = output.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        let beside =
            folder.is_none_or(|folder| std::path::absolute(folder).is_ok_and(|folder| folder == here));
        let mut command = self.program.command.clone();
        if let Some(program) = command.first_mut()
            && program.contains(['/', std::path::MAIN_SEPARATOR])
            && !beside
        {
            *program = here.join(&*program).display().to_string();
        }
        let cwd = self.cwd.as_ref().map(|cwd| match cwd.strip_prefix(&here) {
            Ok(rest) if beside && rest.as_os_str().is_empty() => ".".to_owned(),
            Ok(rest) if beside => rest.display().to_string(),
            _ => cwd.display().to_string(),
        });
        (command, cwd)
    }
}

/// The scenario of the cells with requests under way.
pub(super) const IN_FLIGHT: &str = "probe-in-flight";

/// A probe expects nothing.
const ANYTHING: &str = "expect:\n  - { outcome: [ends, survives], leftovers: any }\n";

/// What two looks saw of a cell, as a rule; of one that could not be tried here, why.
fn rule(row: &Row, again: &Row) -> String {
    if row.verdict == Verdict::Skip {
        return format!("skip: {}", quoted(&format!("not tried by init: {}", row.why)));
    }
    let outcome = |row: &Row| match &row.outcome {
        // A status of Windows, as its documentation writes it.
        Some(Ended::Exited { code }) if *code > 0xFFFF => {
            format!("{{ exit: {code:#X} }}").replace("0X", "0x")
        }
        Some(Ended::Exited { code }) => format!("{{ exit: {code} }}"),
        Some(Ended::Signaled { signal, .. }) => format!("{{ signal: {signal} }}"),
        _ => "survives".to_owned(),
    };
    let mut rule = format!("outcome: {}", either(&outcome(row), &outcome(again)));
    if !(row.leftovers.is_empty() && again.leftovers.is_empty()) {
        rule += ", leftovers: any";
    }
    let work: Vec<String> = row
        .work
        .iter()
        .map(|one| {
            let name = &one.request;
            let again = answer(again, name).unwrap_or(one.answer);
            format!("{name}: {}", either(one.answer.word(), again.word()))
        })
        .collect();
    if !work.is_empty() {
        let _ = write!(rule, ", work: {{ {} }}", work.join(", "));
    }
    rule
}

/// Both, where they differ.
fn either(one: &str, other: &str) -> String {
    if one == other { one.to_owned() } else { format!("[{one}, {other}]") }
}

/// What became of the request of that name.
pub(super) fn answer(row: &Row, request: &str) -> Option<Answer> {
    row.work.iter().find(|one| one.request == request).map(|one| one.answer)
}

/// Whether a word of the command names a file or folder here.
fn is_here(word: &str) -> bool {
    !word.is_empty() && !word.starts_with('-') && Path::new(word).is_relative() && Path::new(word).exists()
}

/// A YAML string. JSON's quoted strings are YAML's.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
