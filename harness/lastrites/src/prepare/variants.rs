//! What of a scenario stands for itself: the target in each of its versions.

use crate::runtimes::{self, Runtime};
use lastrites_model::scenario::{Program, Scenario};
use std::collections::BTreeSet;
use std::path::Path;

/// The runtimes without which a scenario has nothing to run. Of versions, each is looked for by itself.
pub(super) fn runtimes_of(scenario: &Scenario) -> impl Iterator<Item = &'static Runtime> {
    let of_versions = versions(scenario).next().is_some();
    scenario.target.programs().skip(usize::from(of_versions)).filter_map(|program| match program {
        Program::Fixture(name) => runtimes::of(name),
        Program::Path(_) => None,
    })
}

/// The versions of a scenario's target, where they are an axis.
pub(super) fn versions(scenario: &Scenario) -> impl Iterator<Item = &str> {
    let all: BTreeSet<&str> = scenario.cells.iter().filter_map(|cell| cell.version.as_deref()).collect();
    all.into_iter()
}

/// Everything that a scenario's cells run: the target in each of its versions, and what looks at it
/// afterwards.
pub(super) fn programs(scenario: &Scenario) -> Vec<(Program, Option<&str>)> {
    let mut all: Vec<(Program, Option<&str>)> = Vec::new();
    for cell in &scenario.cells {
        let one = (scenario.program(cell), cell.version.as_deref());
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all.extend(scenario.target.programs().skip(1).map(|program| (program.clone(), None)));
    all
}

/// The key of what a version of a scenario lacks.
pub(super) fn variant(scenario: &Scenario, version: Option<&str>) -> String {
    version.map_or_else(|| scenario.name.clone(), |version| format!("{}@{version}", scenario.name))
}

/// A path that a scenario names, which is relative to its file.
pub(super) fn beside(scenario: &Scenario, path: &str) -> String {
    let folder = scenario.file.parent().unwrap_or(Path::new("."));
    let path = folder.join(path);
    std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned()
}
