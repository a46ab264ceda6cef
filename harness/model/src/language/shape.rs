//! The objects of a scenario file, as written: the keys, what they mean, and what they hold. The
//! decoder, the list of known keys and the JSON schema are all made from these declarations.

use super::decode::{choice, object};
use super::names::{
    AnswerName, LaunchName, PlatformName, SignalName, StdoutName, TerminationName, VersionName,
};
use super::values::{
    CleanupSpec, Command, ExitCode, FileName, HooksSpec, LeftoversSpec, Map, OneOrMany, Pattern, Period,
    PortMark, Slug, Text, UrlPath, VerdictName,
};

object! {
    /// A scenario: a program, the ways to start and to end it, and what is expected of each combination.
    File = "a scenario" {
        /// The unique name: small letters, digits, `-` and `.`. It begins the id of each cell.
        scenario: Slug,
        /// The question that the scenario answers, in one or two sentences.
        about: String,
        /// Free words for `--filter tag=…`.
        tags: Vec<Slug>,
        /// The systems that it is for; all of them if absent. Elsewhere it has no cells.
        platforms: OneOrMany<PlatformName>,
        /// A file of the same shape without `scenario`, relative to this one. Its keys are shared; where
        /// both say something, this file wins. Its `expect` rules come before the ones here.
        defaults: FileName,
        /// Marks a negative control: a scenario whose cells must not pass.
        control: Control,
        /// The program under test.
        target: Target,
        /// How long things may take.
        limits: Limits,
        /// The launches and terminations to combine.
        matrix: Matrix,
        /// The rules that say what is expected. Later rules win over earlier ones, each for what it states.
        expect: Vec<Rule>,
        /// Sentences of somebody's documentation that the cells confirm or refute.
        claims: Vec<Claim>,
    }
}

object! {
    /// What a negative control must be judged as, so that a runner that lets everything pass is caught.
    Control = "a control" {
        /// The verdict that each of its cells must get.
        verdict: VerdictName = required,
        /// A pattern that the reason of that verdict must match: caught, and for the right reason.
        why: Pattern = required,
    }
}

object! {
    /// The program under test. Either `fixture` or `program`.
    Target = "a target" {
        /// A fixture of the repository: its path below `fixtures/`.
        fixture: String,
        /// Any program: its name or path, or a list with its arguments. `{port}` and `{dir}` are filled in.
        program: Command,
        /// Arguments after it. `{port}` is a free port of the cell, `{dir}` its private folder.
        args: Vec<Text>,
        /// Environment variables on top of a fixed small set; the same placeholders.
        env: Map<Text>,
        /// The working folder, relative to this file. The cell's private folder if absent.
        cwd: FileName,
        /// Files that are written into the private folder first, name to content; the same placeholders.
        files: Map<String>,
        /// What the machine must have. Where it is missing, the cells are skipped with the reason.
        needs: Vec<NeedSpec>,
        /// Its standard input, where that is not a terminal: `empty`, or `open` and never written to; empty if absent.
        stdin: StdinSpec,
        /// How one sees that the target is ready to be ended. A fixture says so by itself.
        ready: ReadySpec,
        /// The cleanup mechanisms that are watched: a list of names that speak the fixture protocol, or a
        /// mapping from name to what shows that it ran.
        hooks: HooksSpec,
        /// Names for descendants, and how they are recognised. The target itself is `main`.
        roles: Map<RoleSpec>,
        /// Requests to its `{port}` that are under way when it is ended, by name.
        requests: Map<RequestSpec>,
        /// A program that is run once the target has ended, to look at its data: what it prints is evidence.
        after: AfterSpec,
        /// Files that are data and are not left behind; with `/` at its end, a folder with all that is in it.
        keeps: Vec<FileName>,
    }
}

object! {
    /// A program that looks at what the target left. Either `fixture` or `program`.
    AfterSpec = "what is run after the end" {
        /// A fixture of the repository: its path below `fixtures/`.
        fixture: String,
        /// Any program: its name or path, or a list with its arguments; the placeholders of the target.
        program: Command,
        /// Arguments after it; the same placeholders.
        args: Vec<Text>,
    }
}

