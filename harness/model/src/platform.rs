//! A platform as a value: which system a plan is for, or a record comes from.
//!
//! Nothing here asks the running system. A plan for Windows can be made and checked on Linux.

use serde::{Deserialize, Serialize};

/// The operating systems that scenarios can name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// Linux, any distribution.
    Linux,
    /// Apple's macOS.
    Macos,
    /// FreeBSD.
    Freebsd,
    /// Microsoft Windows, and Wine where the header says so.
    Windows,
}

impl Os {
    /// Every system, in the order in which tables show them.
    pub const ALL: [Os; 4] = [Os::Linux, Os::Macos, Os::Freebsd, Os::Windows];

    /// The systems that have POSIX signals.
    pub const UNIX: &'static [Os] = &[Os::Linux, Os::Macos, Os::Freebsd];

    /// The name as scenarios and records write it.
    pub fn name(self) -> &'static str {
        match self {
            Os::Linux => "linux",
            Os::Macos => "macos",
            Os::Freebsd => "freebsd",
            Os::Windows => "windows",
        }
    }

    /// The system of that name.
    pub fn parse(name: &str) -> Option<Os> {
        Os::ALL.into_iter().find(|os| os.name() == name)
    }

    /// The system of a folder of snapshots, [`Platform::folder`].
    pub fn of_folder(folder: &str) -> Option<Os> {
        Os::parse(folder.split('-').next()?)
    }

    /// Whether it has POSIX signals, process groups and terminals.
    pub fn is_unix(self) -> bool {
        self != Os::Windows
    }
}

/// The platform of one run, as a record's header states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// The system.
    pub os: Os,
    /// The processor architecture, `x86_64` or `aarch64`.
    pub arch: String,
    /// The kernel's release, or the Windows build, as the system writes it.
    pub kernel: String,
    /// Wine's version, where the system is Wine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wine: Option<String>,
}

impl Platform {
    /// The folder under `reports/` that holds this platform's snapshots: `linux`, `windows`,
    /// `windows-wine8`. Wine is never filed under Windows.
    pub fn folder(&self) -> String {
        match &self.wine {
            Some(version) => {
                let major = version.split('.').next().unwrap_or(version);
                format!("{}-wine{major}", self.os.name())
            }
            None => self.os.name().to_owned(),
        }
    }
}
