//! Expanding templates: `extends` first, then the template's own words.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::file::{Folder, Grant as WrittenGrant, OnMissing, Template};
use super::glob_parse::is_name;
use super::quiet::{crowded, some};
use super::role::{self, Roles};
use super::settings;
use super::text::{ROOM_VARIABLES, Text};
use super::{Ensure, Grant, Named, Wish};
use crate::room::{MAX_TITLE_UNITS, fold, no_tag, stored_title, title_units};
use crate::yaml::{Place, Problem, Sources, Spanned};

/// So many templates may stand in one line of `extends`.
const DEEPEST: usize = 32;

/// The templates of all files by name.
pub(super) type Written<'f> = BTreeMap<&'f str, (&'f Spanned<String>, &'f Spanned<Template>)>;

/// Turns written templates into what they ask for, each once.
pub(super) struct Expander<'c> {
    pub(super) sources: &'c Sources,
    pub(super) roles: &'c Roles,
    pub(super) written: &'c Written<'c>,
    /// The roles that each template writes itself.
    own_roles: BTreeMap<&'c str, Roles>,
}

impl<'c> Expander<'c> {
    pub(super) fn new(
        sources: &'c Sources,
        roles: &'c Roles,
        written: &'c Written<'c>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let own_roles = written
            .iter()
            .map(|(name, (_, template))| (*name, Roles::read(&template.roles, problems)))
            .collect();
        Self {
            sources,
            roles,
            written,
            own_roles,
        }
    }

    /// All templates that can be expanded.
    pub(super) fn expand_all(&self, problems: &mut Vec<Problem>) -> BTreeMap<String, Arc<Ensure>> {
        let mut own = BTreeMap::new();
        for (name, (_, template)) in self.written {
            own.insert(*name, self.own(name, template, problems));
        }
        let mut expanded = BTreeMap::new();
        for name in self.written.keys() {
            if let Some(line) = self.ancestry(name, problems) {
                expanded.insert((*name).to_owned(), Arc::new(unite(&line, &own)));
            }
        }
        expanded
    }

