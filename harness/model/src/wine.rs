//! What Wine cannot do, so that its cells are skipped with the reason.

use crate::scenario::Cell;

/// The reason for which a cell is not run under this version of Wine.
pub fn cannot(_version: &str, _cell: &Cell) -> Option<String> {
    None
}
