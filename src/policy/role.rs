//! Role names, and what each one means in each room type.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::file::{Role, RoleTable};
use crate::room::{Access, RoomType, fold};
use crate::yaml::{Problem, Spanned};

/// The meaning of a role name in each room type; `None` means no grant there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleByType([Option<Access>; 5]);

impl RoleByType {
    fn same(access: Option<Access>) -> Self {
        Self([access; 5])
    }

    /// The access in rooms of this type.
    pub fn in_room(&self, kind: RoomType) -> Option<Access> {
        RoomType::ALL
            .into_iter()
            .zip(self.0)
            .find_map(|(own, access)| (own == kind).then_some(access))
            .flatten()
    }
}

/// Role names in the order in which they are looked up: a template's own, those it extends, the file's, DocSpace's.
#[derive(Debug, Clone, Default)]
pub(super) struct Roles(BTreeMap<String, (RoleByType, Spanned<String>)>);

impl Roles {
    pub(super) fn read(
        written: &BTreeMap<Spanned<String>, Role>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut roles = Self::default();
        let mut in_order: Vec<_> = written.iter().collect();
        in_order.sort_by_key(|(name, _)| name.span.start);
        for (name, role) in in_order {
            // A role with an invalid meaning is still defined: its grants are not further errors.
            let meaning = meaning(name, role, problems).unwrap_or(RoleByType::same(None));
            roles.add(name, meaning, problems);
        }
        roles
    }

    fn add(&mut self, name: &Spanned<String>, meaning: RoleByType, problems: &mut Vec<Problem>) {
        match self.0.entry(fold(name.value.trim())) {
            Entry::Vacant(free) => {
                free.insert((meaning, name.clone()));
            }
            Entry::Occupied(first) => problems.push(
                Problem::error(
                    name.span,
                    "duplicate-role",
                    format!("the role `{}` is defined twice", name.value),
                )
                .with_related(first.get().1.span, "first here"),
            ),
        }
    }

    /// Adds the roles of a further file.
    pub(super) fn join(&mut self, other: Roles, problems: &mut Vec<Problem>) {
        for (meaning, name) in other.0.into_values() {
            self.add(&name, meaning, problems);
        }
    }

    /// The meaning of a name, if it is defined here.
    pub(super) fn find(&self, name: &str) -> Option<RoleByType> {
        self.0.get(&fold(name.trim())).map(|(meaning, _)| *meaning)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|(_, name)| name.value.trim())
    }
}

/// The meaning of one of DocSpace's own words.
pub(super) fn builtin(name: &str) -> Option<RoleByType> {
    let name = name.trim();
    if name.eq_ignore_ascii_case("none") {
        return Some(RoleByType::same(None));
    }
    Access::from_word(name).map(|access| RoleByType::same(Some(access)))
}

fn meaning(name: &Spanned<String>, role: &Role, problems: &mut Vec<Problem>) -> Option<RoleByType> {
    let (meaning, default) = match role {
        Role::Everywhere(written) => {
            let access = word(written, problems)?;
            (RoleByType::same(access), access)
        }
        Role::Table(table) => from_table(name, table, problems)?,
    };
    if let Some(own) = builtin(&name.value)
        && own != RoleByType::same(default)
    {
        let message = format!(
            "`{0}` is DocSpace's own word and must mean `{0}` by default",
            name.value.trim()
        );
        problems.push(
            Problem::error(name.span, "role-name-taken", message)
                .with_help("give your role another name"),
        );
    }
    Some(meaning)
}

fn from_table(
    name: &Spanned<String>,
    table: &RoleTable,
    problems: &mut Vec<Problem>,
) -> Option<(RoleByType, Option<Access>)> {
    // No `..`, so that a new room type cannot be forgotten here.
    let RoleTable {
        default,
        form_filling,
        collaboration,
        custom,
        public,
        vdr,
    } = table;
    let before = problems.len();
    let default_access = default.as_ref().map(|written| word(written, problems));
    let by_type = [form_filling, collaboration, custom, public, vdr];
    let by_type = by_type.map(|written| written.as_ref().map(|written| word(written, problems)));
    // All words are reported.
    if problems.len() > before {
        return None;
    }
    let default_access = default_access.flatten();
    let mut accesses = [None; 5];
    for (slot, written) in accesses.iter_mut().zip(by_type) {
        *slot = match (written.flatten(), default_access) {
            (Some(access), _) | (None, Some(access)) => access,
            (None, None) => {
                let message = format!(
                    "the role `{}` is not defined for every room type",
                    name.value
                );
                problems.push(
                    Problem::error(name.span, "role-without-default", message)
                        .with_help("add `default:` with a role, or with `none` for no grant"),
                );
                return None;
            }
        };
    }
    Some((RoleByType(accesses), default_access.flatten()))
}

pub(super) fn word(
    written: &Spanned<String>,
    problems: &mut Vec<Problem>,
) -> Option<Option<Access>> {
    let text = written.value.trim();
    if text.eq_ignore_ascii_case("none") {
        return Some(None);
    }
    let access = Access::from_word(text);
    if access.is_none() {
        let words: Vec<&str> = Access::ALL
            .into_iter()
            .map(Access::as_str)
            .chain(["none"])
            .collect();
        let message = format!(
            "`{text}` is not a DocSpace role{}",
            crate::yaml::hint(text, words.iter().copied())
        );
        problems.push(
            Problem::error(written.span, "unknown-access", message)
                .with_help(format!("one of: {}", words.join(", "))),
        );
    }
    access.map(Some)
}
