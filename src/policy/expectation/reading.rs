//! From the written tests to checked ones; every problem is reported.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::room::facts;
use super::shape::{self, Expected};
use super::{Extent, NO_ROLE, Part, PartOf, Stated, Test, folder_key};
use crate::policy::file::{Folder, OneOrMany};
use crate::policy::role;
use crate::policy::settings;
use crate::policy::text::Variables;
use crate::room::{Access, fold, stored_title, tag_key};
use crate::yaml::{Problem, Sources, Span, Spanned, hint};

/// The tests of all files, with their names and the names of policies checked.
pub(in crate::policy) fn read<'f>(
    sources: &Sources,
    written: impl Iterator<Item = &'f Spanned<shape::Test>>,
    policies: &BTreeSet<&str>,
    problems: &mut Vec<Problem>,
) -> Vec<Test> {
    let reading = Reading { sources, policies };
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut tests = Vec::new();
    for test in written {
        let name = &test.name;
        if name.value.trim().is_empty() {
            problems.push(Problem::error(name.span, "no-name", "the test has no name"));
        }
        if let Some(first) = seen.insert(name.value.trim(), name.span) {
            let message = format!("the test `{}` is defined twice", name.value);
            problems.push(
                Problem::error(name.span, "duplicate-test", message)
                    .with_related(first, "first here"),
            );
        }
        tests.extend(reading.test(test, problems));
    }
    tests
}

struct Reading<'r> {
    sources: &'r Sources,
    policies: &'r BTreeSet<&'r str>,
}

