//! The properties of a request that the limits depend on (rooms-api.md L).

use std::time::Duration;

use crate::simulator::api::routes::Route;
use crate::simulator::faults::limits::{Permit, RequestFacts};
use crate::simulator::portal::Portal;
use crate::simulator::wire::call::{Call, Members};
use crate::simulator::wire::envelope::Reply;

/// The endpoints with a low limit for each quarter of an hour.
const SENSITIVE: [(&str, &str); 3] = [
    ("POST", "keys"),
    ("POST", "files/rooms/{id}/resend"),
    ("PUT", "settings/webhook/{id}/retry"),
];

impl Portal {
    /// A permit for the request, or the refusal. An unknown caller is identified by address.
    pub(super) fn permit(
        &self,
        route: Option<&'static Route>,
        call: &Call,
        path: &str,
    ) -> Result<Permit, Reply> {
        let request = RequestFacts {
            who: call.caller.as_deref().unwrap_or("127.0.0.1"),
            method: &call.method,
            path,
            is_sensitive: route
                .is_some_and(|route| SENSITIVE.contains(&(route.method, route.template))),
            mails: mails(route, call),
        };
        let ahead = self.world().ahead;
        self.limiter()
            .admit(&request, Duration::try_from(ahead).unwrap_or_default())
    }
}

/// The number of invitations by e-mail, which have a limit of their own.
fn mails(route: Option<&Route>, call: &Call) -> usize {
    let shares =
        route.is_some_and(|route| route.method == "PUT" && route.template.ends_with("/share"));
    let invitations = call
        .body()
        .ok()
        .filter(|_| shares)
        .and_then(|body| body.list("invitations").ok().flatten());
    invitations
        .unwrap_or_default()
        .into_iter()
        .filter(|item| Members(item.clone()).member("email").is_some())
        .count()
}
