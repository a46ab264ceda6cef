//! Watches one running tree: reads all that it writes, line by line, and notices its end.

use lastrites_os::spec::Process;
use lastrites_os::{Running, Stream};
use std::path::Path;
use std::time::Instant;

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// Standard output, or the terminal where that is one.
    Stdout,
    /// Standard error, or the terminal of a terminal launch.
    Stderr,
    /// The evidence file.
    Evidence,
}

/// One line that the tree wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) from: From,
    /// The pid that an evidence line states: the writer's own idea of its pid.
    pub(super) pid: Option<u32>,
    pub(super) text: String,
    /// Whether it came after the termination began.
    pub(super) late: bool,
}

/// More than any target needs to say. Of a flood the oldest lines are forgotten, so that it costs neither
/// memory nor the target's progress; evidence is never forgotten.
const MOST_LINES: usize = 20_000;

struct Source {
    from: From,
    stream: Stream,
    open: bool,
    partial: Vec<u8>,
}

impl Source {
    /// Moves the whole lines of `partial` to `lines`; at the end of the stream the rest as well.
    fn split(&mut self, lines: &mut Vec<Line>, late: bool, ended: bool) {
        // What would be forgotten at once is not even taken note of: a flood of short lines must not keep the harness
        // busy.
        let flood = self.from != From::Evidence;
        let mut rest = if flood { start_of_last(&self.partial, MOST_LINES / 2) } else { 0 };
        while let Some(end) = self.partial[rest..].iter().position(|byte| *byte == b'\n') {
            push(lines, self.from, &self.partial[rest..rest + end], late);
            rest += end + 1;
        }
        self.partial.drain(..rest);
        if ended && !self.partial.is_empty() || self.partial.len() > 1 << 16 {
            push(lines, self.from, &std::mem::take(&mut self.partial), late);
        }
    }
}

/// Where the last so many lines begin, the one without its end included.
fn start_of_last(bytes: &[u8], lines: usize) -> usize {
    let ends = bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
    ends.map(|(end, _)| end + 1).nth(lines).unwrap_or(0)
}