impl Reading<'_> {
    fn test(&self, written: &Spanned<shape::Test>, problems: &mut Vec<Problem>) -> Option<Test> {
        // No `..`, so that a new key cannot be forgotten here.
        let shape::Test {
            name,
            room,
            date,
            expect,
            at_least,
        } = &written.value;
        let date = match date {
            Some(written) => Some(day(written, problems)?),
            None => None,
        };
        let room = facts(room, problems);
        let (mut parts, mut refused) = (Vec::new(), None);
        let written = [(expect, Extent::All), (at_least, Extent::Some)];
        for (expected, extent) in written {
            let Some(expected) = expected else { continue };
            let before = problems.len();
            let stated = self.parts(expected, extent, problems);
            if extent == Extent::Some && problems.len() == before {
                at_least_nothing(expected, &stated, problems);
            }
            for part in stated {
                match parts.iter().find(|other: &&Part| other.of == part.of) {
                    None => parts.push(part),
                    Some(other) => problems.push(twice(&part, other)),
                }
            }
            refused = refused.or(expected.refused.clone());
        }
        if parts.is_empty() && refused.is_none() {
            let message = format!("the test `{}` expects nothing", name.value);
            problems.push(
                Problem::error(name.span, "no-expectation", message).with_help(
                    "write under `expect` what the room gets: `policies`, `folders`, `grants`, `tags`, `settings`, `owner`, `membership`",
                ),
            );
        }
        Some(Test {
            name: name.value.trim().to_owned(),
            place: self.sources.place(name.span),
            room: room?,
            date,
            parts,
            refused,
        })
    }

    fn parts(
        &self,
        written: &Spanned<Expected>,
        extent: Extent,
        problems: &mut Vec<Problem>,
    ) -> Vec<Part> {
        // No `..`, so that a new part cannot be forgotten here.
        let Expected {
            policies,
            folders,
            grants,
            tags,
            settings,
            owner,
            membership,
            refused: _,
        } = &written.value;
        let mut parts = Vec::new();
        let part = |of, span, stated| Part {
            of,
            extent,
            stated,
            in_settings: of == PartOf::Settings,
            span,
        };
        if let Some(names) = policies {
            let stated = self.policies(names, problems);
            parts.push(part(PartOf::Policies, span(names, written), stated));
        }
        if let Some(list) = folders {
            let mut stated = Vec::new();
            for folder in &list.value {
                self.folders(&[], folder, &mut stated, problems);
            }
            parts.push(part(PartOf::Folders, list.span, stated));
        }
        if let Some(table) = grants {
            let stated = table.value.iter();
            let stated = stated.filter_map(|(name, role)| self.grant(name, role, problems));
            parts.push(part(PartOf::Grants, table.span, stated.collect()));
        }
        if let Some(names) = tags {
            let stated = self.tags(names.as_slice());
            parts.push(part(PartOf::Tags, span(names, written), stated));
        }
        if let Some(owner) = owner {
            let stated = self.single(PartOf::Owner, fold(owner.value.trim()), owner.span);
            parts.push(part(PartOf::Owner, owner.span, vec![stated]));
        }
        if let Some(word) = membership {
            let value = word.value.as_str().to_owned();
            let stated = self.single(PartOf::Membership, value, word.span);
            parts.push(part(PartOf::Membership, word.span, vec![stated]));
        }
        if let Some(settings) = settings {
            if let Some(tags) = &settings.tags {
                parts.push(Part {
                    in_settings: true,
                    ..part(PartOf::Tags, settings.span, self.tags(tags))
                });
            }
            let stated = self.settings(settings, problems);
            if !stated.is_empty() || settings.tags.is_none() {
                parts.push(part(PartOf::Settings, settings.span, stated));
            }
        }
        parts
    }

    fn stated(&self, key: Vec<String>, name: &str, value: Option<String>, at: Span) -> Stated {
        Stated {
            key,
            name: name.to_owned(),
            value,
            place: self.sources.place(at),
        }
    }

    fn single(&self, of: PartOf, value: String, at: Span) -> Stated {
        self.stated(vec![of.key().to_owned()], of.key(), Some(value), at)
    }

    fn policies(&self, names: &OneOrMany, problems: &mut Vec<Problem>) -> Vec<Stated> {
        let mut stated = Vec::new();
        for name in names.as_slice() {
            let text = name.value.trim();
            if !self.policies.contains(text) {
                let message = format!(
                    "there is no policy `{text}`{}",
                    hint(text, self.policies.iter().copied())
                );
                problems.push(
                    Problem::error(name.span, "unknown-policy", message)
                        .with_help("write the name of a policy of these files"),
                );
            }
            stated.push(self.stated(vec![text.to_owned()], text, None, name.span));
        }
        stated
    }

    fn folders(
        &self,
        above: &[String],
        folder: &Folder,
        stated: &mut Vec<Stated>,
        problems: &mut Vec<Problem>,
    ) {
        let (written, children) = match folder {
            Folder::Path(written) => (written, &[][..]),
            Folder::Tree(written, children) => (written, children.as_slice()),
        };
        let titles = written.value.split('/').map(stored_title);
        let path: Vec<String> = above.iter().cloned().chain(titles).collect();
        if path.iter().any(String::is_empty) {
            let message = format!("the path `{}` has an empty level", written.value);
            problems.push(Problem::error(written.span, "bad-folder", message));
        }
        let key = folder_key(path.iter().map(String::as_str));
        stated.push(self.stated(key, &path.join("/"), None, written.span));
        for child in children {
            self.folders(&path, child, stated, problems);
        }
    }

    fn grant(
        &self,
        name: &Spanned<String>,
        role: &Spanned<String>,
        problems: &mut Vec<Problem>,
    ) -> Option<Stated> {
        let access = role::word(role, problems)?;
        let value = access.map_or(NO_ROLE, Access::name).to_owned();
        let written = name.value.trim();
        Some(self.stated(vec![fold(written)], written, Some(value), name.span))
    }

    fn tags(&self, tags: &[Spanned<String>]) -> Vec<Stated> {
        let tags = tags.iter();
        tags.map(|tag| {
            let text = tag.value.trim();
            self.stated(vec![tag_key(text)], text, None, tag.span)
        })
        .collect()
    }

    fn settings(
        &self,
        written: &settings::shape::Settings,
        problems: &mut Vec<Problem>,
    ) -> Vec<Stated> {
        let mut stated = Vec::new();
        for setting in settings::read(written, problems) {
            let word = setting.value.key().as_str();
            match setting.value.expand(&Variables::default()) {
                Ok(value) => stated.push(self.stated(
                    vec![word.to_owned()],
                    word,
                    Some(value.to_string()),
                    setting.span,
                )),
                Err(message) => problems.push(
                    Problem::error(setting.span, "variable-in-test", message)
                        .with_help("write the text that the room gets"),
                ),
            }
        }
        stated
    }
}

/// Reports what every room has: nothing, at least.
fn at_least_nothing(written: &Spanned<Expected>, parts: &[Part], problems: &mut Vec<Problem>) {
    let help = "write what the room gets, or move it to `expect`, which states the whole part";
    let say =
        |span, message: String| Problem::error(span, "no-expectation", message).with_help(help);
    if parts.is_empty() && written.refused.is_none() {
        let message = "`at_least` expects nothing, which every room has".to_owned();
        problems.push(say(written.span, message));
    }
    for part in parts.iter().filter(|part| part.stated.is_empty()) {
        let key = part.of.key();
        let message = format!("`{key}` under `at_least` expects nothing, which every room has");
        problems.push(say(part.span, message));
    }
}

fn span(names: &OneOrMany, around: &Spanned<Expected>) -> Span {
    names.span().unwrap_or(around.span)
}

fn twice(part: &Part, other: &Part) -> Problem {
    let message = format!("the test states its {} twice", part.of.key());
    Problem::error(part.span, "expected-twice", message)
        .with_related(other.span, "first here")
        .with_help("keep it under `expect` if the list is complete, otherwise under `at_least`")
}

pub(super) fn day(written: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<Date> {
    let date = written.value.trim().parse().ok();
    if date.is_none() {
        let message = format!("`{}` is not a date", written.value);
        problems.push(
            Problem::error(written.span, "bad-date", message)
                .with_help("write year, month and day: 2026-07-01"),
        );
    }
    date
}
