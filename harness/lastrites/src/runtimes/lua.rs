//! Lua: its standalone interpreter, whose library knows no signal, and luv, the binding of libuv that does.

use super::{Runtime, text};

/// `lua`, 5.4 or later: the fixtures use to-be-closed variables.
pub(super) static LUA: Runtime = Runtime {
    name: "lua",
    title: "Lua",
    folder: "lua",
    programs: &["lua5.4", "lua"],
    version: &["-v"],
    hint: "apt-get install lua5.4",
    start_ms: 4,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};

/// The same with luv; its version is that of libuv.
pub(super) static LUV: Runtime = Runtime {
    name: "luv",
    title: "Lua",
    folder: "lua",
    programs: &["lua5.4", "lua"],
    version: &["-e", "print(require('luv').version_string())"],
    hint: "apt-get install lua5.4 lua-luv",
    start_ms: 5,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};
