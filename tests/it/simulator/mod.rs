//! `roomwright simulator` as a process, and its documentation.

mod documentation;
mod seeds;
mod shell;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The process, which ends with the test.
struct Running {
    child: Child,
    /// The first line of standard output.
    first_line: Value,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_roomwright"))
            .args(["simulator", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let first_line = serde_json::from_str(&line).expect("the first line is JSON");
        Self { child, first_line }
    }

    fn base(&self) -> &str {
        self.first_line["base"].as_str().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Runs the command to its end, which invalid arguments and seeds cause.
fn run(directory: &Path, arguments: &[&str]) -> Output {
    crate::cli::run(directory, &[&["simulator"], arguments].concat())
}
