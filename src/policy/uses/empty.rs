//! Folders, tags and watermarks that are empty in every room, because a variable has no text.

use super::Brought;
use super::inserted::variables;
use crate::policy::suppress::at_limit;
use crate::policy::template::MAX_OF_ENTRY;
use crate::policy::text::{Text, Value, Variables};
use crate::policy::{SettingSpec, TemplateSpec};
use crate::room::stored_title;
use crate::yaml::{Place, Problem};

pub(super) fn check(spec: &TemplateSpec, brought: &Brought<'_>, problems: &mut Vec<Problem>) {
    let mut values = brought.values.values();
    if !values.any(|value| has_no_text(value)) {
        return;
    }
    let variables = variables(brought);
    let mut say = |what: String, place: &Place| {
        let message = format!(
            "in the policy `{}`, {what} at {place} is empty",
            brought.policy.value
        );
        if !at_limit(problems, brought.span()) {
            let problem = Problem::error(brought.span(), "empty-text", message);
            problems.push(problem.with_help("write a value for its variable"));
        }
    };
    for entry in &spec.folders {
        let mut titles = entry.value.iter();
        let is_empty = |title: &str| stored_title(title).is_empty();
        if let Some(title) = titles.find(|title| becomes(title, &variables, is_empty)) {
            say(format!("the folder `{title}`"), &entry.place);
        }
    }
    for entry in &spec.tags {
        if becomes(&entry.value, &variables, |tag| tag.trim().is_empty()) {
            say(format!("the tag `{}`", entry.value), &entry.place);
        }
    }
    for entry in spec.settings.values() {
        if let SettingSpec::Watermark {
            additions: 0, text, ..
        } = &entry.value
            && becomes(text, &variables, |text| text.trim().is_empty())
        {
            say(format!("the watermark `{text}`"), &entry.place);
        }
    }
}

fn has_no_text(value: &Value) -> bool {
    match value {
        Value::One(text) => text.trim().is_empty(),
        Value::Many(texts) => texts.iter().any(|text| text.trim().is_empty()),
    }
}

/// Whether a text with variables becomes empty with one of their values.
fn becomes(text: &Text, variables: &Variables, is_empty: impl Fn(&str) -> bool) -> bool {
    text.literal().is_none()
        && variables.times([text]) <= MAX_OF_ENTRY
        && variables
            .each([text])
            .iter()
            .any(|one| text.expand(one).is_ok_and(|text| is_empty(&text)))
}
