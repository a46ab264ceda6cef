//! One line of advice for each finding of a probe. Rows go in, sentences come out.

use super::draft::{IN_FLIGHT, answer};
use super::has_ended;
use super::ways::Ways;
use lastrites_model::observation::{Disposition, Ended};
use lastrites_model::platform::Os;
use lastrites_model::record::Row;
use lastrites_model::words;
use lastrites_model::work::Answer;

/// What a user may want to know or mend, the worst first.
pub(super) fn advice(ways: &Ways, rows: &[Row]) -> Vec<String> {
    let all = Rows(rows);
    let mut found = Vec::new();
    let mut say = |condition: bool, text: String| {
        if condition && !found.contains(&text) {
            found.push(text);
        }
    };
    if ways.os == Os::Windows {
        by_events(&all, &mut say);
    } else {
        by_signals(&all, &mut say);
    }
    requests(&all, &mut say);
    leftovers(ways, &all, &mut say);
    if let Some(row) = all.of("direct", "parent-death") {
        let so = if ways.os == Os::Windows {
            "put it into a Job Object that ends its processes with its last handle"
        } else {
            "use PR_SET_PDEATHSIG"
        };
        say(
            survived(row),
            format!(
                "it outlives the process that started it: where it should not, watch standard input for its end, or {so}"
            ),
        );
    }
    found
}

/// Of signals, and what a supervisor and a terminal send.
fn by_signals(all: &Rows<'_>, say: &mut impl FnMut(bool, String)) {
    let term = all.of("direct", "SIGTERM").or(all.of("pty", "SIGTERM"));
    let interrupt = all.of("direct", "SIGINT").or(all.of("pty", "SIGINT"));
    if let Some(row) = term.filter(|row| survived(row)) {
        say(
            true,
            match row.disposition {
                Some(Disposition::Ignored) => {
                    "SIGTERM is ignored: only SIGKILL ends it, after the grace of whatever stops it"
                }
                Some(Disposition::Blocked) => "SIGTERM is blocked and nobody takes it: only SIGKILL ends it",
                Some(Disposition::Caught) => {
                    "SIGTERM is caught, and it lives on: the handler has to lead to an end"
                }
                _ => "SIGTERM does not end it",
            }
            .to_owned(),
        );
    }
    let stop = all.of("pid1", "docker-stop");
    let killed = |row: &Row| matches!(&row.outcome, Some(Ended::Signaled { signal, .. }) if signal.name() == "SIGKILL");
    if let Some(row) = stop.filter(|row| killed(row)) {
        let text = match row.disposition {
            Some(Disposition::Default) => {
                "as PID 1 SIGTERM does nothing, since no handler is installed: install one, or run it under an init \
                 (docker run --init, tini); else `docker stop` waits for its grace and kills it"
            }
            _ => "as PID 1 it does not end at SIGTERM: `docker stop` waits for its grace and kills it",
        };
        say(true, text.to_owned());
    }
    if let (Some(term), Some(interrupt)) = (term, interrupt) {
        say(
            died(term) && exited(interrupt),
            "Ctrl+C is handled and SIGTERM is not: what a supervisor sends is SIGTERM, and nothing of its cleanup runs then"
                .to_owned(),
        );
        say(
            died(term) && died(interrupt),
            "no handler for SIGTERM or SIGINT: whatever it has to save or remove, it does not".to_owned(),
        );
        say(
            exited(term) && died(interrupt),
            "SIGTERM is handled and SIGINT is not: Ctrl+C in a terminal skips its cleanup".to_owned(),
        );
    }
    if let (Some(term), Some(hangup)) = (term, all.of("pty", "hangup")) {
        say(
            exited(term) && died(hangup),
            "SIGTERM is handled and SIGHUP is not: a closed terminal or a lost ssh connection skips its cleanup".to_owned(),
        );
    }
    if let Some(hangup) = all.of("pty", "hangup") {
        say(survived(hangup), "it lives on when its terminal is closed".to_owned());
    }
    if let (Some(term), Some(twice)) = (term, all.of("direct", "SIGTERM-twice")) {
        say(
            exited(term) && died(twice),
            "a second SIGTERM kills it in the middle of its cleanup: an impatient supervisor loses it"
                .to_owned(),
        );
    }
}

/// The exit code of the default handler of a console program, STATUS_CONTROL_C_EXIT.
const CONTROL_C_EXIT: i64 = 0xC000_013A;

