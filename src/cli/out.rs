//! Standard output that does not mind a closed pipe.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use crate::room::shown;
use crate::yaml::{Problem, Sources, render};

/// Where commands write.
#[derive(Debug)]
pub struct Out {
    closed: bool,
    styled: bool,
}

impl Out {
    /// Standard output; colours where it is a terminal that takes them.
    pub fn stdout() -> Self {
        let choice = anstream::AutoStream::choice(&io::stdout());
        Self {
            closed: false,
            styled: choice != anstream::ColorChoice::Never,
        }
    }

    /// Writes a text in lines; nothing in it can command the terminal.
    ///
    /// # Errors
    /// Anything but a reader that went away.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.raw(&lines(text))
    }

    /// Writes problems, in colours where those are wanted. The renderer makes what it quotes harmless.
    ///
    /// # Errors
    /// As [`Out::text`].
    pub fn problems(&mut self, sources: &Sources, problems: &[Problem]) -> io::Result<()> {
        self.raw(&render(sources, problems, self.styled))
    }

    fn raw(&mut self, text: &str) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        match stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
        {
            // `| head` has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            done => done,
        }
    }

    /// Writes a line.
    ///
    /// # Errors
    /// As [`Out::text`].
    pub fn line(&mut self, line: &str) -> io::Result<()> {
        self.text(&format!("{line}\n"))
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    /// As [`Out::text`].
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut text = String::new();
        for c in serde_json::to_string_pretty(value)?.chars() {
            // These stand in texts only, and JSON has a way of its own to write them.
            if c != '\n' && matches!(shown(c.encode_utf8(&mut [0; 4])), Cow::Owned(_)) {
                text.push_str(&format!("\\u{:04x}", u32::from(c)));
            } else {
                text.push(c);
            }
        }
        self.raw(&format!("{text}\n"))
    }
}

/// The text with its lines, each of them harmless.
pub fn lines(text: &str) -> String {
    text.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}
