//! What of a scenario stands for itself: the target in each of its versions.

use super::Lab;
use crate::runtimes::{self, Runtime};
use lastrites_model::scenario::{Need, Program, Scenario, is_path};
use std::collections::{BTreeMap, BTreeSet};
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

/// The version that alone needs something: a need that has the name of a version is that version's.
pub(super) fn needed_by<'a>(scenario: &'a Scenario, need: &Need) -> Option<&'a str> {
    versions(scenario).find(|version| need.is_for(version))
}

impl Lab {
    /// Why a version of a scenario's target cannot run here, if so. A path is asked for its version.
    pub(super) async fn lacks(
        &mut self,
        scenario: &Scenario,
        version: &str,
        absent: &BTreeMap<&'static str, String>,
    ) -> Option<String> {
        match &scenario.target.program {
            Program::Fixture(name) if is_path(version) => {
                let runtime = runtimes::of(name)?;
                // The same path in another folder is another program.
                let program = beside(scenario, version);
                match self.ask_version(runtime, Path::new(&program)).await {
                    Some(found) => {
                        self.versions.insert(variant(scenario, Some(version)), found.version.clone());
                        self.found.insert(program, found);
                        None
                    }
                    None => Some(format!(
                        "{version} is no {} that tells its version: install it there, or leave it out of `version`",
                        runtime.title
                    )),
                }
            }
            Program::Fixture(_) => absent.get(version).cloned(),
            Program::Path(_) => {
                let there = if is_path(version) {
                    lastrites_os::executable(Path::new(&beside(scenario, version)))
                } else {
                    self.look_up(version).is_some()
                };
                (!there).then(|| format!("{version} is not there: install it, or leave it out of `version`"))
            }
        }
    }
}
