//! What became of each item in a run: reports, drift and retries are made from this, and from nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::Bound;
use crate::decide::Decision;
use crate::plan::{Action, Plan, unseen_items};
use crate::resolve::{Origin, Shortfall};
use crate::room::Item;

/// How often the portal may say that an item is done without showing it.
const ROUNDS: u32 = 2;

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Not there yet.
    Wanted,
    /// The portal said so many times that it is there.
    Applied(u32),
    /// A look showed it.
    Seen,
    /// People undid it; it is left so.
    Left,
    /// It is missing, and not written in this run.
    Withheld,
    /// It cannot be had, and why.
    Refused(String),
}

#[derive(Debug, Clone)]
struct Entry {
    by: Vec<Origin>,
    state: State,
    /// Whether it is done when it is not there any more.
    removes: bool,
}

/// The items of one run.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    entries: BTreeMap<Item, Entry>,
    /// The last call that went wrong, and how.
    last_failure: Option<String>,
}

impl Ledger {
    /// At the beginning of a run, after its first look.
    pub(super) fn new(bound: &Bound, decision: &Decision, plan: &Plan) -> Self {
        let missing = decision.plan.items();
        let mut items = bound.items();
        let removals = decision.plan.only(Action::removes).items();
        // Whom nobody asks for is an item of what removes her.
        for (item, by) in decision.plan.origins() {
            items.entry(item).or_insert(by);
        }
        let entries = items
            .into_iter()
            .map(|(item, by)| {
                let is_missing = match item {
                    Item::Membership => !plan.is_exact(|_| true),
                    _ => missing.contains(&item),
                };
                let state = if is_missing {
                    State::Wanted
                } else if decision.left.contains(&item) {
                    State::Left
                } else if decision.withheld.contains(&item) {
                    State::Withheld
                } else {
                    State::Seen
                };
                let removes = removals.contains(&item);
                (item, Entry { by, state, removes })
            })
            .collect();
        Self {
            entries,
            last_failure: None,
        }
    }

    /// A call went wrong, and not for what it asked for.
    pub(super) fn went_wrong(&mut self, what: String) {
        self.last_failure = Some(what);
    }

    /// The last call that went wrong, and how.
    pub(super) fn last_failure(&self) -> Option<&str> {
        self.last_failure.as_deref()
    }

    /// The portal says that it is done.
    pub(super) fn applied(&mut self, item: &Item) {
        if let Some(entry) = self.entries.get_mut(item) {
            entry.state = match entry.state {
                State::Applied(times) => State::Applied(times + 1),
                _ => State::Applied(1),
            };
        }
    }

    /// The item cannot be had; everything else goes on.
    pub(super) fn refuse(&mut self, item: &Item, reason: impl Into<String>) {
        if let Some(entry) = self.entries.get_mut(item) {
            entry.state = State::Refused(reason.into());
        }
    }

    /// A look was taken: what it does not miss is there. What the portal took and does not show after two rounds is
    /// short; a folder after one, since making it again would make a second one.
    ///
    /// `is_exact` says whether everyone who was to leave has left.
    pub(super) fn looked(
        &mut self,
        plan: &Plan,
        is_exact: bool,
        spelling: impl Fn(&Item) -> Option<String>,
    ) {
        let missing = plan.items();
        let unseen = unseen_items();
        for (item, entry) in &mut self.entries {
            let is_missing = match item {
                Item::Membership => !is_exact,
                _ => missing.contains(item),
            };
            match &entry.state {
                State::Wanted | State::Seen if is_missing => entry.state = State::Wanted,
                State::Applied(_) if is_missing && unseen.contains(item) => {}
                State::Applied(times) if is_missing => {
                    let is_final =
                        *times >= ROUNDS || matches!(item, Item::Folder(_) | Item::Guest(_));
                    if is_final {
                        entry.state = State::Refused(not_shown(item, spelling(item)));
                    }
                }
                State::Wanted | State::Applied(_) => entry.state = State::Seen,
                State::Seen | State::Left | State::Withheld | State::Refused(_) => {}
            }
        }
    }

    /// Items that are not asked for any more in this run.
    pub(super) fn settled(&self) -> BTreeSet<Item> {
        let unseen = unseen_items();
        self.entries
            .iter()
            .filter(|(item, entry)| match entry.state {
                State::Refused(_) | State::Left | State::Withheld => true,
                State::Applied(_) => unseen.contains(item),
                State::Wanted | State::Seen => false,
            })
            .map(|(item, _)| item.clone())
            .collect()
    }

    /// What was refused, in the words of the refusal.
    pub(super) fn shortfalls(&self) -> Vec<Shortfall> {
        self.entries
            .values()
            .filter_map(|entry| match &entry.state {
                State::Refused(reason) => Some(Shortfall {
                    reason: reason.clone(),
                    by: entry.by.clone(),
                }),
                State::Wanted | State::Applied(_) | State::Seen | State::Left | State::Withheld => {
                    None
                }
            })
            .collect()
    }

    /// How many were taken out of the room.
    pub(super) fn removed(&self) -> usize {
        let entries = self.entries.values();
        entries
            .filter(|entry| entry.removes && entry.state == State::Seen)
            .count()
    }

    /// What is in place: seen, or acknowledged where no look can see it.
    pub(super) fn present(&self) -> BTreeSet<Item> {
        let unseen = unseen_items();
        self.entries
            .iter()
            .filter(|(_, entry)| !entry.removes)
            .filter(|(item, entry)| match entry.state {
                State::Seen => true,
                // What people undid was in place: it stays theirs to undo.
                State::Left => true,
                State::Applied(_) => unseen.contains(item),
                State::Wanted | State::Withheld | State::Refused(_) => false,
            })
            .map(|(item, _)| item.clone())
            .collect()
    }
}

fn not_shown(item: &Item, spelling: Option<String>) -> String {
    let what = match item {
        Item::Folder(titles) => format!("the folder {}", titles.join("/")),
        Item::Setting(key) => format!("the setting `{}`", key.as_str()),
        Item::Grant(guid) => format!("the role of {guid}"),
        Item::Tag(tag) => format!("the tag `{tag}`"),
        Item::Guest(email) => format!("the invitation of `{email}`"),
        Item::Membership => "the list of members".to_owned(),
        Item::Owner => "the owner".to_owned(),
    };
    match spelling {
        Some(there) => {
            format!("the portal took {what} and stored it as `{there}`; it is not sent again")
        }
        None => format!(
            "the portal says that {what} is there, and does not show it; it is not sent again"
        ),
    }
}
