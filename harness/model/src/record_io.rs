//! Records as text: JSON Lines, one header and then one line for each cell.

use crate::record::{Header, Record, Row, SCHEMA};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a record cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in bytes as serde_json counts them.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

impl std::error::Error for ReadError {}

/// Reads a record. A last line that was cut off, as it is when the run was killed, is left out and
/// said so in [`Record::cut`]; a header that was cut off is an error, since nothing can be told
/// without knowing where it was recorded.
pub fn read(text: &str) -> Result<Record, ReadError> {
    let mut header: Option<Header> = None;
    let mut rows = Vec::new();
    let mut cut = false;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if line.trim().is_empty() {
            continue;
        }
        match &header {
            None => {
                check_schema(line, number)?;
                header = Some(parse(line, number, "a record's header")?);
            }
            Some(_) => match serde_json::from_str::<Row>(line) {
                Ok(row) => rows.push(row),
                // Only the last line can lack its end, and half a line ends too early.
                Err(error) if error.is_eof() && !line.ends_with('\n') => cut = true,
                Err(error) => return Err(told(&error, number, "a cell")),
            },
        }
    }
    match header {
        Some(header) => Ok(Record { header, rows, cut }),
        None => Err(ReadError {
            line: 1,
            column: 1,
            what: "it is empty; a record starts with a header line".to_owned(),
        }),
    }
}

/// Reads a record from bytes. A last line that was cut within a character counts as cut off.
pub fn read_bytes(bytes: &[u8]) -> Result<Record, ReadError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => read(text),
        Err(error) => {
            let valid = bytes.split_at(error.valid_up_to()).0;
            let line = valid.split(|byte| *byte == b'\n').count();
            let column = 1 + valid.iter().rev().take_while(|byte| **byte != b'\n').count();
            // `error_len` is absent exactly where the text ends within a character.
            let Ok(text) = std::str::from_utf8(valid) else { return read("") };
            if error.error_len().is_none() {
                read(text)
            } else {
                Err(ReadError { line, column, what: "it is no UTF-8".to_owned() })
            }
        }
    }
}

/// The first line, with its end.
pub fn header_line(header: &Header) -> String {
    line(header)
}

/// The line of a cell, with its end.
pub fn row_line(row: &Row) -> String {
    line(row)
}

/// The whole record as text.
pub fn write(record: &Record) -> String {
    let mut text = header_line(&record.header);
    for row in &record.rows {
        text.push_str(&row_line(row));
    }
    text
}

#[derive(Deserialize)]
struct SchemaOnly {
    schema: u64,
}

// Before anything else of the header: a later format may have changed the rest of it.
fn check_schema(line: &str, number: usize) -> Result<(), ReadError> {
    let SchemaOnly { schema } = parse(line, number, "a record's header")?;
    if schema == u64::from(SCHEMA) {
        return Ok(());
    }
    let what = if schema > u64::from(SCHEMA) {
        format!(
            "the record has schema {schema}, and this lastrites reads up to {SCHEMA}: a newer lastrites wrote it"
        )
    } else {
        format!("the record has schema {schema}, and this lastrites reads {SCHEMA}")
    };
    Err(ReadError { line: number, column: 1, what })
}

fn parse<T: DeserializeOwned>(line: &str, number: usize, what: &str) -> Result<T, ReadError> {
    serde_json::from_str(line).map_err(|error| {
        if error.is_eof() && !line.ends_with('\n') {
            ReadError {
                line: number,
                column: line.len(),
                what: format!("{what} was cut off: the run ended before it had written it"),
            }
        } else {
            told(&error, number, what)
        }
    })
}

fn told(error: &serde_json::Error, number: usize, what: &str) -> ReadError {
    // serde_json appends the place within the string that it was given, which is one line of many.
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    let message = message.strip_suffix(&place).unwrap_or(&message);
    ReadError {
        line: number,
        column: error.column().max(1),
        what: format!("{message}; this line is not {what}"),
    }
}

fn line<T: Serialize>(value: &T) -> String {
    // Strings, numbers and maps with string keys: there is nothing in them that JSON cannot say.
    let mut text = serde_json::to_string(value).unwrap_or_else(|error| unreachable!("{error}"));
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
