//! Standard output that does not mind a closed pipe.

use std::io::{self, Write};

use serde::Serialize;

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

    /// Whether colours are wanted.
    pub fn styled(&self) -> bool {
        self.styled
    }

    /// Writes a text as it is.
    ///
    /// # Errors
    /// Anything but a reader that went away.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
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
        self.line(&serde_json::to_string_pretty(value)?)
    }
}