object! {
    /// How long things may take: a number with `ms`, `s`, `m` or `h`.
    Limits = "limits" {
        /// From the start until the target is ready; 30s if absent.
        ready: Period,
        /// From ready until all of the target sleeps; one that works on is then ended while it works. As `ready` if absent.
        quiet: Period,
        /// From the beginning of the end until the target has ended; 20s if absent.
        end: Period,
        /// How long a target that is expected to survive is watched; 500ms if absent.
        survive: Period,
        /// The time between a signal and the SIGKILL of an escalation; 500ms if absent.
        grace: Period,
        /// How long the program named by `after` may take; 20s if absent.
        after: Period,
    }
}

object! {
    /// The cells: each launch with each termination, if that has a meaning (Ctrl+C needs a terminal).
    Matrix = "a matrix" {
        /// How the target is started; `direct` if absent.
        launch: OneOrMany<LaunchName>,
        /// How it is ended.
        terminate: OneOrMany<TerminationName>,
        /// What its standard output is: an axis of its own. A pipe if absent, or the terminal of the launch.
        stdout: OneOrMany<StdoutName>,
        /// Versions of the target's runtime, an axis of its own: runtimes that have the fixture, by name, or
        /// paths of their programs. For a `program`, other programs to run in its place.
        version: OneOrMany<VersionName>,
        /// Combinations to leave out of the product. An absent key stands for all.
        exclude: Vec<Selection>,
        /// Combinations to add, after the exclusions. An absent key stands for that of the matrix.
        include: Vec<Inclusion>,
    }
}

object! {
    /// More combinations.
    Inclusion = "an inclusion" {
        /// How the target is started.
        launch: OneOrMany<LaunchName>,
        /// How it is ended.
        terminate: OneOrMany<TerminationName>,
        /// What its standard output is.
        stdout: OneOrMany<StdoutName>,
        /// Versions of the target's runtime.
        version: OneOrMany<VersionName>,
    }
}

object! {
    /// Some of the cells: those that each given key speaks of. An absent key stands for all.
    Selection = "a selection of cells" {
        /// Terminations.
        terminate: OneOrMany<TerminationName>,
        /// Launches.
        launch: OneOrMany<LaunchName>,
        /// Kinds of standard output.
        stdout: OneOrMany<StdoutName>,
        /// Versions.
        version: OneOrMany<VersionName>,
        /// Systems.
        platform: OneOrMany<PlatformName>,
    }
}

object! {
    /// What is said of cells.
    Stated = "a statement" {
        /// The hooks that run: `none`, `any`, a list in order, `{ any-order: […] }`,
        /// `{ includes: […], excludes: […] }`, or one of these for each role.
        cleanup: CleanupSpec,
        /// How it ends, or a list of what is acceptable. It ends, somehow, if no rule says more.
        outcome: OneOrMany<OutcomeSpec>,
        /// What may stay behind; nothing if no rule says more.
        leftovers: LeftoversSpec,
        /// What becomes of requests: name to answer, or to a list of acceptable ones.
        work: Map<OneOrMany<AnswerName>>,
    }
}

object! {
    /// A request that is under way when the target is ended: one of these kinds, with its path.
    RequestSpec = "a request" {
        /// A GET, sent in full.
        get: UrlPath,
        /// A GET whose head lacks its last line, which follows once the target has taken note of its end.
        half: UrlPath,
        /// A POST of which half of the body was sent; the other half follows once the target has taken note.
        upload: UrlPath,
        /// A connection that is kept alive after a GET that was answered.
        idle: UrlPath,
        /// An open WebSocket.
        websocket: UrlPath,
        /// A GET whose answer is not read as long as the target lives.
        unread: UrlPath,
        /// A GET on a new connection, made once the target has taken note of its end.
        new: UrlPath,
        /// The line by which the target says that it works on it; else it counts as under way when it was
        /// sent and the whole target sleeps.
        begun: BegunSpec,
    }
}

object! {
    /// One rule: what is expected of some cells.
    Rule = "a rule" {
        /// The cells that it speaks of; all of them if absent.
        when: Selection,
        /// Why one expects it, with the source.
        because: String,
        /// The cells are not run, for this reason.
        skip: String,
        ..stated: Stated
    }
}

object! {
    /// A sentence of documentation, and what it predicts.
    Claim = "a claim" {
        /// An id that stays.
        id: Slug = required,
        /// The sentence, in your own words.
        says: String = required,
        /// Where it can be read.
        source: String = required,
        /// The version of the documentation or program that it speaks of.
        version: Text,
        /// The condition that it holds under, shown where some cells confirm it and some refute it.
        condition: String,
        /// Why no cell tests it.
        untested: String,
        /// The cells that test it.
        when: Selection,
        /// Several tests, where cells differ in what is predicted.
        tests: Vec<Test>,
        ..stated: Stated
    }
}