/// Of control events, and what can be sent to a program without window.
fn by_events(all: &Rows<'_>, say: &mut impl FnMut(bool, String)) {
    let interrupt = all.of("direct", "ctrl-c").or(all.of("pseudo-console", "ctrl-c"));
    if let Some(row) = interrupt {
        say(survived(row), "CTRL_C does not end it".to_owned());
        let by_default =
            matches!(row.outcome, Some(Ended::Exited { code }) if i64::from(code) == CONTROL_C_EXIT);
        say(
            by_default,
            "no handler for CTRL_C: whatever it has to save or remove, it does not (SetConsoleCtrlHandler)"
                .to_owned(),
        );
    }
    if let (Some(interrupt), Some(group)) = (interrupt, all.of("new-group", "ctrl-c")) {
        say(
            has_ended(interrupt) && survived(group),
            "in a process group of its own CTRL_C is disabled: it is CTRL_BREAK that can be sent there, which needs a \
             handler too"
                .to_owned(),
        );
    }
    if let Some(row) = all.of("direct", "taskkill") {
        say(
            survived(row),
            "taskkill without /F does not end it: it has no window that could be closed, and /F skips its cleanup"
                .to_owned(),
        );
    }
}

fn requests(all: &Rows<'_>, say: &mut impl FnMut(bool, String)) {
    for (name, what) in [("slow", "a request"), ("half", "a request that was still being sent")] {
        for end in ["SIGTERM", "SIGINT", "ctrl-c", "ctrl-break"] {
            let row = all.in_flight(end);
            say(
                row.and_then(|row| answer(row, name)) == Some(Answer::Cut),
                format!("{what} is cut at {end}: stop accepting, finish what has begun, then exit"),
            );
        }
    }
}

/// What stays behind, and by whose fault.
fn leftovers(ways: &Ways, all: &Rows<'_>, say: &mut impl FnMut(bool, String)) {
    let term = all.of("direct", "SIGTERM").or(all.of("pty", "SIGTERM"));
    for row in all.0.iter().filter(|row| has_ended(row) && row.scenario != IN_FLIGHT) {
        let end = &row.terminate;
        for process in &row.leftovers.processes {
            // What forks away was told of before.
            say(
                end != "return" && !ways.by_force.contains(&end.as_str()),
                format!("{process} lives on after {end}: end and wait for children before you exit"),
            );
        }
        say(
            !row.leftovers.zombies.is_empty(),
            "it leaves zombies: wait for children that have ended (as PID 1, for every orphan)".to_owned(),
        );
    }
    let files = |row: &&Row| has_ended(row) && !row.leftovers.files.is_empty();
    if let Some(row) = term.filter(files) {
        say(true, format!("after SIGTERM it leaves {} behind", row.leftovers.files.join(", ")));
    }
    let cleans = term.is_some_and(|row| has_ended(row) && row.leftovers.files.is_empty());
    if let Some(row) = all.of("direct", "SIGKILL").filter(files).filter(|_| cleans) {
        let files = row.leftovers.files.join(", ");
        say(true, format!("SIGKILL leaves {files}: the next start must cope with it"));
    }
}

struct Rows<'a>(&'a [Row]);

impl<'a> Rows<'a> {
    fn of(&self, launch: &str, end: &str) -> Option<&'a Row> {
        self.0.iter().find(|row| row.scenario != IN_FLIGHT && row.launch == launch && row.terminate == end)
    }

    fn in_flight(&self, end: &str) -> Option<&'a Row> {
        self.0.iter().find(|row| row.scenario == IN_FLIGHT && row.terminate == end)
    }
}

fn survived(row: &Row) -> bool {
    row.outcome == Some(Ended::Survived)
}

fn died(row: &Row) -> bool {
    matches!(row.outcome, Some(Ended::Signaled { .. }))
}

fn exited(row: &Row) -> bool {
    matches!(row.outcome, Some(Ended::Exited { .. }))
}

