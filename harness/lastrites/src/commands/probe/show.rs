//! A probe for a terminal: one line for each different answer, then what to make of it.

use super::advice::{advice, outcome};
use super::draft::{Draft, IN_FLIGHT, Stays};
use crate::report::Report;
use crate::report::layout::{Columns, wrap};
use lastrites_model::observation::Verdict;
use lastrites_model::record::Row;
use lastrites_model::words;
use std::fmt::Write as _;

/// The width where there is no terminal to ask.
const WIDTH: usize = 100;
/// More of a last line is rarely read, and squeezes the rest.
const LONGEST: usize = 72;

pub(super) fn table(draft: &Draft<'_>, report: &Report, left: &[String], width: Option<usize>) -> String {
    let width = width.unwrap_or(WIDTH).clamp(40, 160);
    let mut text = String::new();
    for line in wrap(&draft.command(), width) {
        let _ = writeln!(text, "{line}");
    }
    for note in notes(draft) {
        for line in wrap(&note, width) {
            let _ = writeln!(text, "{line}");
        }
    }
    text.push('\n');
    let (in_flight, plain): (Vec<&Row>, Vec<&Row>) =
        report.rows.iter().partition(|row| row.scenario == IN_FLIGHT);
    lines(&mut text, &plain, width, false);
    // Rows that say that no request could be got under way are about HTTP, not about the end.
    let in_flight: Vec<&Row> = in_flight.into_iter().filter(|row| row.trouble.is_none()).collect();
    if !in_flight.is_empty() {
        text.push_str("\nwhile a request is being sent (half), and asked again after the signal (new)\n");
        lines(&mut text, &in_flight, width, true);
    }
    let shown = |name: &&(&str, &str)| report.rows.iter().any(|row| row.launch == name.0);
    let legend: Vec<String> =
        draft.ways.launches.iter().filter(shown).map(|(name, about)| format!("{name}: {about}")).collect();
    text.push('\n');
    for line in wrap(&legend.join("; "), width) {
        let _ = writeln!(text, "{line}");
    }
    if !left.is_empty() {
        text.push('\n');
    }
    for line in left.iter().flat_map(|one| wrap(one, width)) {
        let _ = writeln!(text, "{line}");
    }
    let advice = advice(draft.ways, &report.rows);
    if !advice.is_empty() {
        text.push('\n');
    }
    for one in advice {
        for (number, line) in wrap(&one, width - 2).iter().enumerate() {
            let _ = writeln!(text, "{}{line}", if number == 0 { "- " } else { "  " });
        }
    }
    let ran = report.rows.iter().filter(|row| row.verdict != Verdict::Skip).count();
    let _ = writeln!(text, "\n{}; nothing of it is left running", words::count(ran, "run"));
    text
}

/// What was found out before the first row.
fn notes(draft: &Draft<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    match draft.stays {
        Stays::Anyway => {}
        Stays::WithInput => notes.push(
            "it ends by itself when its standard input is empty, so it got one that stays open".to_owned(),
        ),
        Stays::InTerminal => notes.push("it stays only in a terminal".to_owned()),
        Stays::Never => {
            notes.push("it ends by itself: there is nothing that could be ended".to_owned());
            notes.extend(draft.last_words().iter().map(|line| format!("  {}", shortened(line))));
            notes.extend(draft.hint().map(str::to_owned));
        }
    }
    if draft.busy {
        notes.push("it never rests, so it was ended in the middle of what it does".to_owned());
    }
    if let Some(port) = draft.fixed_port {
        notes.push(format!("it always listens on port {port}, so one ran after another"));
    }
    notes
}

fn lines(text: &mut String, rows: &[&Row], width: usize, work: bool) {
    let mut answers: Vec<(Vec<&Row>, Vec<String>)> = Vec::new();
    for row in rows {
        let mut answer = vec![told(row)];
        if work {
            answer.push(words::work(&row.work));
        }
        answer.push(row.said.last().map_or_else(String::new, |line| shortened(line)));
        answer.push(words::left(&row.leftovers));
        // Times and pids in what it said are no other answer.
        let alike =
            |seen: &[String]| seen.iter().zip(&answer).all(|(a, b)| without_digits(a) == without_digits(b));
        let exact = |seen: &[String]| seen[0] == answer[0] && seen.last() == answer.last();
        match answers
            .iter_mut()
            .find(|(known, seen)| known[0].launch == row.launch && alike(seen) && exact(seen))
        {
            Some((known, _)) => known.push(row),
            None => answers.push((vec![row], answer)),
        }
    }
    let has = |column: usize| answers.iter().any(|(_, answer)| !answer[column].is_empty());
    let said = has(if work { 2 } else { 1 });
    let mut heads = vec!["started", "ended by", "outcome"];
    heads.extend(work.then_some("requests"));
    heads.extend(said.then_some("last words"));
    heads.push("left behind");
    let mut columns = Columns::new(&heads);
    for (rows, mut answer) in answers {
        // The longest of them, where it is one that would be felt.
        let took = rows.iter().filter_map(|row| row.ms.end).fold(0.0, f64::max);
        if took >= 100.0 && rows.iter().all(|row| row.trouble.is_none()) {
            let _ = write!(answer[0], " after {:.1} s", took / 1000.0);
        }
        let ends: Vec<&str> = rows.iter().map(|row| row.terminate.as_str()).collect();
        if !said {
            answer.remove(if work { 2 } else { 1 });
        }
        let mut line = vec![rows[0].launch.clone(), ends.join(", ")];
        line.extend(answer);
        columns.line(line);
    }
    let (head, lines) = columns.lay(width);
    let _ = writeln!(text, "{}", head.trim_end());
    for line in lines.into_iter().flatten() {
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

fn told(row: &Row) -> String {
    if matches!(row.verdict, Verdict::Skip | Verdict::Error) {
        return format!("{}: {}", row.verdict.word(), row.why);
    }
    outcome(row)
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// A line without what a terminal would take for an order, and not too long.
fn shortened(line: &str) -> String {
    let plain: String = anstream::adapter::strip_str(line).to_string();
    let plain: String = plain.chars().filter(|c| !c.is_control()).collect();
    let plain = plain.trim();
    if plain.chars().count() <= LONGEST {
        return plain.to_owned();
    }
    let start: String = plain.chars().take(LONGEST - 1).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_plain_and_short() {
        assert_eq!(shortened("\u{1b}[31mred\u{1b}[0m\r"), "red");
        assert_eq!(shortened(&"x".repeat(100)).chars().count(), LONGEST);
    }
}
