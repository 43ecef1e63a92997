//! Standard output that tolerates a closed pipe.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::room::escape_control;
use crate::yaml::{Problem, Sources, records, render};

/// Where commands write.
#[derive(Debug)]
pub struct Out {
    closed: bool,
    styled: bool,
    /// The width of the terminal; `None` if the output goes elsewhere.
    columns: Option<usize>,
}

impl Out {
    /// Standard output, with colours on a terminal that supports them.
    pub fn stdout() -> Self {
        let choice = anstream::AutoStream::choice(&io::stdout());
        Self {
            closed: false,
            styled: choice != anstream::ColorChoice::Never,
            columns: terminal_size::terminal_size_of(io::stdout())
                .map(|(width, _)| usize::from(width.0)),
        }
    }

    /// Writes a text of several lines, with control characters escaped.
    ///
    /// # Errors
    /// Anything except a closed pipe.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.raw(&lines(text))
    }

    /// Writes problems, in colours if the output has them. The renderer escapes what it quotes.
    ///
    /// # Errors
    /// As [`Out::text`].
    pub fn problems(&mut self, sources: &Sources, problems: &[Problem]) -> io::Result<()> {
        self.raw(&render(sources, problems, self.styled))
    }

    /// Writes problems as JSON. `left_out` says what was not compared because of them.
    ///
    /// # Errors
    /// As [`Out::text`].
    pub fn problems_json(
        &mut self,
        sources: &Sources,
        problems: &[Problem],
        left_out: Option<&str>,
    ) -> io::Result<()> {
        let problems = records(sources, problems);
        self.json(&json!({ "version": 1, "problems": problems, "left_out": left_out }))
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

    /// Writes a row of a list, shortened to one line on a terminal.
    ///
    /// # Errors
    /// As [`Out::text`].
    pub fn row(&mut self, row: &str) -> io::Result<()> {
        let row = escape_control(row);
        match self.columns {
            Some(columns) => self.line(&abbreviated(&row, columns)),
            None => self.line(&row),
        }
    }

    /// Begins an object with these members and a list, whose entries follow.
    ///
    /// # Errors
    /// As [`Out::text`].
    pub fn json_list(
        &mut self,
        members: &serde_json::Value,
        list: &str,
    ) -> io::Result<JsonList<'_>> {
        let text = json_text(members)?;
        let members = text.strip_suffix("\n}").unwrap_or_default();
        self.raw(&format!("{members},\n  \"{list}\": ["))?;
        Ok(JsonList {
            out: self,
            is_empty: true,
        })
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    /// As [`Out::text`].
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = json_text(value)?;
        self.raw(&format!("{text}\n"))
    }
}

/// A JSON object whose last member is a list, written entry by entry.
#[derive(Debug)]
pub struct JsonList<'o> {
    out: &'o mut Out,
    is_empty: bool,
}

impl JsonList<'_> {
    /// Adds an entry. False if the reader closed the pipe.
    ///
    /// # Errors
    /// As [`Out::text`].
    pub fn push(&mut self, entry: &impl Serialize) -> io::Result<bool> {
        let before = if self.is_empty { "\n" } else { ",\n" };
        self.is_empty = false;
        let entry = json_text(entry)?.replace('\n', "\n    ");
        self.out.raw(&format!("{before}    {entry}"))?;
        Ok(!self.out.closed)
    }

    /// Ends the list and the object.
    ///
    /// # Errors
    /// As [`Out::text`].
    pub fn end(self) -> io::Result<()> {
        let before = if self.is_empty { "" } else { "\n  " };
        self.out.raw(&format!("{before}]\n}}\n"))
    }
}

/// A value as indented JSON, with control characters escaped.
fn json_text(value: &impl Serialize) -> io::Result<String> {
    let mut text = String::new();
    for c in serde_json::to_string_pretty(value)?.chars() {
        // They only occur in strings, where JSON has its own escapes.
        if c != '\n' && matches!(escape_control(c.encode_utf8(&mut [0; 4])), Cow::Owned(_)) {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    Ok(text)
}

/// The row, shortened to at most this many columns.
fn abbreviated(row: &str, columns: usize) -> Cow<'_, str> {
    if row.width() <= columns {
        return row.into();
    }
    let mut width = "…".width();
    let fits = |c: &char| {
        width += c.width().unwrap_or(0);
        width <= columns
    };
    let mut short: String = row.chars().take_while(fits).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short.into()
}

/// The text with control characters escaped, except for line breaks.
pub fn lines(text: &str) -> String {
    text.split('\n')
        .map(escape_control)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_too_long_is_shortened_to_the_columns() {
        assert_eq!(abbreviated("57  Team Blue", 13), "57  Team Blue");
        assert_eq!(abbreviated("57  Team Blue", 12), "57  Team Bl…");
        assert_eq!(abbreviated("57  Team Blue", 5), "57…");
        // Each takes two columns.
        assert_eq!(abbreviated("部屋部屋", 8), "部屋部屋");
        assert_eq!(abbreviated("部屋部屋", 7), "部屋部…");
        assert_eq!(abbreviated("部屋部屋", 6), "部屋…");
    }
}
