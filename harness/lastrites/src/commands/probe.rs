//! `lastrites probe -- PROGRAM`: ends any program in every way and shows what it does, without a scenario;
//! `lastrites init` writes a scenario from the same.
//!
//! The probe *is* a scenario, written here and read by the same code as any other: it expects nothing.

use super::run::{self, Orders};
use super::{Exit, Failure, here, print, write};
use crate::cli::{self, Cli};
use crate::prepare;
use crate::report::{self, Report};
use lastrites_model::language::{self, Source, World};
use lastrites_model::observation::{Ended, Verdict};
use lastrites_model::platform::Os;
use lastrites_model::record::Row;
use lastrites_model::scenario::Scenario;
use lastrites_model::words;
use std::fmt::Write as _;
use std::path::PathBuf;

/// The launches and terminations of a probe: those that change an answer.
fn matrix(os: Os) -> &'static str {
    if os == Os::Windows { WINDOWS } else { POSIX }
}

const POSIX: &str = "matrix:
  launch: [direct, pty, sigint-ignored, pid1]
  terminate: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGKILL, SIGTERM-twice, stdin-eof, ctrl-c, hangup]
  exclude:
    - { launch: sigint-ignored, terminate: [SIGTERM, SIGHUP, SIGQUIT, SIGKILL, SIGTERM-twice, stdin-eof] }
    - { launch: pid1, terminate: [SIGHUP, SIGQUIT, SIGKILL, SIGTERM-twice, stdin-eof] }
    - { launch: pty, terminate: [SIGKILL, SIGTERM-twice, stdin-eof] }
";

const WINDOWS: &str = "matrix:
  launch: [direct, new-console, pseudo-console]
  terminate: [ctrl-c, ctrl-break, ctrl-c-attached, taskkill, close-console-window, close-pseudo-console, terminate, stdin-eof]
  exclude:
    - { launch: new-console, terminate: [ctrl-c, ctrl-break, terminate, stdin-eof] }
    - { launch: pseudo-console, terminate: [ctrl-break, ctrl-c-attached, taskkill, terminate, stdin-eof] }
";

pub(super) async fn probe(cli: &Cli, arguments: &cli::Probe) -> Result<Exit, Failure> {
    let report = observe(&arguments.program, arguments.record.as_deref()).await?;
    if arguments.format == "table" {
        print(&table(&arguments.program.command, &report))?;
    } else if let Some(format) = report::by_name(&arguments.format) {
        let options = report::Options { all: true, ..report::Options::default() };
        let mut text = Vec::new();
        format
            .render(std::slice::from_ref(&report), &options, &mut text)
            .map_err(|error| Failure::Harness(error.to_string()))?;
        print(&String::from_utf8_lossy(&text))?;
    }
    let _ = cli;
    let could_not = report.rows.iter().any(|row| row.verdict == Verdict::Error);
    Ok(if could_not { Exit::Differs } else { Exit::Expected })
}

pub(super) async fn init(arguments: &cli::Init) -> Result<Exit, Failure> {
    let report = observe(&arguments.program, None).await?;
    if let Some(row) = report.rows.iter().find(|row| row.verdict == Verdict::Error) {
        return Err(Failure::Input(vec![format!("error: no scenario can be written: {}", row.why)]));
    }
    write(arguments.output.as_ref(), &scenario_from(&arguments.program, &report))
}

/// Runs the probe.
async fn observe(program: &cli::Probed, record: Option<&std::path::Path>) -> Result<Report, Failure> {
    let pool = prepare::pool(0).map_err(Failure::Harness)?;
    let facts = lastrites_os::facts();
    let root = here();
    let expect = "expect:\n  - { outcome: [ends, survives], leftovers: any }\n";
    let head = head(program, "probe", "What does it do when it is ended?");
    let text = format!("{head}{}{expect}", matrix(facts.platform.os));
    let source = Source { path: PathBuf::from("probe.yaml"), bytes: text.into_bytes() };
    let world = World {
        os: facts.platform.os,
        wine: facts.platform.wine.as_deref(),
        fixtures: &|_| false,
        fixture_names: Vec::new(),
        defaults: &|path| std::fs::read(path),
    };
    let scenarios: Vec<Scenario> = language::load(&[source], &world)
        .map_err(|errors| Failure::Input(errors.iter().map(|error| error.render(false)).collect()))?;
    let selection = cli::Selection { paths: Vec::new(), filter: None, shard: None };
    let chosen = run::select(&scenarios, &selection)?;
    let mut interrupts =
        lastrites_os::Interrupts::catch().map_err(|error| Failure::Harness(error.to_string()))?;
    let orders = Orders { shard: None, repeat: 1, bounds: run::bounds(None), record };
    let (scenarios, header, rows, _) = {
        let work = run::cells(orders, pool, &facts, &root.folder, scenarios, &chosen);
        tokio::select! {
            ran = work => ran.map_err(Ok),
            signal = interrupts.next() => Err(Err(signal)),
        }
    }
    .or_else(run::interrupted)?;
    Ok(Report::new(header, scenarios, rows, None))
}

