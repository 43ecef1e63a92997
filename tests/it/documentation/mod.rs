//! The Markdown files: their links, the reference of the configuration, the commands that they show, and the log
//! messages that they explain.

mod commands;
mod configuration;
mod links;
mod log_messages;

const BINARY: &str = env!("CARGO_BIN_EXE_roomwright");
const CONFIGURATION: &str = include_str!("../../../docs/configuration.md");

/// The first two cells of each row in tables with this first header, without backticks; `–` means no default.
fn rows(first: &str) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in CONFIGURATION.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["", name, default, _, ""] if inside && !name.starts_with('-') => {
                rows.push((name.replace('`', ""), default.replace('`', "")));
            }
            ["", name, ..] if *name == first => inside = true,
            ["", ..] => {}
            _ => inside = false,
        }
    }
    rows
}
