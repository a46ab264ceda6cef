//! Work in flight: requests that are under way when a target is ended, and what becomes of each.

use regex::Regex;
use serde::{Deserialize, Serialize};

/// A request that the harness makes of a target.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its name, as rules and reports have it.
    pub name: String,
    /// What is asked, and how far it is when the end begins.
    pub kind: RequestKind,
    /// The path.
    pub path: String,
    /// What the target writes once it works on it. Without one, it counts as under way when it was sent and
    /// the target sleeps again.
    pub begun: Option<Begun>,
}

/// What is asked, and how far it is when the end begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// A GET that was sent in full.
    Get,
    /// A GET whose head lacks its last line; it follows once the target has taken note of its end.
    Half,
    /// A POST with half of its body; the other half follows likewise.
    Upload,
    /// A connection that is kept alive after one answered GET.
    Idle,
    /// An open WebSocket.
    WebSocket,
    /// A GET whose answer is not read as long as the target lives.
    Unread,
    /// A GET on a new connection, made once the target has taken note of its end.
    New,
}

impl RequestKind {
    /// Whether it is under way before the end begins.
    pub fn is_before(self) -> bool {
        self != RequestKind::New
    }
}

/// The line that shows that the target works on a request.
#[derive(Clone, Debug)]
pub enum Begun {
    /// Of standard output.
    Stdout(Regex),
    /// Of standard error.
    Stderr(Regex),
    /// Of the evidence file.
    Evidence(Regex),
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// The whole answer came, with a status below 500.
    Answered,
    /// The whole answer came, with a status of 500 or more.
    Error,
    /// The connection ended before the whole answer had come; a WebSocket, without a word of farewell.
    Cut,
    /// A connection on which nothing was owed was closed; a WebSocket, with a Close frame.
    Closed,
    /// Nothing had come of it when the harness stopped looking.
    Open,
    /// There was no connection to be had.
    Refused,
}

impl Answer {
    /// Every answer, in the order in which documentation lists them.
    pub const ALL: [Answer; 6] =
        [Answer::Answered, Answer::Error, Answer::Cut, Answer::Closed, Answer::Open, Answer::Refused];

    /// The word in scenarios, records and tables.
    pub fn word(self) -> &'static str {
        match self {
            Answer::Answered => "answered",
            Answer::Error => "error",
            Answer::Cut => "cut",
            Answer::Closed => "closed",
            Answer::Open => "open",
            Answer::Refused => "refused",
        }
    }

    /// What it means, in one sentence.
    pub fn about(self) -> &'static str {
        match self {
            Answer::Answered => "The whole answer came, with a status below 500.",
            Answer::Error => "The whole answer came, with a status of 500 or more.",
            Answer::Cut => {
                "The connection ended before the whole answer had come; a WebSocket, without a Close frame."
            }
            Answer::Closed => {
                "A connection on which nothing was owed was closed; a WebSocket, with a Close frame."
            }
            Answer::Open => "Nothing had come of it when the harness stopped looking.",
            Answer::Refused => "There was no connection to be had.",
        }
    }

    /// The answer of a word.
    pub fn parse(word: &str) -> Option<Answer> {
        Answer::ALL.into_iter().find(|answer| answer.word() == word)
    }
}

/// What became of one request of a cell, as a record keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worked {
    /// The request's name.
    pub request: String,
    /// What became of it.
    pub answer: Answer,
    /// When, in milliseconds from the first step of the termination; left out of snapshots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
    /// For a new connection: when connections began to be refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_ms: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_written_as_a_record_has_it() {
        for answer in Answer::ALL {
            let written = serde_json::to_string(&answer).expect("JSON");
            assert_eq!(written, format!("\"{}\"", answer.word()));
            assert_eq!(Answer::parse(answer.word()), Some(answer));
        }
    }
}
