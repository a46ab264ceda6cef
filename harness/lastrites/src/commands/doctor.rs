//! `lastrites doctor`: what this machine has and lacks, and how to get it.

use super::{Exit, Failure, print};
use crate::prepare::{self, Lab};
use crate::runtimes;
use lastrites_model::launches;
use std::fmt::Write;

pub(super) async fn doctor() -> Result<Exit, Failure> {
    let facts = lastrites_os::facts();
    let platform = &facts.platform;
    let pool = prepare::pool(0).map_err(Failure::Harness)?;
    let lab = Lab::new(pool, platform.os, &super::here().folder, &[]).await.map_err(Failure::Harness)?;
    let mut text = String::new();
    let wine = platform.wine.as_ref().map_or_else(String::new, |version| format!(", Wine {version}"));
    let _ = writeln!(text, "system      {} {} {}{wine}", platform.os.name(), platform.kernel, platform.arch);
    let _ = writeln!(text, "/bin/sh     {}", facts.sh.as_deref().unwrap_or("none"));
    let _ = writeln!(
        text,
        "privileges  {}",
        if facts.privileges.is_empty() { "none".to_owned() } else { facts.privileges.join(", ") }
    );
    let _ = writeln!(text, "\nruntimes");
    for runtime in runtimes::ALL {
        let _ = match lab.find(runtime).await {
            Some(found) => writeln!(text, "  {:<10} {} ({})", runtime.name, found.version, found.program),
            None => writeln!(text, "  {:<10} missing: {}", runtime.name, runtime.hint),
        };
    }
    let _ = writeln!(text, "\nlaunches that need a program");
    for launch in launches::ALL {
        if let Some(program) = (launch.start)().wrapper.program() {
            let _ = match lab.look_up(program) {
                Some(path) => writeln!(text, "  {:<10} {}", launch.name, path.display()),
                None => writeln!(text, "  {:<10} missing: apt-get install {program}", launch.name),
            };
        }
    }
    print(&text)
}
