//! Names in the policies: each must identify exactly one group, person or tag.

use std::collections::BTreeMap;

use super::portal::advice;
use crate::cli::findings::{Findings, Level};
use crate::docspace::{self, Directory, Reader};
use crate::policy::{Matcher, OnMissing, PolicySet, SubjectRef, Word};
use crate::room::{PersonStatus, counted};

/// The effect of an unknown name in a policy's `match`.
const UNDECIDED: &str =
    "until then roomwright cannot decide whether the policy applies, and refuses rooms";

/// Looks up every name, and reports those that identify nothing, or more than one thing.
pub(super) async fn check(
    policies: &PolicySet,
    directory: &Directory,
    reader: &Reader,
    findings: &mut Findings,
) {
    let checked = async {
        granted(policies, directory, reader, findings).await?;
        matched_groups(policies, directory, reader, findings).await?;
        matched_tags(policies, directory, reader, findings).await
    };
    if let Err(error) = checked.await {
        findings.wrong(
            "names",
            format!("they cannot be looked up: {error}"),
            advice(
                &error,
                "give the key the scopes rooms:write and accounts:read",
            ),
        );
    }
}

/// Checks the names in grants.
async fn granted(
    policies: &PolicySet,
    directory: &Directory,
    reader: &Reader,
    findings: &mut Findings,
) -> Result<(), docspace::Error> {
    let mut written: BTreeMap<SubjectRef, Written> = BTreeMap::new();
    let mut open = 0usize;
    for policy in policies.policies() {
        for entry in &policy.spec.grants {
            let grant = &entry.value;
            if grant.to.text().literal().is_none() {
                open += 1;
                continue;
            }
            let all = written.entry(grant.to.clone()).or_insert_with(|| Written {
                place: format!("policy `{}`, {}", policy.name, entry.place),
                on_missing: grant.on_missing,
                is_invited: true,
            });
            if grant.on_missing == OnMissing::Fail {
                all.on_missing = OnMissing::Fail;
            }
            all.is_invited &= grant.invites;
        }
    }
    let (mut good, mut guests, mut all) = (0usize, 0usize, true);
    for (name, written) in written {
        if written.is_invited && has_no_account(&name, directory, reader).await? {
            guests += 1;
            continue;
        }
        match missing(&name, directory, reader).await? {
            None => good += 1,
            Some((found, advice)) => {
                let level = match written.on_missing {
                    OnMissing::Fail => Level::Wrong,
                    OnMissing::Skip => Level::Warning,
                };
                let found = format!("{found} ({})", written.place);
                findings.add(level, "names", found, Some(advice));
                all = false;
            }
        }
    }
    if !all {
        return Ok(());
    }
    let rest = match open {
        0 => String::new(),
        1 => "; 1 has variables and depends on the room".to_owned(),
        more => format!("; {more} have variables and depend on the room"),
    };
    let guests = match guests {
        0 => String::new(),
        guests => format!(
            "; {} without an account to invite",
            counted(guests, "guest")
        ),
    };
    findings.good(
        "names",
        format!("{} found{guests}{rest}", counted(good, "name")),
    );
    Ok(())
}

/// How policies write a name.
struct Written {
    /// The first policy that writes it.
    place: String,
    /// `fail` if any of them says so.
    on_missing: OnMissing,
    /// Whether it only stands under `guests`: someone without an account is invited.
    is_invited: bool,
}

async fn has_no_account(
    name: &SubjectRef,
    directory: &Directory,
    reader: &Reader,
) -> Result<bool, docspace::Error> {
    let word = name.text().literal().unwrap_or_default();
    let is_person = matches!(name, SubjectRef::User(_));
    Ok(is_person && directory.person_written(reader, word).await?.is_none())
}

/// Checks the groups that policies match on.
async fn matched_groups(
    policies: &PolicySet,
    directory: &Directory,
    reader: &Reader,
    findings: &mut Findings,
) -> Result<(), docspace::Error> {
    let words = matched_on(policies, Matcher::groups);
    let (count, mut all) = (words.len(), true);
    for (word, place) in words {
        if let Some((found, _)) = group(word, directory, reader).await? {
            findings.wrong(
                "match",
                format!("{found} ({place})"),
                &format!(
                    "correct the name under `creator_group`, or create the group; {UNDECIDED}"
                ),
            );
            all = false;
        }
    }
    if all && count > 0 {
        findings.good(
            "match",
            format!("{} of `creator_group` found", counted(count, "group")),
        );
    }
    Ok(())
}

/// Checks the tags that policies match on.
async fn matched_tags(
    policies: &PolicySet,
    directory: &Directory,
    reader: &Reader,
    findings: &mut Findings,
) -> Result<(), docspace::Error> {
    let words = matched_on(policies, Matcher::tags);
    let (count, mut all) = (words.len(), true);
    for (word, place) in words {
        if !directory.has_tag(reader, word).await? {
            findings.wrong(
                "match",
                format!("the portal has no tag `{word}` ({place})"),
                &format!("correct the tag under `tagged`, or add it to any room once; {UNDECIDED}"),
            );
            all = false;
        }
    }
    if all && count > 0 {
        findings.good(
            "match",
            format!("{} of `tagged` found", counted(count, "tag")),
        );
    }
    Ok(())
}

/// Each word once, with the first policy that matches on it.
fn matched_on(policies: &PolicySet, words: fn(&Matcher) -> Vec<&Word>) -> BTreeMap<&str, String> {
    let mut all: BTreeMap<&str, (&str, String)> = BTreeMap::new();
    for policy in policies.policies() {
        for word in words(&policy.matcher) {
            all.entry(&word.key).or_insert_with(|| {
                let place = format!("policy `{}`, {}", policy.name, policy.place);
                (&word.written, place)
            });
        }
    }
    all.into_values().collect()
}

/// What is wrong with the name of a group, and what to do about it.
async fn group(
    word: &str,
    directory: &Directory,
    reader: &Reader,
) -> Result<Option<(String, &'static str)>, docspace::Error> {
    Ok(
        match directory.groups_written(reader, word).await?.as_slice() {
            [] => Some((
                format!("the portal has no group `{word}`"),
                "correct the name in the policy, create the group, or write `on_missing: skip`",
            )),
            [_] => None,
            several => {
                let ids: Vec<&str> = several.iter().map(|group| group.id.as_str()).collect();
                Some((
                    format!(
                        "{} groups are named `{word}`: {}",
                        ids.len(),
                        ids.join(", ")
                    ),
                    "write the id of the group that you mean, or rename the others",
                ))
            }
        },
    )
}

/// What is wrong with a name in a grant, and what to do about it.
async fn missing(
    name: &SubjectRef,
    directory: &Directory,
    reader: &Reader,
) -> Result<Option<(String, &'static str)>, docspace::Error> {
    let word = name.text().literal().unwrap_or_default();
    Ok(match name {
        SubjectRef::Group(_) => group(word, directory, reader).await?,
        SubjectRef::User(_) => match directory.person_written(reader, word).await? {
            None => Some((
                format!("the portal has no account `{word}`"),
                "correct the address in the policy, invite the person, or write `on_missing: skip`",
            )),
            Some(entry) if entry.person.status == PersonStatus::Terminated => Some((
                format!("the account of `{word}` is disabled"),
                "remove the person from the policy, or enable the account",
            )),
            Some(_) => None,
        },
    })
}
