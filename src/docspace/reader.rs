//! Everything that only reads: the key and the directory here, rooms in `rooms` and `members`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::client::Client;
use super::error::Error;
use super::wire;
use crate::bind::{GroupEntry, PersonEntry};
use crate::room::{GroupId, RoomId, UserId, fold, tag_key};

/// The maximum size of a page.
pub(super) const PAGE: u64 = 100;
/// The maximum number of pages of a list; no room has that many members, and no name that many groups.
pub(super) const MAX_PAGES: u64 = 200;
/// The maximum number of pages of the list of accounts.
const MAX_ACCOUNT_PAGES: u64 = 1_000;

/// Reads the portal.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(super) client: Client,
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    me: tokio::sync::OnceCell<UserId>,
    pub(super) copy: Mutex<Option<(Instant, TemplateCopy)>>,
}

/// What the portal says about the API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    /// Whose key it is.
    pub owner: UserId,
    /// Its scopes; an empty list means all.
    pub scopes: Vec<String>,
    /// When it expires, as the portal writes it.
    pub expires: Option<String>,
    /// Whether it works.
    pub active: bool,
}

impl KeyState {
    /// Why roomwright cannot work with this key, if it cannot.
    pub fn problem(&self) -> Option<String> {
        let lacks = self.missing_scopes();
        (!lacks.is_empty()).then(|| format!("the key lacks the scopes {}", lacks.join(", ")))
    }

    /// The scopes that roomwright needs and the key lacks (docs/docspace.md, keys).
    pub fn missing_scopes(&self) -> Vec<&'static str> {
        let has = |scope: &str| self.scopes.iter().any(|own| own == scope);
        let everything = self.scopes.is_empty() || has("*") || has("*:write");
        let needed = [
            ("rooms:write", everything),
            ("files:write", everything),
            ("accounts:read", everything || has("*:read")),
        ];
        needed
            .into_iter()
            .filter(|(scope, covered)| !covered && !has(scope))
            .map(|(scope, _)| scope)
            .collect()
    }
}

/// A room template that the portal is copying into a new room; a portal copies one at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateCopy {
    /// The new room; `None` while the portal does not report it yet.
    pub room: Option<RoomId>,
}

pub(super) fn read<T: DeserializeOwned>(value: Value, call: &str) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| Error::Unreachable {
        call: call.to_owned(),
        reason: format!("the response does not come from DocSpace: {error}"),
    })
}

/// Where the next page starts; fails if a list does not end.
pub(super) fn next_page(start: u64, most: u64, call: &str) -> Result<u64, Error> {
    let next = start + PAGE;
    if next / PAGE < most {
        return Ok(next);
    }
    Err(Error::Inconsistent {
        call: call.to_owned(),
        reason: format!("the list does not end after {most} pages"),
    })
}

