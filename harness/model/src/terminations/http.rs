//! A request that asks a server to end.

use crate::platform::Os;
use crate::termination::{Action, Ending, Termination};

/// One HTTP request.
pub(super) static HTTP: Termination = Termination {
    name: "http METHOD PATH",
    about: "An HTTP request to the target's `{port}`; any answer, or none, counts as delivered.",
    source: "RFC 9112; the server's own documentation",
    platforms: &Os::ALL,
    examples: &["http GET /shutdown", "http POST /-/quit"],
    parse: |name| {
        let (method, path) = name.strip_prefix("http ")?.split_once(' ')?;
        let method_is_token = !method.is_empty() && method.chars().all(|c| c.is_ascii_uppercase());
        if !method_is_token || !path.starts_with('/') || path.contains(char::is_whitespace) {
            return None;
        }
        Some(Ending {
            steps: vec![Action::Http { method: method.to_owned(), path: path.to_owned() }],
            ..Ending::default()
        })
    },
};
