//! From the written room of a test to the facts that policies match on.

use jiff::civil::Date;

use super::shape::TestRoom;
use crate::policy::file::OneOrMany;
use crate::policy::template::no_account;
use crate::room::{
    Creator, CreatorFact, Facts, RoomType, Unresolved, fold, is_account, is_guid, stored_title,
};
use crate::yaml::{Problem, Spanned, hint, scalar};

pub(super) fn facts(written: &TestRoom, problems: &mut Vec<Problem>) -> Option<Facts> {
    // No `..`, so that a new key cannot be forgotten here.
    let TestRoom {
        title,
        r#type,
        creator,
        creator_name,
        creator_groups,
        tags,
    } = written;
    if title.value.trim().is_empty() {
        problems.push(
            Problem::error(title.span, "no-title", "the room has no title")
                .with_help("write one, such as `title: Client - ACME`"),
        );
    }
    let kind = RoomType::from_word(r#type.value.trim());
    if kind.is_none() {
        let words = RoomType::ALL.map(RoomType::as_str);
        let message = format!(
            "`{}` is not a room type{}",
            r#type.value,
            hint(&r#type.value, words.into_iter())
        );
        problems.push(
            Problem::error(r#type.span, "unknown-type", message)
                .with_help(format!("available: {}", words.join(", "))),
        );
    }
    let accounts = creator.as_ref().map_or(&[][..], OneOrMany::as_slice);
    check_accounts(accounts, problems);
    let accounts: Vec<&str> = accounts.iter().map(|text| text.value.trim()).collect();
    let name = creator_name
        .as_ref()
        .map(|text| text.value.trim().to_owned());
    let list = |written: &Option<OneOrMany>| -> Vec<String> {
        let entries = written.as_ref().map_or(&[][..], OneOrMany::as_slice);
        entries
            .iter()
            .map(|text| text.value.trim().to_owned())
            .collect()
    };
    let groups = list(creator_groups)
        .iter()
        .map(|group| fold(group))
        .collect();
    let creator = Creator::of(&accounts, name.unwrap_or_default(), groups);
    let mut unstated = creator.missing();
    // A creator who is stated without groups has none.
    if accounts.is_empty() && creator_name.is_none() && creator_groups.is_none() {
        unstated.insert(CreatorFact::Groups);
    }
    Some(Facts {
        title: stored_title(&title.value),
        kind: kind?,
        creator,
        created: Date::default(),
        tags: list(tags),
        unresolved: Unresolved {
            creator: unstated,
            ..Unresolved::default()
        },
    })
}

/// Checks the addresses and ids of one creator, who has at most one of each.
fn check_accounts(accounts: &[Spanned<String>], problems: &mut Vec<Problem>) {
    for account in accounts {
        let text = account.value.trim();
        if !is_account(text) && !text.is_empty() {
            problems.push(no_account(account).with_help(format!(
                "write the display name as `creator_name: {}`, and add the address as `creator`",
                scalar(text)
            )));
        }
    }
    let [ids, addresses] = [true, false].map(|is_id| {
        let of_kind = accounts
            .iter()
            .filter(|text| is_guid(text.value.trim()) == is_id);
        of_kind.collect::<Vec<_>>()
    });
    for second in [ids, addresses].iter().filter_map(|kind| kind.get(1)) {
        let message = format!("`{}` is a second creator, and a room has one", second.value);
        problems.push(
            Problem::error(second.span, "wrong-value", message)
                .with_help("write one e-mail address, one id, or both of the same account"),
        );
    }
}
