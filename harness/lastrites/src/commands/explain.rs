//! `lastrites explain CELL`: everything about one cell, without running it.

use super::{Exit, Failure, here, print, scenarios};
use crate::cli::{self, Cli};
use lastrites_model::language::nearest;
use lastrites_model::scenario::{Cell, Cleanup, Leftovers, Program, Ran, Scenario};
use std::fmt::Write;

pub(super) fn explain(cli: &Cli, arguments: &cli::Explain) -> Result<Exit, Failure> {
    let platform = lastrites_os::facts().platform;
    let scenarios = scenarios(cli, &here(), &arguments.paths, &platform)?;
    let all =
        || scenarios.iter().flat_map(|scenario| scenario.cells.iter().map(move |cell| (scenario, cell)));
    let Some((scenario, cell)) = all().find(|(_, cell)| cell.id == arguments.cell) else {
        let ids: Vec<&str> = all().map(|(_, cell)| cell.id.as_str()).collect();
        let near = nearest(&arguments.cell, ids);
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        return Err(Failure::Input(vec![format!("error: no cell is called {}{hint}", arguments.cell)]));
    };
    print(&describe(scenario, cell))
}

fn describe(scenario: &Scenario, cell: &Cell) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12} {value}");
    };
    line("cell", cell.id.clone());
    line("asks", scenario.about.clone());
    line("file", scenario.file.display().to_string());
    line(
        "target",
        match &scenario.program(cell) {
            Program::Fixture(name) => format!("fixture {name}"),
            Program::Path(path) => path.clone(),
        },
    );
    if let Some(launch) = lastrites_model::launches::ALL.iter().find(|launch| launch.name == cell.launch) {
        line("launch", format!("{}: {}", launch.name, launch.about));
        line("", launch.source.to_owned());
    }
    if let Some(entry) =
        lastrites_model::terminations::ALL.iter().find(|entry| (entry.parse)(&cell.terminate).is_some())
    {
        line("termination", format!("{}: {}", cell.terminate, entry.about));
        line("", entry.source.to_owned());
    }
    if cell.ending.steps.len() > 1 {
        line("steps", cell.ending.told());
    }
    line("stdout", cell.stdout.name().to_owned());
    line(
        "cleanup",
        cell.expect.cleanup.as_ref().map_or_else(|| "not judged".to_owned(), |expected| cleanup(expected)),
    );
    line(
        "outcome",
        if cell.expect.outcome.is_empty() {
            "it ends, somehow".to_owned()
        } else {
            let sent = cell.ending.signal;
            let words: Vec<String> = cell
                .expect
                .outcome
                .iter()
                .map(|one| lastrites_model::judge::outcome_words(one, sent))
                .collect();
            words.join(" or ")
        },
    );
    line(
        "leftovers",
        match &cell.expect.leftovers {
            Leftovers::None => "none".to_owned(),
            Leftovers::Any => "not judged".to_owned(),
            Leftovers::Exactly { processes, files, port } => {
                let mut left = [processes.clone(), files.clone()].concat();
                if *port {
                    left.push("its port".to_owned());
                }
                left.join(", ")
            }
        },
    );
    for request in &scenario.target.requests {
        let answers = cell.expect.work.get(&request.name);
        let words = answers.map_or_else(
            || "not judged".to_owned(),
            |answers| answers.iter().map(|answer| answer.word()).collect::<Vec<_>>().join(" or "),
        );
        line("request", format!("{} ({:?} {}): {words}", request.name, request.kind, request.path));
    }
    if let Some(because) = &cell.expect.because {
        line("because", because.clone());
    }
    if let Some(skip) = &cell.skip {
        line("skipped", skip.clone());
    }
    let rules: Vec<String> =
        cell.expect.lines.iter().map(|line| format!("{}:{line}", scenario.file.display())).collect();
    if !rules.is_empty() {
        line("rules", rules.join(", "));
    }
    let position = scenario.cells.iter().position(|other| other.id == cell.id);
    for claim in &scenario.claims {
        if claim.checks.iter().any(|check| check.cells.iter().any(|index| Some(*index) == position)) {
            line("claim", format!("{}: {} ({})", claim.id, claim.says, claim.source));
        }
    }
    text
}

fn cleanup(cleanup: &Cleanup) -> String {
    let roles = cleanup.by_role.iter().map(|(role, ran)| {
        let ran = match ran {
            Ran::Exactly(hooks) if hooks.is_empty() => "none".to_owned(),
            Ran::Exactly(hooks) => hooks.join(", then "),
            Ran::AnyOrder(hooks) => format!("{} in any order", hooks.join(", ")),
            Ran::Some { with, without } if without.is_empty() => format!("at least {}", with.join(", ")),
            Ran::Some { with, without } => {
                format!("at least {}, and not {}", with.join(", "), without.join(", "))
            }
            Ran::Any => "not judged".to_owned(),
        };
        if role == "main" { ran } else { format!("{role}: {ran}") }
    });
    let roles: Vec<String> = roles.collect();
    if roles.is_empty() { "none".to_owned() } else { roles.join("; ") }
}
