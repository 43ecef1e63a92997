//! Which policies to compare: those whose titles, creators and types do not obviously exclude each other.

use crate::policy::Policy;
use crate::policy::matcher::Account;
use crate::room::RoomType;

/// The maximum number of pairs.
const MAX_PAIRS: usize = 100_000_000;

/// A policy with one of its titles.
struct Titled<'p> {
    begins: &'p str,
    ends: &'p str,
    number: usize,
}

/// Passes on each pair of policies that may match the same room, once, as far as their literal characters show;
/// returns `false` if there were too many.
pub(super) fn pairs(policies: &[&Policy], mut take: impl FnMut(usize, usize) -> bool) -> bool {
    let mut titles: Vec<Titled<'_>> = Vec::new();
    for (number, policy) in policies.iter().enumerate() {
        match &policy.matcher.title {
            None => titles.push(Titled {
                begins: "",
                ends: "",
                number,
            }),
            Some(globs) => titles.extend(globs.iter().map(|glob| Titled {
                begins: glob.begins(),
                ends: glob.ends(),
                number,
            })),
        }
    }
    titles.sort_by(|a, b| (a.begins, a.number).cmp(&(b.begins, b.number)));
    let kinds: Vec<u8> = policies
        .iter()
        .map(|policy| bits(&policy.matcher.kinds()))
        .collect();
    let kinds = |number: usize| kinds.get(number).copied().unwrap_or_default();
    let mut count = 0_usize;
    // Those whose beginning is a prefix of the following beginnings.
    let mut open: Vec<&Titled<'_>> = Vec::new();
    for title in &titles {
        while open
            .last()
            .is_some_and(|last| !title.begins.starts_with(last.begins))
        {
            open.pop();
        }
        for other in &open {
            count += 1;
            if count > MAX_PAIRS {
                return false;
            }
            let may_meet = other.number != title.number
                && kinds(other.number) & kinds(title.number) != 0
                && (title.ends.ends_with(other.ends) || other.ends.ends_with(title.ends));
            let (first, second) = (
                other.number.min(title.number),
                other.number.max(title.number),
            );
            if may_meet
                && let (Some(a), Some(b)) = (policies.get(first), policies.get(second))
                && creators_may_meet(a, b)
                && !take(first, second)
            {
                return true;
            }
        }
        open.push(title);
    }
    true
}

/// Whether two policies may match the same room, as far as their literal characters show.
pub(super) fn may_meet(a: &Policy, b: &Policy) -> bool {
    let titles_may_meet = match (&a.matcher.title, &b.matcher.title) {
        (Some(a), Some(b)) => a.iter().any(|a| {
            b.iter().any(|b| {
                let ([a, x], [b, y]) = ([a.begins(), a.ends()], [b.begins(), b.ends()]);
                (a.starts_with(b) || b.starts_with(a)) && (x.ends_with(y) || y.ends_with(x))
            })
        }),
        _ => true,
    };
    titles_may_meet
        && bits(&a.matcher.kinds()) & bits(&b.matcher.kinds()) != 0
        && creators_may_meet(a, b)
}

fn bits(kinds: &[RoomType]) -> u8 {
    kinds.iter().fold(0, |bits, kind| {
        let at = RoomType::ALL.iter().position(|own| own == kind);
        bits | 1 << at.unwrap_or_default()
    })
}

fn creators_may_meet(a: &Policy, b: &Policy) -> bool {
    let (Some(a), Some(b)) = (&a.matcher.creator, &b.matcher.creator) else {
        return true;
    };
    a.iter().any(|a| {
        b.iter().any(|b| match (a, b) {
            (Account::Address(a), Account::Address(b)) => !a.is_apart(b),
            (Account::Id(a), Account::Id(b)) => a.key == b.key,
            (Account::Address(_), Account::Id(_)) | (Account::Id(_), Account::Address(_)) => true,
        })
    })
}
