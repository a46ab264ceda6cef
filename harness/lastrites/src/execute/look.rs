//! Reads an observation out of what a cell wrote and left.

use super::watch::{From, Line, Watch};
use lastrites_model::observation::{HookRun, Left};
use lastrites_model::scenario::{Cell, Evidence, Ready, RoleBy, Scenario};
use lastrites_os::spec::Process;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The hooks that ran, in the order of their evidence, and what was against the protocol.
///
/// `file` says whether a file was there when the end began, and whether it is now.
pub(super) fn hooks(
    scenario: &Scenario,
    cell: &Cell,
    watch: &Watch,
    file: impl Fn(&str) -> (bool, bool),
) -> (Vec<HookRun>, Option<String>) {
    let roles = roles(scenario, watch);
    let mut ran = Vec::new();
    let mut broken = None;
    let mut complain = |what: String| {
        if broken.is_none() {
            broken = Some(what);
        }
    };
    for line in &watch.lines {
        let role = role_of(line, &roles);
        for hook in &scenario.target.hooks {
            let matches = match &hook.evidence {
                Evidence::Protocol => {
                    line.from == From::Evidence && line.text.strip_prefix("cleanup ") == Some(&hook.name)
                }
                Evidence::Stdout(pattern) => {
                    is_stdout(line.from, cell) && line.late && pattern.is_match(&line.text)
                }
                Evidence::Stderr(pattern) => {
                    line.from == From::Stderr && line.late && pattern.is_match(&line.text)
                }
                Evidence::Appears(_) | Evidence::Gone(_) | Evidence::After(_) => false,
            };
            if !matches {
                continue;
            }
            if matches!(hook.evidence, Evidence::Protocol) && !line.late {
                complain(format!("`cleanup {}` was written before the end began", hook.name));
            }
            ran.push(HookRun { role: role.clone(), hook: hook.name.clone() });
        }
        if let Some(name) = line.text.strip_prefix("cleanup ")
            && line.from == From::Evidence
            && scenario.target.hooks.iter().all(|hook| hook.name != name)
        {
            complain(format!("`cleanup {name}` names a hook that the scenario does not declare"));
        }
    }
    for hook in &scenario.target.hooks {
        let (before, after) = match &hook.evidence {
            Evidence::Appears(name) | Evidence::Gone(name) => file(name),
            _ => continue,
        };
        let happened = match &hook.evidence {
            Evidence::Appears(_) => !before && after,
            _ => before && !after,
        };
        if happened {
            ran.push(HookRun { role: "main".to_owned(), hook: hook.name.clone() });
        }
    }
    let readies = readies(scenario, watch);
    if readies > 1 {
        complain(format!("it said {readies} times that it was ready"));
    }
    (ran, broken)
}

/// The hooks that are shown by what was printed after the end, in the order of the lines.
pub(super) fn after(scenario: &Scenario, lines: &[String]) -> Vec<HookRun> {
    let shown = |line: &String| {
        let line = line.clone();
        scenario.target.hooks.iter().filter_map(move |hook| match &hook.evidence {
            Evidence::After(pattern) if pattern.is_match(&line) => {
                Some(HookRun { role: "main".to_owned(), hook: hook.name.clone() })
            }
            _ => None,
        })
    };
    lines.iter().flat_map(shown).collect()
}

fn is_stdout(from: From, cell: &Cell) -> bool {
    let terminal = cell.start.session == lastrites_model::launch::Session::Terminal;
    from == From::Stdout || terminal && from == From::Stderr
}

/// How often the readiness line came, for fixtures: whoever says it twice leaves open which one counts.
fn readies(scenario: &Scenario, watch: &Watch) -> usize {
    match &scenario.target.ready {
        Ready::Evidence(pattern) => watch
            .lines
            .iter()
            .filter(|line| line.from == From::Evidence && pattern.is_match(&line.text))
            .count(),
        _ => 1,
    }
}

/// Own pid to role.
fn roles<'a>(scenario: &'a Scenario, watch: &Watch) -> BTreeMap<u32, &'a str> {
    let mut roles = BTreeMap::new();
    for role in &scenario.target.roles {
        match &role.by {
            RoleBy::Announces(pattern) => {
                for line in watch.lines.iter().filter(|line| line.from == From::Evidence) {
                    if let Some(pid) = line.pid
                        && pattern.is_match(&line.text)
                    {
                        roles.insert(pid, role.name.as_str());
                    }
                }
            }
            RoleBy::Command(pattern) => {
                for process in watch.known.iter().filter(|process| pattern.is_match(&process.command)) {
                    roles.insert(process.own_pid, role.name.as_str());
                }
            }
        }
    }
    roles
}

fn role_of(line: &Line, roles: &BTreeMap<u32, &str>) -> String {
    let role = line.pid.and_then(|pid| roles.get(&pid).copied());
    role.unwrap_or("main").to_owned()
}

/// What stayed behind.
pub(super) fn leftovers(
    scenario: &Scenario,
    cell: &Cell,
    watch: &Watch,
    tree: &[Process],
    zombies: &[Process],
    folder: &Path,
    port: Option<u16>,
) -> Left {
    let started = watch.running.pid();
    let roles = roles(scenario, watch);
    let mut left = Left::default();
    let name = |process: &Process| match roles.get(&process.own_pid) {
        Some(role) => (*role).to_owned(),
        None => command_name(scenario, &process.command),
    };
    left.zombies = zombies.iter().map(name).collect();
    let alive = |process: &&Process| !process.zombie && process.pid != started;
    left.processes = tree.iter().filter(alive).map(name).collect();
    left.processes.sort();
    left.zombies.sort();
    left.files = files(scenario, cell, folder);
    if port.is_some_and(lastrites_os::listening) {
        left.ports.push("{port}".to_owned());
    }
    left
}

/// A command line as a report can show it on every machine: programs and scripts without their folders.
/// The target itself, where the started process was a wrapper, is `main`.
fn command_name(scenario: &Scenario, command: &str) -> String {
    use lastrites_model::scenario::Program;
    let short: Vec<&str> =
        command.split(' ').map(|word| word.rsplit(['/', '\\']).next().unwrap_or(word)).collect();
    let (Program::Fixture(target) | Program::Path(target)) = &scenario.target.program;
    let file = target.rsplit('/').next().unwrap_or(target);
    let file = file.split('@').next().unwrap_or(file);
    if short.iter().take(2).any(|word| *word == file) { "main".to_owned() } else { short.join(" ") }
}

/// Files of the private folder that neither the harness put there nor a hook's evidence speaks of.
fn files(scenario: &Scenario, cell: &Cell, folder: &Path) -> Vec<String> {
    if lastrites_os::is_empty(folder) {
        return Vec::new();
    }
    let mut found = BTreeSet::new();
    collect(folder, folder, &mut found);
    let keeps =
        || scenario.target.keeps.iter().map(String::as_str).chain(cell.start.wrapper.keeps().iter().copied());
    let ours = |name: &str| {
        scenario.target.files.contains_key(name)
            || matches!(&scenario.target.ready, Ready::File(ready) if ready == name)
            || scenario.target.hooks.iter().any(|hook| {
                matches!(&hook.evidence, Evidence::Appears(file) | Evidence::Gone(file) if file == name)
            })
            || keeps().any(|kept| if kept.ends_with('/') { name.starts_with(kept) } else { name == kept })
    };
    found.into_iter().filter(|name| !ours(name)).collect()
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(root, &path, found);
        } else if let Ok(name) = path.strip_prefix(root) {
            found.insert(name.to_string_lossy().replace('\\', "/"));
        }
    }
}