/// How it ended.
pub(super) fn outcome(row: &Row) -> String {
    match &row.outcome {
        Some(Ended::Survived) => match row.disposition {
            Some(what) => format!("lives on ({})", words::disposition(what)),
            None => "lives on".to_owned(),
        },
        Some(ended) => words::ended(ended, None),
        None => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ways;
    use super::*;
    use lastrites_model::observation::Observation;
    use lastrites_model::sample::{cell, died, exited, expect, left, scenario, survived};

    fn row(launch: &str, end: &str, seen: Observation) -> Row {
        let scenario = scenario("probe").build();
        let cell = cell("probe", launch, end, expect());
        Row::new(&scenario, &cell, seen, lastrites_model::judge::skipped(""))
    }

    #[test]
    fn a_program_that_cleans_up_everywhere_needs_no_advice() {
        let rows = [
            row("direct", "SIGTERM", exited(0)),
            row("direct", "SIGINT", exited(0)),
            row("direct", "SIGTERM-twice", exited(0)),
            row("pty", "hangup", exited(0)),
            row("pid1", "docker-stop", exited(0)),
        ];
        assert_eq!(advice(ways::of(Os::Linux), &rows), Vec::<String>::new());
    }

    #[rstest::rstest]
    #[case::pid1(&[row("pid1", "docker-stop", died("SIGKILL").disposed(Disposition::Default))], "run it under an init")]
    #[case::ignored(&[row("direct", "SIGTERM", survived().disposed(Disposition::Ignored))], "SIGTERM is ignored")]
    #[case::caught(&[row("direct", "SIGTERM", survived().disposed(Disposition::Caught))], "the handler has to lead to an end")]
    #[case::only_ctrl_c(&[row("direct", "SIGTERM", died("SIGTERM")), row("direct", "SIGINT", exited(0))], "Ctrl+C is handled and SIGTERM is not")]
    #[case::only_term(&[row("direct", "SIGTERM", exited(0)), row("direct", "SIGINT", died("SIGINT"))], "SIGINT is not")]
    #[case::neither(&[row("direct", "SIGTERM", died("SIGTERM")), row("direct", "SIGINT", died("SIGINT"))], "no handler")]
    #[case::twice(&[row("direct", "SIGTERM", exited(0)), row("direct", "SIGTERM-twice", died("SIGTERM"))], "a second SIGTERM")]
    #[case::child(&[row("direct", "SIGTERM", exited(0).left(left(&["worker"], &[], &[], &[])))], "worker lives on after SIGTERM")]
    #[case::file(&[row("direct", "SIGTERM", exited(0).left(left(&[], &[], &["app.pid"], &[])))], "leaves app.pid behind")]
    #[case::orphan(&[row("direct", "parent-death", survived())], "it outlives")]
    fn each_finding_has_its_line(#[case] rows: &[Row], #[case] says: &str) {
        let advice = advice(ways::of(Os::Linux), rows);
        assert!(advice.iter().any(|line| line.contains(says)), "{advice:?}");
    }

    #[rstest::rstest]
    #[case::by_default(&[row("direct", "ctrl-c", exited(0xC000_013A))], "no handler for CTRL_C")]
    #[case::survives(&[row("direct", "ctrl-c", survived())], "CTRL_C does not end it")]
    #[case::group(&[row("direct", "ctrl-c", exited(0)), row("new-group", "ctrl-c", survived())], "it is CTRL_BREAK")]
    #[case::no_window(&[row("direct", "taskkill", survived())], "no window")]
    #[case::child(&[row("direct", "ctrl-c", exited(0).left(left(&["worker"], &[], &[], &[])))], "worker lives on after ctrl-c")]
    #[case::orphan(&[row("direct", "parent-death", survived())], "a Job Object")]
    fn each_finding_on_windows_has_its_line(#[case] rows: &[Row], #[case] says: &str) {
        let advice = advice(ways::of(Os::Windows), rows);
        assert!(advice.iter().any(|line| line.contains(says)), "{advice:?}");
    }

    #[test]
    fn what_is_ended_by_force_is_not_to_blame_for_its_children() {
        let rows = [row("direct", "terminate", exited(1).left(left(&["worker"], &[], &[], &[])))];
        assert_eq!(advice(ways::of(Os::Windows), &rows), Vec::<String>::new());
    }

    #[test]
    fn a_request_that_is_cut_is_told() {
        let mut cut = row("direct", "SIGTERM", died("SIGTERM").worked("half", Answer::Cut));
        cut.scenario = IN_FLIGHT.to_owned();
        assert!(advice(ways::of(Os::Linux), &[cut])[0].contains("is cut at SIGTERM"));
    }
}