impl Reader {
    /// Creates a reader that uses a client.
    pub fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            shared: Arc::default(),
        }
    }

    /// The same reader, including its cache, with another client of the same portal.
    #[must_use]
    pub fn over(&self, client: &Client) -> Self {
        Self {
            client: client.clone(),
            shared: self.shared.clone(),
        }
    }

    /// The service account; requested once.
    ///
    /// # Errors
    /// The key does not work, or the portal cannot be reached.
    pub async fn whoami(&self) -> Result<UserId, Error> {
        self.shared
            .me
            .get_or_try_init(async || Ok(self.key().await?.owner))
            .await
            .cloned()
    }

    /// Checks whether the key works, without a cache (docs/docspace.md, keys).
    ///
    /// # Errors
    /// It does not, or the portal cannot be reached.
    pub async fn key(&self) -> Result<KeyState, Error> {
        let call = "GET keys/@self";
        let key: wire::Key = read(self.client.get(&["keys", "@self"], &[]).await?, call)?;
        let owner = key.create_by.ok_or_else(|| Error::Unreachable {
            call: call.to_owned(),
            reason: "the portal does not report the owner of the key".to_owned(),
        })?;
        Ok(KeyState {
            owner: owner.id(),
            scopes: key.permissions,
            expires: key.expires_at,
            active: key.is_active.unwrap_or(true),
        })
    }

    /// A page of all accounts, and where the next page starts, if any. Accounts may move between pages while they are
    /// read.
    ///
    /// # Errors
    /// The request to the portal failed, or the list does not end.
    pub async fn accounts(&self, start: u64) -> Result<(Vec<PersonEntry>, Option<u64>), Error> {
        let call = "GET people/filter";
        let first = start.to_string();
        let query = [("count", "100"), ("startIndex", first.as_str())];
        let page = self.client.get(&["people", "filter"], &query).await?;
        let page: Vec<wire::Account> = read(page, call)?;
        let is_last = u64::try_from(page.len()).unwrap_or_default() < PAGE;
        let next = match is_last {
            true => None,
            false => Some(next_page(start, MAX_ACCOUNT_PAGES, call)?),
        };
        Ok((page.iter().map(wire::Account::entry).collect(), next))
    }

    /// A person by id, without a cache.
    ///
    /// # Errors
    /// Any failure except 404.
    pub async fn person(&self, id: &UserId) -> Result<Option<PersonEntry>, Error> {
        self.account(&["people", id.as_str()], &[]).await
    }

    pub(super) async fn person_by_email(&self, email: &str) -> Result<Option<PersonEntry>, Error> {
        match self
            .account(&["people", "email"], &[("email", email)])
            .await
        {
            // A guest that the service account may not see (docs/docspace.md, people): treated as unknown.
            Err(Error::Refused { .. }) => Ok(None),
            // The portal ignores accents when it searches: the result may be another person.
            Ok(found) => {
                Ok(found.filter(|entry| fold(entry.person.email.trim()) == fold(email.trim())))
            }
            Err(error) => Err(error),
        }
    }

    async fn account(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<PersonEntry>, Error> {
        match self.client.get(path, query).await {
            Err(Error::NotFound { .. }) => Ok(None),
            answer => {
                let account: wire::Account = read(answer?, "GET people")?;
                Ok(Some(account.entry()))
            }
        }
    }

    pub(super) async fn group(&self, id: &GroupId) -> Result<Option<GroupEntry>, Error> {
        match self
            .client
            .get(&["group", id.as_str()], &[("includeMembers", "false")])
            .await
        {
            Err(Error::NotFound { .. }) => Ok(None),
            answer => {
                let group: wire::Group = read(answer?, "GET group/{id}")?;
                Ok(Some(GroupEntry {
                    id: GroupId::new(&group.id),
                    name: group.name,
                }))
            }
        }
    }

    /// The members of a group whose accounts are not disabled; nobody where there is no such group.
    ///
    /// # Errors
    /// Any failure but 404.
    pub async fn group_members(&self, id: &GroupId) -> Result<Vec<PersonEntry>, Error> {
        let path = ["group", id.as_str()];
        match self.client.get(&path, &[("includeMembers", "true")]).await {
            Err(Error::NotFound { .. }) => Ok(Vec::new()),
            answer => {
                let group: wire::GroupMembers = read(answer?, "GET group/{id}")?;
                let members = group.members.iter().map(wire::Account::entry);
                Ok(members.collect())
            }
        }
    }

    /// Whether the portal knows a tag, used or not.
    pub(super) async fn has_tag(&self, tag: &str) -> Result<bool, Error> {
        let key = tag_key(tag);
        let mut start = 0;
        loop {
            let first = start.to_string();
            let query = [
                ("filterValue", tag),
                ("count", "100"),
                ("startIndex", first.as_str()),
            ];
            let page: Vec<String> = read(
                self.client.get(&["files", "tags"], &query).await?,
                "GET files/tags",
            )?;
            if page.iter().any(|name| tag_key(name) == key) {
                return Ok(true);
            }
            if u64::try_from(page.len()).unwrap_or_default() < PAGE {
                return Ok(false);
            }
            start = next_page(start, MAX_PAGES, "GET files/tags")?;
        }
    }

    /// All groups, except system groups.
    ///
    /// # Errors
    /// The request to the portal failed.
    pub async fn groups(&self) -> Result<Vec<GroupEntry>, Error> {
        self.groups_containing("").await
    }

    /// All groups whose name contains a text, ignoring case.
    pub(super) async fn groups_containing(&self, name: &str) -> Result<Vec<GroupEntry>, Error> {
        let mut found = BTreeMap::new();
        let mut start = 0;
        loop {
            let first = start.to_string();
            let query = [
                ("filterValue", name),
                ("count", "100"),
                ("startIndex", first.as_str()),
            ];
            let page: Vec<wire::Group> =
                read(self.client.get(&["group"], &query).await?, "GET group")?;
            let got = u64::try_from(page.len()).unwrap_or_default();
            for group in page {
                found.insert(GroupId::new(&group.id), group.name);
            }
            if got < PAGE {
                break;
            }
            start = next_page(start, MAX_PAGES, "GET group")?;
        }
        Ok(found
            .into_iter()
            .map(|(id, name)| GroupEntry { id, name })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_does_not_end_is_an_error() {
        let mut start = 0;
        for _ in 1..MAX_PAGES {
            start = next_page(start, MAX_PAGES, "GET group").unwrap();
        }
        let end = next_page(start, MAX_PAGES, "GET group");
        assert!(matches!(end, Err(Error::Inconsistent { .. })), "{end:?}");
    }
}