    /// The template and those that it extends, nearest first; `None` when one is missing or they go in a circle.
    fn ancestry(&self, name: &'c str, problems: &mut Vec<Problem>) -> Option<Vec<&'c str>> {
        let mut line = vec![name];
        let mut seen = BTreeSet::from([name]);
        let mut here = self.written.get(name)?.1;
        while let Some(parent) = &here.extends {
            let parent_name = parent.value.trim();
            let Some((found, (_, template))) = self.written.get_key_value(parent_name) else {
                // Said once, at the template that writes it.
                if line.len() == 1 && !crowded(problems, parent.span) {
                    problems.push(no_template(parent, self.written.keys().copied()));
                }
                return None;
            };
            if !seen.insert(found) {
                if *found == name {
                    problems.push(
                        Problem::error(
                            parent.span,
                            "extends-cycle",
                            format!(
                                "the template `{name}` extends itself: {}",
                                circle(&line, found)
                            ),
                        )
                        .with_help("take one `extends` out of the circle"),
                    );
                }
                return None;
            }
            line.push(found);
            if line.len() > DEEPEST {
                let message = format!(
                    "the template `{name}` builds upon more than {DEEPEST} others in a line"
                );
                if let Some(extends) = &self.written.get(name)?.1.extends
                    && !crowded(problems, extends.span)
                {
                    problems.push(
                        Problem::error(extends.span, "extends-depth", message)
                            .with_help("let it extend one that is nearer to the first of them"),
                    );
                }
                return None;
            }
            here = template;
        }
        Some(line)
    }

    fn own(&self, name: &str, template: &Spanned<Template>, problems: &mut Vec<Problem>) -> Ensure {
        // No `..`: a further key must be thought about here.
        let Template {
            extends: _,
            roles: _,
            vars,
            folders,
            grants,
            membership: _,
            settings: written_settings,
        } = &template.value;
        let mut ensure = Ensure {
            vars: variables(vars, problems),
            ..Ensure::default()
        };
        let mut seen = BTreeMap::new();
        for folder in folders {
            self.folders(name, &[], folder, &mut ensure.folders, problems);
        }
        for grant in grants {
            if let Some(wish) = self.grant(name, grant, problems) {
                match seen.entry(key(&wish.value.to)) {
                    Entry::Vacant(free) => {
                        free.insert(wish.place.clone());
                        ensure.grants.push(wish);
                    }
                    Entry::Occupied(first) => problems.push(twice(grant, &wish, first.get())),
                }
            }
        }
        for tag in written_settings.iter().flat_map(|all| &all.tags) {
            if let Some(text) = text(tag, problems) {
                if let Some(reason) = text.literals().find_map(no_tag) {
                    problems.push(
                        Problem::error(tag.span, "bad-tag", reason)
                            .with_help("the portal answers such a tag with an error: write a shorter one of other characters"),
                    );
                }
                ensure.tags.push(self.wish(name, tag, text));
            }
        }
        for setting in written_settings
            .iter()
            .flat_map(|all| settings::read(all, problems))
        {
            let wish = self.wish(name, &setting, setting.value.clone());
            ensure.settings.insert(setting.value.key(), wish);
        }
        ensure
    }

    fn wish<S, T>(&self, template: &str, at: &Spanned<S>, value: T) -> Wish<T> {
        Wish {
            value,
            template: template.to_owned(),
            distance: 0,
            place: self.sources.place(at.span),
        }
    }

    fn folders(
        &self,
        template: &str,
        above: &[Text],
        folder: &Folder,
        into: &mut Vec<Wish<Vec<Text>>>,
        problems: &mut Vec<Problem>,
    ) {
        let (written, children) = match folder {
            Folder::Path(written) => (written, &[][..]),
            Folder::Tree(written, children) => (written, children.as_slice()),
        };
        let Some(path) = path(written, problems) else {
            return;
        };
        let path: Vec<Text> = above.iter().cloned().chain(path).collect();
        into.push(self.wish(template, written, path.clone()));
        for child in children {
            self.folders(template, &path, child, into, problems);
        }
    }

    fn grant(
        &self,
        template: &str,
        grant: &Spanned<WrittenGrant>,
        problems: &mut Vec<Problem>,
    ) -> Option<Wish<Grant>> {
        let WrittenGrant {
            group,
            user,
            role,
            on_missing,
        } = &grant.value;
        let to = match (group, user) {
            (Some(group), None) => text(group, problems).map(|text| (Named::Group(text), group)),
            (None, Some(user)) => text(user, problems).map(|text| (Named::User(text), user)),
            (Some(_), Some(user)) => {
                problems.push(Problem::error(
                    user.span,
                    "two-subjects",
                    "a grant has either `group` or `user`, not both",
                ));
                None
            }
            (None, None) => {
                problems.push(
                    Problem::error(grant.span, "no-subject", "the grant does not say to whom")
                        .with_help("add `group:` with a name, or `user:` with an e-mail address"),
                );
                None
            }
        };
        let meaning = self.meaning(template, role, problems);
        let ((to, written), meaning) = (to?, meaning?);
        if matches!(&to, Named::User(text) if text.literal().is_some_and(|name| !name.contains('@') && !crate::room::is_guid(name.trim())))
        {
            let message = format!("`{}` is neither an e-mail address nor an id", written.value);
            problems.push(Problem::error(written.span, "no-address", message));
        }
        let on_missing = on_missing.unwrap_or(OnMissing::Fail);
        let takes_back = self.own_role(template, &role.value).is_none()
            && role.value.trim().eq_ignore_ascii_case("none");
        let role = role.value.clone();
        Some(self.wish(
            template,
            grant,
            Grant {
                to,
                role,
                meaning,
                takes_back,
                on_missing,
            },
        ))
    }

    /// What a role name means where it is written: in its template, those it extends, the files, DocSpace.
    fn meaning(
        &self,
        template: &str,
        role: &Spanned<String>,
        problems: &mut Vec<Problem>,
    ) -> Option<role::Meaning> {
        let found = self
            .own_role(template, &role.value)
            .or_else(|| role::builtin(&role.value));
        if found.is_none() && !crowded(problems, role.span) {
            // Names differ by more than case; the nearest spelling stands.
            let mut known = BTreeMap::new();
            for name in self
                .roles_from(template)
                .iter()
                .flat_map(|roles| roles.names())
                .chain(self.roles.names())
                .chain(crate::room::Access::ALL.map(crate::room::Access::word))
            {
                known.entry(fold(name)).or_insert(name);
            }
            let message = format!(
                "unknown role `{}`{}",
                role.value,
                crate::yaml::hint(&role.value, known.values().copied())
            );
            problems.push(
                Problem::error(role.span, "unknown-role", message)
                    .with_help(format!("known here: {}", some(known.values().copied()))),
            );
        }
        found
    }

    /// What a role name of the policies means in a template.
    fn own_role(&self, template: &str, role: &str) -> Option<role::Meaning> {
        let own = self.roles_from(template);
        let found = own.iter().find_map(|roles| roles.find(role));
        found.or_else(|| self.roles.find(role))
    }

    /// The roles that a template and those that it extends write themselves, the nearest first.
    fn roles_from(&self, template: &str) -> Vec<&Roles> {
        let mut own = Vec::new();
        let mut here = Some(template);
        // A circle or a line that is too long is told elsewhere.
        while let Some(name) = here.take()
            && own.len() <= DEEPEST
            && let Some((_, written)) = self.written.get(name)
        {
            own.extend(self.own_roles.get(name));
            here = written
                .value
                .extends
                .as_ref()
                .map(|parent| parent.value.trim());
        }
        own
    }
}

/// The variables that are written under `vars`.
pub(super) fn variables(
    written: &BTreeMap<Spanned<String>, Spanned<String>>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, String> {
    for name in written.keys().filter(|name| !is_name(&name.value)) {
        let (message, help) = if ROOM_VARIABLES.contains(&name.value.as_str()) {
            (
                format!("`{}` is a variable of every room", name.value),
                "take it out: the room itself gives its value",
            )
        } else {
            (
                format!("`{}` is no name for a variable", name.value),
                "a name begins with a letter from a to z and goes on with letters, digits, `_` or `-`",
            )
        };
        problems.push(Problem::error(name.span, "variable-name", message).with_help(help));
    }
    written
        .iter()
        .map(|(name, value)| (name.value.clone(), value.value.clone()))
        .collect()
}

fn twice(grant: &Spanned<WrittenGrant>, wish: &Wish<Grant>, first: &Place) -> Problem {
    let written = grant.group.as_ref().or(grant.user.as_ref());
    let message = format!("`{}` has two grants in one template", wish.value.to.text());
    Problem::error(
        written.map_or(grant.span, |name| name.span),
        "duplicate-grant",
        message,
    )
    .with_help(format!("the first one is at {first}"))
}

fn circle(line: &[&str], back: &str) -> String {
    line.iter()
        .copied()
        .chain([back])
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(" → ")
}

/// The problem of a template name that nothing bears.
pub(super) fn no_template<'n>(
    written: &Spanned<String>,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Problem {
    let message = format!(
        "there is no template `{}`{}",
        written.value,
        crate::yaml::hint(written.value.trim(), known.clone())
    );
    let known: Vec<&str> = known.collect();
    let help = if known.is_empty() {
        "write it under `templates`".to_owned()
    } else {
        format!("there are: {}", some(known.into_iter()))
    };
    Problem::error(written.span, "unknown-template", message).with_help(help)
}

/// The nearest word first for grants and variables; folders and tags from the far end, in written order.
fn unite(line: &[&str], own: &BTreeMap<&str, Ensure>) -> Ensure {
    let mut all = Ensure::default();
    for (distance, ensure) in line
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(i, name)| Some((i, own.get(name)?)))
    {
        let Ensure {
            folders,
            grants,
            tags,
            settings,
            vars,
        } = ensure.clone();
        all.folders
            .extend(folders.into_iter().map(|wish| Wish { distance, ..wish }));
        all.tags
            .extend(tags.into_iter().map(|wish| Wish { distance, ..wish }));
        let near: BTreeSet<_> = grants.iter().map(|near| key(&near.value.to)).collect();
        all.grants.retain(|far| !near.contains(&key(&far.value.to)));
        all.grants
            .extend(grants.into_iter().map(|wish| Wish { distance, ..wish }));
        let settings = settings.into_iter();
        all.settings
            .extend(settings.map(|(key, wish)| (key, Wish { distance, ..wish })));
        all.vars.extend(vars);
    }
    all
}

/// What two spellings of one written name have in common.
pub(super) fn key(name: &Named) -> (bool, String) {
    let is_group = matches!(name, Named::Group(_));
    (is_group, fold(name.text().to_string().trim()))
}

fn text(written: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<Text> {
    let read = if written.value.trim().is_empty() {
        Err("the text is empty".to_owned())
    } else {
        Text::new(written.value.trim())
    };
    read.map_err(|message| problems.push(Problem::error(written.span, "bad-text", message)))
        .ok()
}

/// Levels are split before variables are expanded, so that a `/` in a value cannot make a level.
fn path(written: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<Vec<Text>> {
    let mut levels = Vec::new();
    for level in written.value.split('/') {
        let read = if level.trim().is_empty() {
            Err(format!("the path `{}` has an empty level", written.value))
        } else {
            Text::new(level.trim())
        };
        match read {
            Ok(text) => {
                if text
                    .literal()
                    .is_some_and(|title| title_units(&stored_title(title)) > MAX_TITLE_UNITS)
                {
                    let message = format!("the title is longer than {MAX_TITLE_UNITS} characters");
                    problems.push(Problem::error(written.span, "long-title", message));
                }
                levels.push(text);
            }
            Err(message) => {
                problems.push(Problem::error(written.span, "bad-folder", message));
                return None;
            }
        }
    }
    Some(levels)
}