object! {
    /// One of several tests of a claim.
    Test = "a test" {
        /// The cells that test it; all of them if absent.
        when: Selection,
        ..stated: Stated
    }
}

object! {
    /// What stays behind.
    Left = "leftovers" {
        /// Roles, or patterns of command lines, of processes that live on.
        processes: Vec<String>,
        /// Names of files in the private folder.
        files: Vec<FileName>,
        /// Whether the cell's port is still listened on.
        port: bool,
    }
}

choice! {
    /// What standard input is.
    StdinSpec = "a standard input" {
        words {
            /// It is at its end from the beginning.
            "empty" => Empty,
            /// A pipe that nothing is written to, and that stays open until the termination closes it.
            "open" => Open,
        }
        keys {}
    }
}

choice! {
    /// How one sees that the target is ready.
    ReadySpec = "a readiness" {
        words {
            /// It was started: for programs that say nothing. They count as ready once they run and wait.
            "started" => Started,
            /// It runs and waits, and has written nothing for a moment: for programs that nothing is known of.
            "settled" => Settled,
        }
        keys {
            /// A line of standard output that the pattern is found in.
            "stdout": Pattern => Stdout,
            /// A line of standard error that the pattern is found in.
            "stderr": Pattern => Stderr,
            /// A line of the evidence file, LASTRITES_EVIDENCE, that the pattern is found in.
            "evidence": Pattern => Evidence,
            /// A file of the private folder that appears.
            "file": FileName => File,
            /// The port, written "{port}", accepts a connection; or one that it always has, by its number: then its
            /// cells run one after another.
            "tcp": PortMark => Tcp,
            /// A GET of this path on the port is answered with a status below 500.
            "http": UrlPath => Http,
        }
    }
}

choice! {
    /// The line that shows that the target works on a request.
    BegunSpec = "a sign that a request has begun" {
        words {}
        keys {
            /// A line of standard output that the pattern is found in.
            "stdout": Pattern => Stdout,
            /// A line of standard error that the pattern is found in.
            "stderr": Pattern => Stderr,
            /// A line of the evidence file, LASTRITES_EVIDENCE, that the pattern is found in.
            "evidence": Pattern => Evidence,
        }
    }
}

choice! {
    /// What shows that a hook ran.
    HookSpec = "evidence of a hook" {
        words {
            /// The fixture protocol: the line `cleanup HOOK` in the evidence file.
            "protocol" => Protocol,
        }
        keys {
            /// A line of standard output that the pattern is found in, after the end began.
            "stdout": Pattern => Stdout,
            /// A line of standard error that the pattern is found in, after the end began.
            "stderr": Pattern => Stderr,
            /// A file of the private folder that is there afterwards and was not before.
            "appears": FileName => Appears,
            /// A file of the private folder that is gone afterwards and was there before.
            "gone": FileName => Gone,
            /// A line that the pattern is found in, printed by the program that `after` of the target names.
            "after": Pattern => After,
        }
    }
}

choice! {
    /// How a role is recognised.
    RoleSpec = "a role" {
        words {}
        keys {
            /// It wrote a line that the pattern is found in to the evidence file.
            "announces": Pattern => Announces,
            /// The pattern is found in its command line.
            "command": Pattern => Command,
        }
    }
}

object! {
    /// Something that the machine may lack. Either `program` or `python`.
    NeedSpec = "a need" {
        /// A program on PATH.
        program: String,
        /// A Python module that can be imported.
        python: String,
        /// The command that installs it, for the reason of a skip.
        install: String,
        /// The argument with which the program prints its version, which reports then name.
        version: String,
    }
}

choice! {
    /// How a target ends.
    OutcomeSpec = "an outcome" {
        words {
            /// It dies of the signal that the termination sent.
            "dies-of-it" => DiesOfIt,
            /// It lives on.
            "survives" => Survives,
            /// It ends, however.
            "ends" => Ends,
        }
        keys {
            /// It exits with this status.
            "exit": ExitCode => Exit,
            /// It dies of this signal.
            "signal": SignalName => Signal,
        }
    }
}
