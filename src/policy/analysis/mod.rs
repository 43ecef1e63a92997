//! Analyses all policies together, over all possible rooms: which can never apply, which can contradict each other, and
//! which lines are always overridden. Each finding has a room as an example, or a search that found none.

mod applies;
mod captures;
mod conflicts;
mod guests;
mod overridden;
mod own;
mod pairs;
mod tried;
mod words;

use super::matcher::{Candidate, Matcher};
use super::{Mode, Policy, PolicySet};
use crate::room::{Facts, RoomType};
use crate::yaml::Problem;

/// The maximum number of states for all questions together; a question beyond it is reported as not decided.
const MAX_STEPS: usize = 300_000;

/// Analyses all policies; of those that errors left out, the highest has this priority.
pub(super) fn analyse(set: &PolicySet, highest_out: Option<i32>, problems: &mut Vec<Problem>) {
    let mut analysis = Analysis {
        set,
        highest_out,
        steps: MAX_STEPS,
        problems,
    };
    applies::check(&mut analysis);
    overridden::check(&mut analysis);
    guests::check(&mut analysis);
    captures::check(&mut analysis);
    conflicts::check(&mut analysis);
}

struct Analysis<'a> {
    set: &'a PolicySet,
    /// What a policy of a lower priority disagrees about, a policy that was left out may decide.
    highest_out: Option<i32>,
    /// The remaining states.
    steps: usize,
    problems: &'a mut Vec<Problem>,
}

impl Analysis<'_> {
    /// Whether the maximum number of errors is already reported for a file.
    fn is_full(&self, policy: &Policy) -> bool {
        super::suppress::at_limit(self.problems, policy.span)
    }
}

/// The maximum number of policies that are excluded one after another in the search for a room that no policy masks.
const MAX_ROUNDS: usize = 8;

/// What keeps a policy from having an effect in a room.
enum Mask<'s> {
    /// Nothing.
    None,
    /// These policies, each alone.
    By(Vec<&'s Policy>),
    /// There is nothing to mask in this room.
    Nothing,
}

/// The result of the search for a room in which a policy has an effect.
enum Way<'s> {
    /// It has an effect there.
    Room(Facts),
    /// In each room that it matches, one of these policies masks it.
    Never(Vec<&'s Policy>),
    /// It matches this room, in which there is nothing to mask.
    Nothing(Facts),
    /// It matches no room of these types at all.
    NoRoom,
    /// The search takes too long.
    Undecided,
}

impl<'a> Analysis<'a> {
    /// Searches for a room that some matchers accept, and in which nothing masks the policy.
    fn unmasked(
        &mut self,
        accept: &[&Matcher],
        kinds: &[RoomType],
        mask: impl Fn(&'a PolicySet, &Facts) -> Mask<'a>,
    ) -> Way<'a> {
        self.unmasked_beyond(accept, &[], kinds, mask)
    }

    /// As [`Analysis::unmasked`], but not among the rooms that others accept.
    fn unmasked_beyond(
        &mut self,
        accept: &[&Matcher],
        beyond: &[Matcher],
        kinds: &[RoomType],
        mask: impl Fn(&'a PolicySet, &Facts) -> Mask<'a>,
    ) -> Way<'a> {
        use super::witness::{Search, room};
        let mut masks: Vec<&'a Policy> = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let masking = masks.iter().map(|policy| &policy.matcher);
            let refuse: Vec<&Matcher> = masking.chain(beyond).collect();
            match room(accept, &refuse, kinds, &mut self.steps) {
                Search::Undecided => return Way::Undecided,
                Search::Absent if masks.is_empty() => return Way::NoRoom,
                Search::Absent => return Way::Never(masks),
                Search::Found(facts) => match mask(self.set, &facts) {
                    Mask::None => return Way::Room(facts),
                    Mask::Nothing => return Way::Nothing(facts),
                    Mask::By(policies) => masks.extend(policies.into_iter().take(1)),
                },
            }
        }
        Way::Undecided
    }
}

/// The policies that match a room and may override others there.
fn matching<'s>(set: &'s PolicySet, facts: &Facts) -> Vec<&'s Policy> {
    let found = set.matching(&Candidate::new(facts));
    found.into_iter().map(|(policy, _)| policy).collect()
}

/// Whether one policy can override another: an observing policy does not change what is written.
fn counts_for(by: &Policy, policy: &Policy) -> bool {
    by.mode == Mode::Enforce || policy.mode == Mode::Observe
}

/// The final policies of higher priority that override a policy in a room.
fn stoppers<'s>(matching: &[&'s Policy], policy: &Policy) -> Vec<&'s Policy> {
    let stoppers = matching.iter().copied();
    stoppers
        .filter(|by| by.is_final && by.priority > policy.priority && counts_for(by, policy))
        .collect()
}

/// The found room, for display.
fn shown(facts: &Facts) -> String {
    let mut text = format!("a {} `{}`", facts.kind.name(), facts.title);
    let creator = &facts.creator;
    match (creator.id.as_str(), creator.email.as_str()) {
        ("", super::witness::ANY_ADDRESS) => {}
        ("", email) => text.push_str(&format!(" of `{email}`")),
        (id, _) => text.push_str(&format!(" of `{id}`")),
    }
    if creator.name != super::witness::ANY_NAME {
        text.push_str(&format!(", display name `{}`", creator.name));
    }
    for group in &creator.groups {
        text.push_str(&format!(", a member of `{group}`"));
    }
    for tag in &facts.tags {
        text.push_str(&format!(", tagged `{tag}`"));
    }
    text
}

/// The names of some policies, for display.
fn names(policies: &[&Policy]) -> String {
    let names: Vec<String> = policies
        .iter()
        .map(|policy| format!("`{}`", policy.name))
        .collect();
    names.join(" or ")
}
