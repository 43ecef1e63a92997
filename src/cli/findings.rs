//! What a command checked, what it found, and what to do about it.

use serde::Serialize;
use serde_json::json;

use super::{Exit, Out};

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Level {
    Good,
    Warning,
    Wrong,
}

/// The result of one check.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    /// What was checked.
    what: &'static str,
    /// What was found.
    found: String,
    /// What to do about it.
    advice: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn add(
        &mut self,
        level: Level,
        what: &'static str,
        found: String,
        advice: Option<&str>,
    ) {
        self.0.push(Finding {
            level,
            what,
            found,
            advice: advice.map(str::to_owned),
        });
    }

    pub(super) fn good(&mut self, what: &'static str, found: impl Into<String>) {
        self.add(Level::Good, what, found.into(), None);
    }

    pub(super) fn warning(&mut self, what: &'static str, found: impl Into<String>, advice: &str) {
        self.add(Level::Warning, what, found.into(), Some(advice));
    }

    pub(super) fn wrong(&mut self, what: &'static str, found: impl Into<String>, advice: &str) {
        self.add(Level::Wrong, what, found.into(), Some(advice));
    }

    /// A problem whose text says after a colon what to do.
    pub(super) fn advised(&mut self, what: &'static str, text: &str) {
        let (found, advice) = text.split_once(": ").unwrap_or((text, ""));
        let advice = (!advice.is_empty()).then_some(advice);
        self.add(Level::Wrong, what, found.to_owned(), advice);
    }

    /// Failed if anything is wrong. Warnings do not count.
    pub(super) fn exit(&self) -> Exit {
        if self.0.iter().any(|one| one.level == Level::Wrong) {
            Exit::Failed
        } else {
            Exit::Fine
        }
    }

    pub(super) fn print(&self, json: bool, out: &mut Out) -> anyhow::Result<()> {
        if json {
            out.json(&json!({ "version": 1, "findings": self.0 }))?;
            return Ok(());
        }
        for finding in &self.0 {
            let sign = match finding.level {
                Level::Good => "✓",
                Level::Warning => "!",
                Level::Wrong => "✗",
            };
            out.line(&format!("{sign} {:<8} {}", finding.what, finding.found))?;
            if let Some(advice) = &finding.advice {
                out.line(&format!("           → {advice}"))?;
            }
        }
        Ok(())
    }
}
