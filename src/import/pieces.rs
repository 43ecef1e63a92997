//! The items of a room, as a template asks for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::captures::Captured;
use super::{Live, Named};
use crate::bind::no_such_role;
use crate::policy::text::Text;
use crate::policy::written;
use crate::room::{
    Access, Folder, FolderId, Quota, Setting, Subject, SubjectKind, UserId, fold_title,
};

/// One item of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A folder, as titles from the root.
    Folder(Vec<Spelling>),
    /// A tag.
    Tag(Spelling),
    /// A setting, by its key.
    Setting(&'static str, String),
    /// A role.
    Grant {
        /// A group or a person.
        kind: SubjectKind,
        /// The name, address or id.
        to: String,
        /// The role.
        role: Access,
        /// The display name, if an id is written.
        who: Option<String>,
    },
}

/// A text of the room, and how the policy writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelling {
    /// As in the room.
    there: String,
    /// As written without captures.
    plain: String,
    /// As written with captures, if it contains any.
    captured: Option<String>,
}

impl Spelling {
    fn new(text: &str, captured: &Captured) -> Self {
        let (plain, captured) = captured.text(text);
        Self {
            there: text.to_owned(),
            plain,
            captured,
        }
    }

    /// As the policy writes it.
    pub(super) fn text(&self) -> &str {
        self.captured.as_ref().unwrap_or(&self.plain)
    }
}

impl Piece {
    /// The same item without captures.
    pub(super) fn plain(&self) -> Self {
        let plain = |spelling: &Spelling| Spelling {
            captured: None,
            ..spelling.clone()
        };
        match self {
            Piece::Folder(path) => Piece::Folder(path.iter().map(plain).collect()),
            Piece::Tag(tag) => Piece::Tag(plain(tag)),
            other @ (Piece::Setting(..) | Piece::Grant { .. }) => other.clone(),
        }
    }
}

/// For the list of what is not in the policy.
impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Piece::Folder(path) => {
                let titles: Vec<&str> = path.iter().map(|title| title.there.as_str()).collect();
                write!(f, "the folder `{}`", titles.join("/"))
            }
            Piece::Tag(tag) => write!(f, "the tag `{}`", tag.there),
            Piece::Setting(key, value) => write!(f, "the setting `{key}: {value}`"),
            Piece::Grant { to, role, who, .. } => {
                let name = who.as_ref().unwrap_or(to);
                write!(f, "`{name}` as {}", role.name())
            }
        }
    }
}

/// The items of the room, and what a policy does not include.
pub(super) fn pieces(live: &Live, captured: &Captured) -> (Vec<Piece>, Vec<String>) {
    let mut left_out = Vec::new();
    let mut pieces: Vec<Piece> = folders(live, &mut left_out)
        .into_iter()
        .map(|path| {
            let titles = path.iter().map(|title| Spelling::new(title, captured));
            Piece::Folder(titles.collect())
        })
        .collect();
    pieces.extend(grants(live, &mut left_out));
    let tags = live.seen.room.tags.iter();
    pieces.extend(tags.map(|tag| Piece::Tag(Spelling::new(tag, captured))));
    for setting in live.seen.room.settings.values() {
        if let Setting::Color(color) = setting {
            // Every room has one, which the portal chooses.
            left_out.push(format!(
                "the colour of its icon, `color: {color}` under `settings`: the portal chooses one for every room"
            ));
        } else if !is_default(setting) {
            pieces.push(Piece::Setting(setting.key().as_str(), written(setting)));
        }
    }
    (pieces, left_out)
}

fn is_default(setting: &Setting) -> bool {
    match setting {
        Setting::Indexing(on) | Setting::DenyDownload(on) => !on,
        Setting::Quota(quota) => *quota == Quota::Default,
        Setting::Lifetime(lifetime) => lifetime.is_none(),
        Setting::Watermark(watermark) => watermark.is_none(),
        Setting::Color(color) => color.is_empty(),
        Setting::Cover(cover) => cover.is_empty(),
    }
}

/// The paths of all folders in the order of their creation, each after its parent.
fn folders(live: &Live, left_out: &mut Vec<String>) -> Vec<Vec<String>> {
    let mut below: BTreeMap<&FolderId, Vec<&Folder>> = BTreeMap::new();
    for folder in live.seen.folders.iter().filter(|folder| !folder.system) {
        below.entry(&folder.parent).or_default().push(folder);
    }
    for siblings in below.values_mut() {
        siblings.sort_by_key(|folder| &folder.id);
    }
    let root = FolderId::new(live.seen.room.id.as_str());
    let mut paths = Vec::new();
    let mut open: Vec<(&FolderId, Vec<String>)> = vec![(&root, Vec::new())];
    while let Some((parent, path)) = open.pop() {
        if !path.is_empty() {
            paths.push(path.clone());
        }
        // Removed from the map, so that a cycle in the portal's answer cannot loop.
        let mut seen = BTreeSet::new();
        let mut inner = Vec::new();
        for folder in below.remove(parent).unwrap_or_default() {
            let mut path = path.clone();
            path.push(folder.title.clone());
            if seen.insert(fold_title(&folder.title)) {
                inner.push((&folder.id, path));
            } else {
                let path = path.join("/");
                left_out.push(format!("a second folder `{path}`, and what is in it"));
            }
        }
        open.extend(inner.into_iter().rev());
    }
    paths
}

fn grants(live: &Live, left_out: &mut Vec<String>) -> Vec<Piece> {
    let mut grants = Vec::new();
    let is = |subject: &Subject, id: &UserId| *subject == Subject::User(id.clone());
    for share in &live.seen.shares {
        let (subject, name) = (&share.subject, &share.name);
        if is(subject, &live.seen.owner.id) || is(subject, &live.seen.me) {
            continue;
        }
        let Some(role) = share.access else {
            left_out.push(format!(
                "`{name}`, whose right is not one of the seven roles"
            ));
            continue;
        };
        let by_id = Named {
            written: subject.guid().to_owned(),
            is_guest: false,
        };
        let named = live.names.get(subject).unwrap_or(&by_id);
        let to = &named.written;
        if named.is_guest {
            left_out.push(format!(
                "the guest `{name}`, who is {} here: add `{{ user: {to}, role: {role} }}` under `grants` if every such room should have this guest",
                role.name()
            ));
            continue;
        }
        if let Some(reason) = no_such_role(name, subject.kind(), role, live.facts.kind) {
            left_out.push(format!("the role of `{name}`: {reason}"));
            continue;
        }
        grants.push(Piece::Grant {
            kind: subject.kind(),
            // Escaped, so that it is read as these characters.
            to: Text::plain(to).to_string(),
            role,
            who: (to == subject.guid()).then(|| name.clone()),
        });
    }
    grants.sort_by_key(|piece| match piece {
        Piece::Grant { kind, to, role, .. } => (
            std::cmp::Reverse(*kind),
            std::cmp::Reverse(*role),
            to.clone(),
        ),
        _ => (
            std::cmp::Reverse(SubjectKind::User),
            std::cmp::Reverse(Access::Viewer),
            String::new(),
        ),
    });
    grants
}
