//! The sender of a request, and whether the scopes of a key admit it (rooms-api.md J.4, K).

use axum::http::header;
use axum::http::request::Parts;

use crate::simulator::api::routes::{self, Route};
use crate::simulator::portal::Portal;
use crate::simulator::state::people::{ApiKey, EmployeeStatus};
use crate::simulator::state::world::World;
use crate::simulator::wire::refusal::Refusal;

const BEARER: &str = "Bearer ";

/// The sender of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sender {
    Nobody,
    Key {
        id: String,
        person: String,
    },
    BadKey,
    /// A signed-in account, with all its rights.
    Session(String),
    /// Another kind of token.
    BadToken,
}

impl Portal {
    pub(super) fn admit(&self, route: &Route, sender: &Sender) -> Result<(), Refusal> {
        // Routes that admit unknown callers refuse keys in a filter of their own.
        let refused = |status| match route.allows_anonymous {
            true => Refusal::Forbidden,
            false => Refusal::Empty(status),
        };
        match sender {
            Sender::BadKey => Err(refused(401)),
            Sender::Nobody | Sender::BadToken if !route.allows_anonymous => {
                Err(Refusal::Empty(401))
            }
            Sender::Nobody | Sender::BadToken | Sender::Session(_) => Ok(()),
            Sender::Key { id, .. } => {
                let mut world = self.world();
                let now = world.now();
                let key = world
                    .keys
                    .iter_mut()
                    .find(|key| key.id == *id)
                    .ok_or(Refusal::Empty(401))?;
                key.last_used = Some(now);
                if routes::scope_opens(&key.scopes, route) {
                    Ok(())
                } else {
                    Err(refused(403))
                }
            }
        }
    }
}

impl World {
    /// Identifies the sender. A key follows `Bearer` and one space, in exactly this spelling. Any other token is the
    /// token of a session, with or without that word; a token in the wrong place does not count.
    pub(super) fn sender(&self, head: &Parts) -> Sender {
        let Some(value) = head.headers.get(header::AUTHORIZATION) else {
            return Sender::Nobody;
        };
        let text = value.to_str().unwrap_or_default().trim();
        if let Some(token) = text.strip_prefix(BEARER)
            && token.trim().starts_with("sk-")
        {
            return self.holder_of_key(token);
        }
        let token = if text.contains(BEARER.trim_end()) {
            text.get(BEARER.len()..).unwrap_or_default()
        } else {
            text
        };
        let person = self.sessions.get(token);
        let person = person.filter(|person| self.can_be_used(person));
        person.map_or(Sender::BadToken, |person| Sender::Session(person.clone()))
    }

    fn holder_of_key(&self, token: &str) -> Sender {
        let now = self.now();
        let is_alive = |key: &&ApiKey| {
            key.is_active && key.expires.is_none_or(|at| now < at) && self.can_be_used(&key.person)
        };
        let mut keys = self.keys.iter().filter(|key| key.token == token);
        keys.find(is_alive)
            .map_or(Sender::BadKey, |key| Sender::Key {
                id: key.id.clone(),
                person: key.person.clone(),
            })
    }

    fn can_be_used(&self, account: &str) -> bool {
        self.person(account)
            .is_some_and(|person| person.status != EmployeeStatus::Terminated)
    }
}
