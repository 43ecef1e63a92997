//! The entries of one template: its own folders, grants, tags and settings, each with its place.

use std::collections::BTreeMap;
use std::collections::btree_map;

use super::folders::FolderEntries;
use super::merge::standing;
use super::names::{no_accounts, not_a_glob};
use super::{Own, Reading, key, same_tag, variables};
use crate::policy::file::{Grant as WrittenGrant, OnMissing, OneOrMany, Template};
use crate::policy::role::{self, Roles};
use crate::policy::settings;
use crate::policy::suppress::{abbreviate, at_limit};
use crate::policy::text::Text;
use crate::policy::{Entry, Grant, SubjectRef, TemplateSpec};
use crate::room::{Access, fold, is_account, no_tag};
use crate::yaml::{Place, Problem, Span, Spanned, hint};

impl Reading<'_> {
    pub(super) fn own(
        &self,
        name: &str,
        template: &Spanned<Template>,
        problems: &mut Vec<Problem>,
    ) -> Own {
        // No `..`, so that a new key cannot be forgotten here.
        let Template {
            extends: _,
            roles: _,
            vars,
            folders,
            grants,
            membership,
            protect,
            owner,
            guests,
            settings,
        } = &template.value;
        let mut spec = TemplateSpec::default();
        let mut entries = FolderEntries::default();
        for folder in folders {
            self.folders(name, &[Vec::new()], folder, &mut entries, problems);
        }
        spec.folders = entries.entries;
        let mut entries = Vec::new();
        for grant in grants {
            let WrittenGrant { group, user, .. } = &grant.value;
            let written = group.as_ref().or(user.as_ref());
            let at = written.and_then(OneOrMany::span).unwrap_or(grant.span);
            let grants = self.grants(name, grant, problems).into_iter();
            entries.extend(grants.map(|entry| (at, entry)));
        }
        if let Some(guests) = guests {
            let (invitations, limits) = self.guests(name, guests, problems);
            entries.extend(invitations);
            spec.guests = limits;
        }
        let mut seen = BTreeMap::new();
        for (at, entry) in entries {
            match seen.entry(key(&entry.value.to)) {
                btree_map::Entry::Vacant(free) => {
                    free.insert(entry.place.clone());
                    spec.grants.push(entry);
                }
                btree_map::Entry::Occupied(first) => {
                    problems.push(twice(at, &entry, first.get()));
                }
            }
        }
        spec.membership = membership
            .as_ref()
            .map(|word| self.entry(name, word.span, word.value));
        spec.protect = self.protected(name, protect, problems);
        spec.owner = owner
            .as_ref()
            .and_then(|owner| self.owner(name, owner, problems));
        if let Some(settings) = settings {
            spec.tags = self.tags(name, settings.tags.iter().flatten(), problems);
            for setting in settings::read(settings, problems) {
                if let Some(text) = setting.value.text() {
                    self.check_tables(text, setting.span, problems);
                }
                let entry = self.entry(name, setting.span, setting.value.clone());
                spec.settings.insert(setting.value.key(), entry);
            }
        }
        let values = variables(vars, problems);
        let places = vars.keys().map(|key| (key.value.as_str(), key.span));
        let places: BTreeMap<&str, Span> = places.collect();
        let vars = values.into_iter().filter_map(|(key, value)| {
            let span = places.get(key.as_str())?;
            Some((key, self.entry(name, *span, value)))
        });
        Own {
            vars: vars.collect(),
            spec,
        }
    }

    pub(super) fn entry<T>(&self, template: &str, at: Span, value: T) -> Entry<T> {
        Entry {
            value,
            template: template.to_owned(),
            distance: 0,
            place: self.sources.place(at),
        }
    }

    fn tags<'w>(
        &self,
        template: &str,
        written: impl Iterator<Item = &'w Spanned<String>>,
        problems: &mut Vec<Problem>,
    ) -> Vec<Entry<Text>> {
        let mut seen: BTreeMap<Text, Span> = BTreeMap::new();
        let mut tags = Vec::new();
        for tag in written {
            let Some(entry) = self.tag(template, tag, problems) else {
                continue;
            };
            match seen.entry(same_tag(&entry.value)) {
                btree_map::Entry::Vacant(free) => {
                    free.insert(tag.span);
                }
                btree_map::Entry::Occupied(first) => {
                    let message = format!("`{}` is the same tag as an entry above", tag.value);
                    problems.push(
                        Problem::warning(tag.span, "same-tag", message)
                            .with_related(*first.get(), "the first entry")
                            .with_help("case and accents make no difference; keep one of them"),
                    );
                }
            }
            tags.push(entry);
        }
        tags
    }

    fn tag(
        &self,
        template: &str,
        written: &Spanned<String>,
        problems: &mut Vec<Problem>,
    ) -> Option<Entry<Text>> {
        let text = self.text(written, problems)?;
        if let Some(reason) = text.literals().find_map(no_tag) {
            problems.push(
                Problem::error(written.span, "bad-tag", reason).with_help(
                    "DocSpace would reject this tag; write a shorter one, without emoji",
                ),
            );
        }
        Some(self.entry(template, written.span, text))
    }

    /// The grants to all subjects of one entry.
    fn grants(
        &self,
        template: &str,
        grant: &Spanned<WrittenGrant>,
        problems: &mut Vec<Problem>,
    ) -> Vec<Entry<Grant>> {
        let WrittenGrant {
            group,
            user,
            role,
            on_missing,
        } = &grant.value;
        let subjects = match (group, user) {
            (Some(group), None) => self.subjects(group, SubjectRef::Group, problems),
            (None, Some(user)) => self.subjects(user, SubjectRef::User, problems),
            (Some(_), Some(user)) => {
                problems.push(Problem::error(
                    user.span().unwrap_or(grant.span),
                    "two-subjects",
                    "a grant has either `group` or `user`, not both",
                ));
                Vec::new()
            }
            (None, None) => {
                problems.push(
                    Problem::error(
                        grant.span,
                        "no-subject",
                        "the grant does not name a subject",
                    )
                    .with_help("add `group:` with a name, or `user:` with an e-mail address"),
                );
                Vec::new()
            }
        };
        let Some((meaning, takes_back)) = self.meaning(template, role, problems) else {
            return Vec::new();
        };
        let is_list = matches!(group.as_ref().or(user.as_ref()), Some(OneOrMany::Many(_)));
        let entries = subjects.into_iter().map(|(to, span)| {
            let value = Grant {
                to,
                role: role.value.clone(),
                meaning,
                takes_back,
                on_missing: on_missing.unwrap_or(OnMissing::Fail),
                invites: false,
            };
            self.entry(template, if is_list { span } else { grant.span }, value)
        });
        entries.collect()
    }

    pub(super) fn subjects(
        &self,
        written: &OneOrMany,
        named: impl Fn(Text) -> SubjectRef,
        problems: &mut Vec<Problem>,
    ) -> Vec<(SubjectRef, Span)> {
        if let OneOrMany::Many(list) = written
            && list.value.is_empty()
        {
            problems.push(
                Problem::error(
                    list.span,
                    "empty-list",
                    "the list is empty: it names nobody",
                )
                .with_help("remove the grant, or write a name"),
            );
        }
        let mut subjects = Vec::new();
        for name in written.as_slice() {
            let Some(text) = self.text(name, problems) else {
                continue;
            };
            let subject = named(text);
            if matches!(&subject, SubjectRef::User(text) if text.literal().is_some_and(|name| !is_account(name)))
            {
                problems.push(no_accounts(name));
            } else {
                problems.extend(not_a_glob(name));
            }
            subjects.push((subject, name.span));
        }
        subjects
    }

    pub(super) fn text(
        &self,
        written: &Spanned<String>,
        problems: &mut Vec<Problem>,
    ) -> Option<Text> {
        // Also of characters that show nothing.
        let read = if fold(&written.value).is_empty() {
            Err("the text is empty".to_owned())
        } else {
            Text::new(written.value.trim())
        };
        match read {
            Ok(text) => {
                self.check_tables(&text, written.span, problems);
                Some(text)
            }
            Err(message) => {
                problems.push(Problem::error(written.span, "bad-text", message));
                None
            }
        }
    }

    pub(super) fn check_tables(&self, text: &Text, at: Span, problems: &mut Vec<Problem>) {
        for table in text
            .tables()
            .filter(|name| !self.tables.contains_key(*name))
        {
            let known = self.tables.keys().map(String::as_str);
            let message = format!("there is no table `{table}`{}", hint(table, known.clone()));
            let help = match known.clone().next() {
                None => "define it under `tables`".to_owned(),
                Some(_) => format!("available: {}", abbreviate(known)),
            };
            if !at_limit(problems, at) {
                problems.push(Problem::error(at, "unknown-table", message).with_help(help));
            }
        }
    }

    /// The meaning of a role name where it is used (defined in the template, those it extends, the files or DocSpace), and
    /// whether it is the word `none`.
    pub(super) fn meaning(
        &self,
        template: &str,
        role: &Spanned<String>,
        problems: &mut Vec<Problem>,
    ) -> Option<(role::RoleByType, bool)> {
        let line = self.lines.get(template);
        let alone = [template];
        let near = line.map_or(&alone[..], |line| line.order.as_slice());
        let words: Vec<Entry<role::RoleByType>> = near
            .iter()
            .filter_map(|name| {
                let meaning = self.own_roles.get(name)?.find(&role.value)?;
                Some(self.entry(name, role.span, meaning))
            })
            .collect();
        let left = standing(&words.iter().collect::<Vec<_>>(), self.lines);
        if let Some((first, others)) = left.split_first() {
            if let Some(other) = others.iter().find(|other| other.value != first.value) {
                let message = format!(
                    "the role `{}` means one thing in the template `{}` and another in `{}`",
                    role.value, first.template, other.template
                );
                problems.push(
                    Problem::error(role.span, "ambiguous-role", message)
                        .with_help("define it under `roles` of this template"),
                );
            }
            return Some((first.value, false));
        }
        let in_files = self.roles.find(&role.value).map(|meaning| (meaning, false));
        let found = in_files.or_else(|| {
            let is_none = role.value.trim().eq_ignore_ascii_case("none");
            Some((role::builtin(&role.value)?, is_none))
        });
        // A template with unknown parents may inherit the role from them.
        if found.is_none() && line.is_some() && !at_limit(problems, role.span) {
            problems.push(self.unknown_role(near, role));
        }
        found
    }

    fn unknown_role(&self, near: &[&str], role: &Spanned<String>) -> Problem {
        // Case makes no difference; the closest spelling wins.
        let mut known = BTreeMap::new();
        for name in near
            .iter()
            .rev()
            .filter_map(|name| self.own_roles.get(name))
            .flat_map(Roles::names)
            .chain(self.roles.names())
            .chain(Access::ALL.map(Access::as_str))
        {
            known.entry(fold(name)).or_insert(name);
        }
        let message = format!(
            "unknown role `{}`{}",
            role.value,
            hint(&role.value, known.values().copied())
        );
        Problem::error(role.span, "unknown-role", message).with_help(format!(
            "known here: {}",
            abbreviate(known.values().copied())
        ))
    }
}

fn twice(at: Span, entry: &Entry<Grant>, first: &Place) -> Problem {
    let message = format!("`{}` has two grants in one template", entry.value.to.text());
    Problem::error(at, "duplicate-grant", message).with_help(format!("the first one is at {first}"))
}
