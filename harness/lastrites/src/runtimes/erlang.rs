//! Erlang: modules compiled by `erlc`, all at once, and started in a node of their own.

use super::{Build, Runtime, text};
use std::path::Path;

/// OTP, without a shell. `-s MODULE` calls `MODULE:start()` when the node has booted.
pub(super) static ERLANG: Runtime = Runtime {
    name: "erlang",
    title: "Erlang",
    folder: "erlang",
    programs: &["erl"],
    version: &[
        "-noshell",
        "-eval",
        "Name = [code:root_dir(), \"/releases/\", erlang:system_info(otp_release), \"/OTP_VERSION\"], \
         {ok, Version} = file:read_file(Name), io:put_chars(Version), halt().",
    ],
    hint: "apt-get install erlang-base",
    start_ms: 200,
    // A crash dump is written all the same, and cut short.
    env: &[("ERL_CRASH_DUMP_BYTES", "65536")],
    binaries: Some(("", ".erl")),
    build: Some(|fixture| {
        let folder = fixture.folder();
        let compiler = Path::new(&fixture.program).with_file_name("erlc");
        let mut command = vec![text(&compiler), "-o".to_owned(), text(&fixture.out)];
        // A folder that cannot be read has no sources; erlc then says so.
        let mut sources: Vec<String> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "erl"))
            .map(|path| text(&path))
            .collect();
        sources.sort();
        command.extend(sources);
        Build {
            output: fixture.out.join(format!("{}.beam", fixture.stem())),
            inputs: vec![folder.clone()],
            commands: vec![command],
            cwd: folder,
            env: Vec::new(),
        }
    }),
    command: |fixture| {
        let options = ["+S", "1", "-noshell", "-pa"].map(ToOwned::to_owned);
        let mut command = vec![fixture.program.clone()];
        command.extend(options);
        command.extend([text(&fixture.out), "-s".to_owned(), fixture.stem(), "-extra".to_owned()]);
        command
    },
};
