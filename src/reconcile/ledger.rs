//! The state of each item in a run. Reports, drift and retries use this and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::Bound;
use crate::decide::Decision;
use crate::plan::{Action, Plan, unseen_items};
use crate::resolve::{Origin, Shortfall};
use crate::room::Item;

/// How often the portal may acknowledge an item without showing it.
const ROUNDS: u32 = 2;

/// The state of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Missing so far.
    Wanted,
    /// How often the portal acknowledged it.
    Applied(u32),
    /// A read showed it.
    Seen,
    /// Someone undid it; it stays undone.
    Left,
    /// It is missing and not written in this run.
    Withheld,
    /// It cannot be applied, and why.
    Refused(String),
}

#[derive(Debug, Clone)]
struct Entry {
    by: Vec<Origin>,
    state: State,
    /// Whether the item is to be absent.
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
    /// The state at the start of a run, after the first read.
    pub(super) fn new(bound: &Bound, decision: &Decision, plan: &Plan) -> Self {
        let missing = decision.plan.items();
        let mut items = bound.items();
        let removals = decision.plan.only(Action::removes).items();
        // Members that no policy names are items of the actions that remove them.
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

    /// The portal acknowledged the item.
    pub(super) fn applied(&mut self, item: &Item) {
        if let Some(entry) = self.entries.get_mut(item) {
            entry.state = match entry.state {
                State::Applied(times) => State::Applied(times + 1),
                _ => State::Applied(1),
            };
        }
    }

    /// The item cannot be applied; everything else continues.
    pub(super) fn refuse(&mut self, item: &Item, reason: impl Into<String>) {
        if let Some(entry) = self.entries.get_mut(item) {
            entry.state = State::Refused(reason.into());
        }
    }

    /// Updates the states after a read: items that are not missing are present. An item that the portal acknowledged
    /// and does not show after two rounds is refused; a folder after one, since creating it again would create a second
    /// one.
    ///
    /// `is_exact` says whether every member who was to be removed is gone.
    pub(super) fn update(
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

    /// Items that this run does not write any more.
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

    /// The refused items with their reasons.
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

    /// How many members were removed.
    pub(super) fn removed(&self) -> usize {
        let entries = self.entries.values();
        entries
            .filter(|entry| entry.removes && entry.state == State::Seen)
            .count()
    }

    /// The present items: seen, or acknowledged if no read can show them.
    pub(super) fn present(&self) -> BTreeSet<Item> {
        let unseen = unseen_items();
        self.entries
            .iter()
            .filter(|(_, entry)| !entry.removes)
            .filter(|(item, entry)| match entry.state {
                State::Seen => true,
                // An undone item was present: it may stay undone.
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
            format!("the portal stored {what} as `{there}`; it is not sent again")
        }
        None => {
            format!("the portal acknowledged {what} but does not show it; it is not sent again")
        }
    }
}