/// The first lines of a scenario about a program.
fn head(program: &cli::Probed, name: &str, about: &str) -> String {
    let command: Vec<String> = program.command.iter().map(|word| quoted(word)).collect();
    let ready = match (&program.ready, &program.http) {
        (Some(pattern), _) => format!("{{ stdout: {} }}", quoted(pattern)),
        (None, Some(path)) => format!("{{ http: {} }}", quoted(path)),
        (None, None) if program.command.iter().any(|word| word.contains("{port}")) => {
            "{ tcp: \"{port}\" }".to_owned()
        }
        (None, None) => "started".to_owned(),
    };
    format!(
        "scenario: {name}\nabout: {}\ntarget:\n  program: [{}]\n  ready: {ready}\n\
         limits: {{ survive: {}s }}\n",
        quoted(about),
        command.join(", "),
        program.patience
    )
}

/// A YAML string. JSON's quoted strings are YAML's.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// One line for each different answer.
fn table(command: &[String], report: &Report) -> String {
    let mut answers: Vec<(Vec<&Row>, [String; 3])> = Vec::new();
    for row in &report.rows {
        let answer = [outcome(row), row.said.join(" / "), words::left(&row.leftovers)];
        match answers.iter_mut().find(|(rows, known)| rows[0].launch == row.launch && *known == answer) {
            Some((rows, _)) => rows.push(row),
            None => answers.push((vec![row], answer)),
        }
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
    table.set_header(["started", "ended by", "outcome", "its last words", "left behind"]);
    for (rows, [outcome, said, left]) in &answers {
        let ends: Vec<&str> = rows.iter().map(|row| row.terminate.as_str()).collect();
        let said: String = said.chars().take(120).collect();
        table.add_row([&rows[0].launch, &ends.join(", "), outcome, &said, left]);
    }
    let mut text = format!("{}\n\n{table}\n", command.join(" "));
    let ran = report.rows.iter().filter(|row| row.verdict != Verdict::Skip).count();
    let _ = writeln!(text, "\n{ran} ways to end it; nothing of it is left running");
    text
}

fn outcome(row: &Row) -> String {
    if matches!(row.verdict, Verdict::Skip | Verdict::Error) {
        return format!("{}: {}", row.verdict.word(), row.why);
    }
    let took = row.ms.end.map_or_else(String::new, |ms| {
        if ms >= 100.0 { format!(" after {ms:.0} ms") } else { String::new() }
    });
    match &row.outcome {
        Some(Ended::Survived) => "lives on".to_owned(),
        Some(ended) => format!("{}{took}", words::ended(ended, None)),
        None => "-".to_owned(),
    }
}

/// A scenario that expects what was seen: a regression check, whose reader has to say whether it is right.
fn scenario_from(program: &cli::Probed, report: &Report) -> String {
    let name = std::path::Path::new(&program.command[0]).file_name().unwrap_or_default().to_string_lossy();
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let mut text = "# Written by `lastrites init` from what one probe saw. It is a regression check: whether what was\n\
                    # seen is right, you have to say. Name the hooks that your program has, and expect them.\n"
        .to_owned();
    text += &head(program, name.trim_matches('-'), "What does it do when it is ended?");
    // What was seen here says nothing of other systems.
    let _ = writeln!(text, "platforms: [{}]", report.header.platform.os.name());
    text += matrix(report.header.platform.os);
    text += "expect:\n";
    let mut groups: Vec<(String, String, Vec<&str>)> = Vec::new();
    for row in &report.rows {
        let outcome = match &row.outcome {
            Some(Ended::Exited { code }) => format!("{{ exit: {code} }}"),
            Some(Ended::Signaled { signal, .. }) => format!("{{ signal: {signal} }}"),
            _ => "survives".to_owned(),
        };
        let left = if row.leftovers.is_empty() { String::new() } else { ", leftovers: any".to_owned() };
        // A cell that nothing is said of would be an error; here it could not be tried.
        let rule = if row.verdict == Verdict::Skip {
            format!("skip: {}", quoted(&row.why))
        } else {
            format!("outcome: {outcome}{left}")
        };
        match groups.iter_mut().find(|(launch, known, _)| *launch == row.launch && *known == rule) {
            Some((_, _, ends)) => ends.push(&row.terminate),
            None => groups.push((row.launch.clone(), rule, vec![&row.terminate])),
        }
    }
    for (launch, rule, ends) in groups {
        let _ = writeln!(
            text,
            "  - {{ when: {{ launch: {launch}, terminate: [{}] }}, {rule} }}",
            ends.join(", ")
        );
    }
    text
}
