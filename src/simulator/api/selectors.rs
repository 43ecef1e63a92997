//! Ids that are not numbers: each belongs to a kind of connected storage, or to nothing (rooms-api.md 0, identifiers).

use crate::simulator::api::routes::Route;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::world::World;
use crate::simulator::wire::call::Call;
use crate::simulator::wire::refusal::{Exception, Refusal};

const SELECTORS: [&str; 6] = ["sbox", "spoint", "drive", "box", "dropbox", "onedrive"];

/// Whether the id has the form of a connected account's id: a kind, a number, perhaps a path.
pub(crate) fn fits(id: &str) -> bool {
    let account = SELECTORS
        .iter()
        .find_map(|kind| id.strip_prefix(kind)?.strip_prefix('-'));
    let number = account.map(|account| {
        account
            .split_once('-')
            .map_or(account, |(number, _)| number)
    });
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Refuses a blank id before the body is read.
pub(crate) fn check_blank(route: &Route, call: &Call) -> Result<(), Refusal> {
    let is_blank = call.captures.iter().any(|part| part.trim().is_empty());
    if is_blank && route.template.starts_with("files/") {
        return Err(Refusal::validation("id", "The id field is required."));
    }
    Ok(())
}

/// The refusal of an unknown id that is not a number: it takes precedence over what the controller would report.
pub(crate) fn refused(world: &World, route: &Route, call: &Call, refusal: Refusal) -> Refusal {
    let is_of_body = matches!(
        refusal,
        Refusal::Validation(_) | Refusal::Unsupported | Refusal::Empty(_)
    );
    let EntryId::Text(id) = call.entry_id() else {
        return refusal;
    };
    let names_entry = route.template.starts_with("files/") && route.template.contains("{id}");
    if is_of_body || !names_entry || world.entries.contains_key(&call.entry_id()) {
        return refusal;
    }
    if fits(&id) {
        Refusal::Thrown(Exception::Aggregate, "One or more errors occurred.")
    } else {
        Refusal::Thrown(Exception::ItemNotFound, "Selector '' not found")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_storages_have_a_kind_a_number_and_perhaps_a_path() {
        for id in ["sbox-77", "drive-1", "box-3-|a", "onedrive-12-x-y"] {
            assert!(fits(id), "{id}");
        }
        for id in [
            "abc",
            "1.5",
            "4294967296",
            "sbox-",
            "sbox-x",
            "sbox",
            "Drive-1",
        ] {
            assert!(!fits(id), "{id}");
        }
    }
}
