//! Java: compiled by `javac`, all sources at once, and run by the `java` beside it.

use super::{Build, Runtime, text};

/// OpenJDK. For Wine the classes are compiled beforehand, by `ci/windows-runtimes`. The variant `xrs` starts it with `-Xrs` (java(1): fewer signals are used).
pub(super) static JAVA: Runtime = Runtime {
    name: "java",
    title: "Java",
    folder: "java",
    programs: &["java"],
    version: &["-version"],
    hint: "apt-get install openjdk-17-jdk-headless",
    start_ms: 90,
    env: &[],
    binaries: None,
    build: Some(|fixture| {
        let folder = fixture.folder();
        let mut command = vec!["javac".to_owned(), "-d".to_owned(), text(&fixture.out)];
        // A folder that cannot be read has no sources; javac then says so.
        let mut sources: Vec<String> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "java"))
            .map(|path| text(&path))
            .collect();
        sources.sort();
        command.extend(sources);
        Build {
            output: fixture.out.join(format!("{}.class", fixture.stem())),
            inputs: vec![folder.clone()],
            commands: vec![command],
            cwd: folder,
            env: Vec::new(),
        }
    }),
    command: |fixture| {
        // What makes it start quickly, and what keeps it from leaving files in /tmp and files that have
        // the pid in their names; none of them changes what happens at the end.
        let options = [
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-XX:ErrorFile=hs_err.log",
        ];
        let mut command = vec![fixture.program.clone()];
        command.extend(options.map(ToOwned::to_owned));
        if fixture.variant.as_deref() == Some("xrs") {
            command.push("-Xrs".to_owned());
        }
        command.extend(["-cp".to_owned(), text(&fixture.out), fixture.stem()]);
        command
    },
};
