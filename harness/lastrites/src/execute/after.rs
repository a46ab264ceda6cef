//! What is run once the target has ended, to look at the data that it left.

use super::Place;
use crate::prepare::{Lab, Said};
use lastrites_model::observation::Ended;
use lastrites_model::scenario::{After, Scenario};
use lastrites_os::spec::Spec;
use tokio::time::timeout;

/// Runs it in the private folder, below a warden of its own, and gives the lines that it prints. It may start the target's
/// program again; what it leaves running is ended.
///
/// By then everything of the target has ended: also a descendant that had outlived it, which the harness
/// counted and ended. Of a target that survives, nothing is looked at.
pub(super) async fn look(
    lab: &Lab,
    scenario: &Scenario,
    after: &After,
    place: &Place<'_>,
    port: Option<u16>,
) -> Result<Vec<String>, String> {
    let fill = |text: &String| super::fill(text, place, port);
    let (mut argv, extra) = lab.command(scenario, &after.program, None)?;
    argv.extend(after.args.iter().map(fill));
    let env = super::environment(lab, scenario, place, port, extra);
    let spec = Spec { argv, env, cwd: super::cwd(scenario, place), ..Spec::default() };
    let limit = scenario.limits.after;
    let Said { text, errors, ended } = timeout(limit, lab.run_to_end(&spec))
        .await
        .map_err(|_| format!("what is run after the end did not end within {} s", limit.as_secs_f64()))??;
    if ended == Some(Ended::Exited { code: 0 }) {
        return Ok(text.lines().map(str::to_owned).collect());
    }
    let how = ended.map_or("no end".to_owned(), |end| lastrites_model::words::ended(&end, None));
    let last = |said: &str| said.lines().rfind(|line| !line.trim().is_empty()).map(str::to_owned);
    Err(match last(&errors).or_else(|| last(&text)) {
        Some(line) => format!("what is run after the end ended with {how}; its last words: {line}"),
        None => format!("what is run after the end ended with {how}"),
    })
}
