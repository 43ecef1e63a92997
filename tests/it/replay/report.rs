//! The result of a replay: the calls that agree, and the differences of the others.

use std::collections::BTreeSet;

use super::compare::Difference;
use super::exceptions::{Exception, Ignored};
use super::recording::Call;

const MAX_LINES: usize = 60;
const MAX_VALUE: usize = 110;
const MAX_REQUEST: usize = 200;

#[derive(Debug)]
pub(super) struct Report {
    scenario: String,
    ignored: &'static [Ignored],
    /// The exceptions of the scenario.
    exceptions: Vec<&'static Exception>,
    /// The indexes of the exceptions that a difference needed.
    needed: BTreeSet<usize>,
    agree: usize,
    differ: usize,
    left_out: usize,
    lines: Vec<String>,
}

impl Report {
    pub(super) fn new(
        scenario: &str,
        ignored: &'static [Ignored],
        exceptions: &'static [Exception],
    ) -> Self {
        Self {
            scenario: scenario.to_owned(),
            ignored,
            exceptions: exceptions
                .iter()
                .filter(|e| e.scenario == scenario)
                .collect(),
            needed: BTreeSet::new(),
            agree: 0,
            differ: 0,
            left_out: 0,
            lines: Vec::new(),
        }
    }

    /// Whether there is no difference that counts.
    pub(super) fn agrees(&self, call: usize, found: &[Difference]) -> bool {
        let excepted = |d| self.is_ignored(d) || self.exception(call, d).is_some();
        found.iter().all(excepted)
    }

    pub(super) fn add(&mut self, number: usize, call: &Call, mut found: Vec<Difference>) {
        found.retain(|d| !self.is_ignored(d));
        let excepted = found.iter().filter_map(|d| self.exception(number, d));
        let excepted: Vec<usize> = excepted.collect();
        self.needed.extend(excepted);
        found.retain(|d| self.exception(number, d).is_none());
        if found.is_empty() {
            self.agree += 1;
            return;
        }
        self.differ += 1;
        self.lines.push(request(number, call));
        self.lines.extend(found.iter().map(line));
    }

    pub(super) fn leave_out(&mut self, number: usize, call: &Call, why: &str) {
        self.left_out += 1;
        self.lines.push(request(number, call));
        self.lines.push(format!("     skipped: {why}"));
    }

    /// All differences and unneeded exceptions as an error, or success.
    pub(super) fn verdict(mut self) -> Result<(), String> {
        for (n, exception) in self.exceptions.iter().enumerate() {
            if !self.needed.contains(&n) {
                let Exception {
                    call,
                    member,
                    reason,
                    ..
                } = exception;
                self.lines.push(format!(
                    "{call}. {member} agrees, so its exception is not needed: {reason}"
                ));
            }
        }
        if self.lines.is_empty() {
            return Ok(());
        }
        let more = self.lines.len().saturating_sub(MAX_LINES - 2);
        if more > 1 {
            self.lines.truncate(MAX_LINES - 2);
            self.lines.push(format!("… and {more} more lines"));
        }
        let Self {
            scenario,
            agree,
            differ,
            left_out,
            lines,
            ..
        } = self;
        Err(format!(
            "{scenario}: {agree} calls agree, {differ} differ, {left_out} skipped\n{}",
            lines.join("\n")
        ))
    }

    fn is_ignored(&self, found: &Difference) -> bool {
        let ignored = |part| self.ignored.iter().any(|ignored| ignored.member == part);
        found.at.split('/').any(ignored)
    }

    fn exception(&self, call: usize, found: &Difference) -> Option<usize> {
        self.exceptions.iter().position(|exception| {
            let below = found.at.strip_prefix(exception.member);
            exception.call == call
                && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

fn request(number: usize, call: &Call) -> String {
    let Call { method, path, .. } = call;
    let caller = call.caller.as_deref().unwrap_or("nobody");
    let body = match (&call.raw, &call.body) {
        (Some(raw), _) => short(raw, MAX_REQUEST),
        (None, Some(body)) => short(&body.to_string(), MAX_REQUEST),
        (None, None) => String::new(),
    };
    format!("{number}. {caller} {method} {path} {body}")
        .trim_end()
        .to_owned()
}

fn line(found: &Difference) -> String {
    let expected = short(&found.expected, MAX_VALUE);
    let got = short(&found.got, MAX_VALUE);
    format!("     {}: expected {expected}, got {got}", found.at)
}

fn short(text: &str, length: usize) -> String {
    let text = text.replace('\n', " ");
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