fn push(lines: &mut Vec<Line>, from: From, bytes: &[u8], late: bool) {
    if lines.len() >= MOST_LINES {
        let mut oldest = MOST_LINES / 2;
        lines.retain(|line| {
            let keep = oldest == 0 || line.from == From::Evidence;
            oldest -= usize::from(!keep);
            keep
        });
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\r');
    let (pid, text) = match from {
        From::Evidence => match text.split_once(' ') {
            Some((pid, rest)) if pid.parse::<u32>().is_ok() => (pid.parse().ok(), rest),
            _ => (None, text),
        },
        From::Stdout | From::Stderr => (None, text),
    };
    lines.push(Line { from, pid, text: text.to_owned(), late });
}

/// A running tree and what it wrote so far.
pub(super) struct Watch {
    pub(super) running: Running,
    pub(super) lines: Vec<Line>,
    pub(super) exited: bool,
    pub(super) exited_at: Option<Instant>,
    /// The processes as they were last looked at, to tell roles by their command line.
    pub(super) known: Vec<Process>,
    sources: Vec<Source>,
    late: bool,
}

/// What `next` noticed.
enum Event {
    Read(usize, bool),
    Exited,
}

impl Watch {
    pub(super) fn new(mut running: Running, evidence: Option<Stream>) -> Watch {
        let mut sources = Vec::with_capacity(3);
        sources.extend(evidence.map(|stream| Source::of(From::Evidence, stream)));
        sources.extend(running.take_stdout().map(|stream| Source::of(From::Stdout, stream)));
        sources.extend(running.take_stderr().map(|stream| Source::of(From::Stderr, stream)));
        Watch {
            running,
            lines: Vec::new(),
            exited: false,
            exited_at: None,
            known: Vec::new(),
            sources,
            late: false,
        }
    }

    /// From now on, lines count as written after the end began.
    pub(super) fn end_begins(&mut self) {
        self.late = true;
    }

    /// Whether lines count as written after the end began.
    pub(super) fn has_begun_to_end(&self) -> bool {
        self.late
    }

    /// For an end that the target brings about itself: it begins with the line that says ready, and
    /// whatever follows that line is after it.
    pub(super) fn mark_late_after_ready(&mut self, ready: impl Fn(&Line) -> bool) {
        self.late = true;
        let first = self.lines.iter().position(ready).unwrap_or(self.lines.len());
        for line in self.lines.iter_mut().skip(first) {
            line.late = true;
        }
    }

    /// Waits for the next thing to happen: a line or more, or the end of the started process.
    pub(super) async fn next(&mut self) {
        let event = {
            let running = &self.running;
            let exited = self.exited;
            let mut sources = self.sources.iter_mut().enumerate().filter(|(_, source)| source.open);
            let first = sources.next();
            let second = sources.next();
            let third = sources.next();
            tokio::select! {
                biased;
                event = read(first) => event,
                event = read(second) => event,
                event = read(third) => event,
                _ = running.exited(), if !exited => Event::Exited,
            }
        };
        match event {
            Event::Read(index, ended) => {
                let late = self.late;
                let source = &mut self.sources[index];
                source.open = !ended;
                source.split(&mut self.lines, late, ended);
            }
            Event::Exited => {
                self.exited = true;
                self.exited_at = Some(Instant::now());
                self.gather();
            }
        }
    }

    /// Takes in all that was written until now, without waiting.
    pub(super) fn gather(&mut self) {
        let late = self.late;
        for source in self.sources.iter_mut().filter(|source| source.open) {
            source.open = !source.stream.drain(&mut source.partial);
            // Of a process that has ended, a last line without newline is a line too.
            source.split(&mut self.lines, late, !source.open || self.exited);
        }
    }

    pub(super) async fn until_exit(&mut self) {
        while !self.exited {
            self.next().await;
        }
    }

    /// Until every process of the tree sleeps or has ended. Returns whether there may be zombies.
    pub(super) async fn until_quiet(&mut self) -> bool {
        loop {
            // Reading is part of it: a target that writes more than a pipe holds sleeps in write(2).
            self.gather();
            let before = self.lines.len();
            let zombies = self.running.quiet(&[]).await;
            self.gather();
            if self.running.has_exited() && !self.exited {
                self.exited = true;
                self.exited_at = Some(Instant::now());
            }
            if self.lines.len() == before || self.exited {
                return zombies;
            }
        }
    }

    /// Live descendants other than the started process.
    pub(super) fn descendants(&self, tree: &[Process]) -> Vec<u32> {
        let started = self.running.pid();
        let alive = |process: &&Process| !process.zombie && process.pid != started;
        tree.iter().filter(alive).map(|process| process.pid).collect()
    }

    /// Descendants that have ended and that their parent has not waited for.
    pub(super) fn zombies(&self) -> Vec<Process> {
        let started = self.running.pid();
        let dead = |process: &Process| process.zombie && process.pid != started;
        self.running.processes().into_iter().filter(dead).collect()
    }

    /// Until all of these have ended, reading meanwhile.
    pub(super) async fn until_gone(&mut self, pids: &[u32]) {
        let Watch { running, sources, lines, late, .. } = self;
        let gone = running.gone(pids);
        tokio::pin!(gone);
        loop {
            let mut open = sources.iter_mut().enumerate().filter(|(_, source)| source.open);
            let first = open.next();
            let second = open.next();
            let third = open.next();
            let event = tokio::select! {
                biased;
                event = read(first) => event,
                event = read(second) => event,
                event = read(third) => event,
                () = &mut gone => return,
            };
            if let Event::Read(index, ended) = event {
                let source = &mut sources[index];
                source.open = !ended;
                source.split(lines, *late, ended);
            }
        }
    }

    /// Looks at the tree, and remembers it.
    pub(super) fn look(&mut self) -> &[Process] {
        for process in self.running.processes() {
            match self.known.iter_mut().find(|known| known.pid == process.pid) {
                Some(known) => *known = process,
                None => self.known.push(process),
            }
        }
        &self.known
    }

    /// Takes a file that the target wrote as its standard output for read.
    pub(super) fn read_file(&mut self, path: &Path) {
        let bytes = std::fs::read(path).unwrap_or_default();
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            push(&mut self.lines, From::Stdout, line, self.late);
        }
    }

    /// The last lines that were written to standard output or error after the end began.
    pub(super) fn last_words(&self, count: usize) -> Vec<String> {
        let said = |line: &&Line| line.late && line.from != From::Evidence && !line.text.trim().is_empty();
        let mut last: Vec<String> =
            self.lines.iter().rev().filter(said).take(count).map(|line| line.text.clone()).collect();
        last.reverse();
        last
    }

    /// The last lines of a stream that say something.
    pub(super) fn last_lines(&self, from: From, count: usize) -> Vec<String> {
        let said = |line: &&Line| line.from == from && !line.text.trim().is_empty();
        let mut last: Vec<String> =
            self.lines.iter().rev().filter(said).take(count).map(|line| line.text.clone()).collect();
        last.reverse();
        last
    }
}

impl Source {
    fn of(from: From, stream: Stream) -> Source {
        Source { from, stream, open: true, partial: Vec::new() }
    }
}

/// Reads what is there; a stream that fails has ended.
async fn read(source: Option<(usize, &mut Source)>) -> Event {
    match source {
        Some((index, source)) => {
            let count = source.stream.read(&mut source.partial).await;
            Event::Read(index, !matches!(count, Ok(1..)))
        }
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_the_last_lines_are_taken_note_of() {
        assert_eq!(start_of_last(b"", 2), 0);
        assert_eq!(start_of_last(b"a\nb\n", 2), 0);
        assert_eq!(start_of_last(b"a\nb\nc\n", 2), 2);
        assert_eq!(start_of_last(b"a\nb\nc\nbegun", 2), 2);
    }
}
