//! Finding the program, and saying clearly why it cannot be started.

use super::order::{Failure, Stage};
use crate::spec::{Spec, StartError};
use lastrites_model::launch::Wrapper;
use rustix::fs::Access;
use std::ffi::CString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What is executed.
#[derive(Debug)]
pub(super) struct Program {
    /// The file.
    pub(super) path: CString,
    /// The arguments, the program's name first.
    pub(super) argv: Vec<CString>,
    /// The file, for messages.
    pub(super) file: PathBuf,
}

/// Resolves the program of a start, with its wrapper.
/// `cwd` is the working folder, absolute.
pub(super) fn resolve(spec: &Spec, cwd: &Path) -> Result<Program, StartError> {
    let name = spec.argv.first().ok_or_else(|| StartError::Program("no program was named".to_owned()))?;
    let own = find(spec, cwd, name)?;
    let shell = |command: String| (PathBuf::from("/bin/sh"), vec!["sh".to_owned(), "-c".to_owned(), command]);
    let (file, argv) = match spec.start.wrapper {
        Wrapper::None => (own, spec.argv.clone()),
        Wrapper::Shell => shell(format!("{}; :", quoted(&spec.argv))),
        Wrapper::ShellExec => shell(format!("exec {}", quoted(&spec.argv))),
        Wrapper::NpmStart => {
            let npm = find(spec, cwd, "npm").map_err(|_| {
                StartError::Unsupported("npm is not installed; the package is called npm".to_owned())
            })?;
            package(cwd, &spec.argv)?;
            (npm, vec!["npm".to_owned(), "start".to_owned()])
        }
        Wrapper::Init(words) => {
            let init = words.first().copied().unwrap_or_default();
            let file = find(spec, cwd, init).map_err(|_| {
                StartError::Unsupported(format!("{init} is not installed; the package is called {init}"))
            })?;
            (file, words.iter().map(ToString::to_string).chain(spec.argv.iter().cloned()).collect())
        }
    };
    let path = c_string(&file.to_string_lossy())?;
    Ok(Program { path, argv: argv.iter().map(|word| c_string(word)).collect::<Result<_, _>>()?, file })
}

/// Writes the `package.json` whose script `start` is this command. One that is there is somebody else's.
fn package(cwd: &Path, argv: &[String]) -> Result<(), StartError> {
    let path = cwd.join("package.json");
    let mut file = std::fs::File::create_new(&path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => StartError::Unsupported(format!(
            "`npm start` would run what {} says: start that program by `npm start` itself",
            path.display()
        )),
        _ => StartError::Harness(sentence(&path, &error)),
    })?;
    let text = format!("{{ \"scripts\": {{ \"start\": {} }} }}\n", json(&quoted(argv)));
    file.write_all(text.as_bytes()).map_err(|error| StartError::Harness(sentence(&path, &error)))
}

/// A JSON string (RFC 8259, section 7).
fn json(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => quoted.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

pub(super) fn c_string(text: &str) -> Result<CString, StartError> {
    CString::new(text)
        .map_err(|_| StartError::Program(format!("{text:?} has a NUL in it, which no argument can have")))
}

/// The file of that name as execvp(3) finds it: as it is when it has a slash, else the first executable
/// file in the `PATH` of the target's own environment.
fn find(spec: &Spec, cwd: &Path, name: &str) -> Result<PathBuf, StartError> {
    if name.is_empty() {
        return Err(StartError::Program("the program's name is empty".to_owned()));
    }
    if name.contains('/') {
        let file = cwd.join(name);
        return match file.metadata() {
            Err(error) => Err(StartError::Program(sentence(&file, &error))),
            Ok(data) if data.is_dir() => Err(StartError::Program(format!("{name} is a directory"))),
            Ok(_) => Ok(file),
        };
    }
    let path = spec.env.iter().find(|(key, _)| key == "PATH").map_or("", |(_, value)| value.as_str());
    let mut seen = None;
    for folder in path.split(':') {
        let file = cwd.join(if folder.is_empty() { "." } else { folder }).join(name);
        if rustix::fs::access(&file, Access::EXEC_OK).is_ok() {
            if file.is_file() {
                return Ok(file);
            }
        } else if seen.is_none() && file.is_file() {
            seen = Some(file);
        }
    }
    Err(StartError::Program(match seen {
        Some(file) => format!("{} is not executable", file.display()),
        None => format!("there is no program {name} in PATH ({path})"),
    }))
}

fn sentence(file: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no file {}", file.display()),
        _ => format!("{}: {error}", file.display()),
    }
}

/// The words as a POSIX shell reads them back (POSIX, Shell Command Language, 2.2.2 Single-Quotes).
fn quoted(words: &[String]) -> String {
    let plain = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:,+@%".contains(&byte))
    };
    let quote = |word: &String| {
        if plain(word) { word.clone() } else { format!("'{}'", word.replace('\'', r"'\''")) }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// What a failed start means to the user.
pub(super) fn explain(failure: Failure, program: &Program, cwd: &Path) -> StartError {
    let reason = io::Error::from_raw_os_error(failure.errno);
    let file = program.file.display();
    match failure.stage {
        Stage::Exec => StartError::Program(match failure.errno {
            libc::EACCES if program.file.is_dir() => format!("{file} is a directory"),
            libc::EACCES => format!("{file} is not executable"),
            libc::ENOENT | libc::ENOTDIR => match interpreter(&program.file) {
                Some(interpreter) => format!("{file} needs {interpreter}, which is not there"),
                None if program.file.exists() => {
                    format!("{file} cannot be loaded: its dynamic linker is not there")
                }
                None => format!("there is no file {file}"),
            },
            libc::ENOEXEC => format!(
                "{file} is not a program: it is neither a binary of this machine nor does it begin with #!"
            ),
            libc::ETXTBSY => format!("{file} is open for writing"),
            libc::E2BIG => format!("{file}: the arguments and the environment are too long"),
            _ => format!("{file}: {reason}"),
        }),
        Stage::Namespace => StartError::Unsupported(format!(
            "this machine refuses a PID namespace ({reason}): run as root, or allow user namespaces \
             (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, \
             kernel.apparmor_restrict_unprivileged_userns)"
        )),
        Stage::Folder => {
            StartError::Program(format!("the folder {} cannot be entered: {reason}", cwd.display()))
        }
        stage => StartError::Harness(format!("starting {file} failed at {stage:?}: {reason}")),
    }
}

/// What the first line of a script names after `#!`.
fn interpreter(file: &Path) -> Option<String> {
    let mut head = Vec::new();
    std::fs::File::open(file).ok()?.take(256).read_to_end(&mut head).ok()?;
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    String::from_utf8_lossy(line).split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_words_back() {
        let words = ["a-b", "", "it's", "$HOME", "two words"].map(str::to_owned);
        assert_eq!(quoted(&words), r"a-b '' 'it'\''s' '$HOME' 'two words'");
    }

    #[test]
    fn a_command_is_a_string_of_json() {
        assert_eq!(json("say \"a\\b\"\n"), r#""say \"a\\b\"\u000a""#);
    }
}
