//! What can be wrong with a webhook, and what to do about it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::docspace::Webhook;
use crate::room::{Person, PersonKind, PersonStatus, escape_control};

/// What is wrong with the webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// There is none.
    Absent {
        /// The address.
        address: String,
        /// One whose address has the same host, perhaps meant for this service.
        near: Option<String>,
    },
    /// It is disabled: the portal sends it no events.
    Disabled,
    /// It does not receive `room.created`.
    OtherEvents,
    /// Its owner cannot see other people's rooms.
    OwnerNoAdmin {
        /// The owner; `None` if the account does not exist any more.
        owner: Option<String>,
    },
    /// Its address is `http://`, and it requires TLS: the next event disables it.
    WantsTls,
    /// Its last delivery got a 401.
    WrongSecret {
        /// When.
        at: Timestamp,
    },
    /// The account of its owner is disabled. The portal currently sends events anyway.
    OwnerDisabled {
        /// The owner.
        owner: String,
    },
    /// Its last delivery failed.
    Failing {
        /// When.
        at: Timestamp,
        /// Why, in the portal's message.
        reason: String,
    },
}

impl Problem {
    /// Whether it prevents events from arriving.
    pub fn stops_events(&self) -> bool {
        match self {
            Self::Absent { .. }
            | Self::Disabled
            | Self::OtherEvents
            | Self::OwnerNoAdmin { .. }
            | Self::WantsTls
            | Self::WrongSecret { .. } => true,
            Self::OwnerDisabled { .. } | Self::Failing { .. } => false,
        }
    }

    /// Whether it is about a delivery that failed before this time.
    pub(super) fn is_failure_before(&self, time: Timestamp) -> bool {
        matches!(self, Self::Failing { at, .. } if *at < time)
    }

    pub(super) fn is_about_secret(&self) -> bool {
        matches!(self, Self::WrongSecret { .. })
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Absent { near: None, .. } => {
                "run `roomwright webhook ensure` to create one, or create it in DocSpace, as the service account, for `room.created`"
            }
            Self::Absent { near: Some(_), .. } => {
                "correct the address or the events of that one in DocSpace if it is meant for roomwright, or run `roomwright webhook ensure` to create another one"
            }
            Self::Disabled => {
                "DocSpace disables a webhook when a DNS lookup fails or nothing was delivered for three days: run `roomwright webhook ensure` to enable it"
            }
            Self::OtherEvents => "run `roomwright webhook ensure` to add `room.created`",
            Self::OwnerNoAdmin { .. } => {
                "create a webhook as a DocSpace admin: run `roomwright webhook ensure` with the key of one"
            }
            Self::WantsTls => "run `roomwright webhook ensure` to disable its SSL verification",
            Self::WrongSecret { .. } => {
                "its secret differs from DOCSPACE_WEBHOOK_SECRET: run `roomwright webhook ensure` to set it in the webhook of the service account"
            }
            Self::OwnerDisabled { .. } => {
                "create one that does not depend on this account: delete it in DocSpace, then run `roomwright webhook ensure`"
            }
            Self::Failing { .. } => {
                "check that `serve` runs and that the portal reaches it at this address; `roomwright webhook replay` processes missed events"
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { address, near } => {
                write!(f, "no webhook for `room.created` points to {address}")?;
                match near {
                    Some(near) => write!(f, "; {near}"),
                    None => Ok(()),
                }
            }
            Self::Disabled => f.write_str("it is disabled"),
            Self::OtherEvents => f.write_str("it does not receive `room.created`"),
            Self::OwnerNoAdmin { owner: Some(owner) } => {
                write!(
                    f,
                    "it belongs to {owner}, who is not a DocSpace admin, so it does not receive events of other people's rooms"
                )
            }
            Self::OwnerNoAdmin { owner: None } => {
                f.write_str("its owner's account does not exist any more")
            }
            Self::WantsTls => f.write_str(
                "its address is `http://` and it verifies SSL: the next event disables it",
            ),
            Self::WrongSecret { at } => {
                write!(
                    f,
                    "its deliveries are rejected because of their signatures, last at {at:.0}"
                )
            }
            Self::OwnerDisabled { owner } => {
                write!(f, "it belongs to {owner}, whose account is disabled")
            }
            Self::Failing { at, reason } => {
                write!(f, "its last delivery failed at {at:.0}: {reason}")
            }
        }
    }
}

/// The problems of a webhook that points to this service, worst first.
pub(super) fn of(webhook: &Webhook, owner: Option<&Person>) -> Vec<Problem> {
    let is_admin = owner.is_some_and(|owner| owner.kind == PersonKind::DocSpaceAdmin);
    let name = owner.map(|owner| escape_control(&owner.name).into_owned());
    let is_disabled = owner.is_some_and(|owner| owner.status == PersonStatus::Terminated);
    let failed = webhook
        .last_failure
        .filter(|failure| is_current(webhook, *failure));
    let reason = webhook.last_failure_reason.as_deref().unwrap_or_default();
    let is_refused = reason.contains(" 401 ");
    [
        (!webhook.enabled).then_some(Problem::Disabled),
        (!webhook.receives_rooms()).then_some(Problem::OtherEvents),
        (!is_admin).then(|| Problem::OwnerNoAdmin {
            owner: name.clone(),
        }),
        (webhook.ssl && webhook.url.starts_with("http:")).then_some(Problem::WantsTls),
        failed
            .filter(|_| is_refused)
            .map(|at| Problem::WrongSecret { at }),
        name.filter(|_| is_admin && is_disabled)
            .map(|owner| Problem::OwnerDisabled { owner }),
        failed.filter(|_| !is_refused).map(|at| Problem::Failing {
            at,
            reason: escape_control(reason.trim_end_matches('.')).into_owned(),
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether nothing was delivered and the webhook was not changed after the failure. The portal also records the failure
/// itself as a change, at about that time.
fn is_current(webhook: &Webhook, failure: Timestamp) -> bool {
    let written_with_it = failure + Duration::from_secs(2);
    webhook.last_success.is_none_or(|success| success < failure)
        && webhook.modified.is_none_or(|at| at <= written_with_it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::UserId;

    fn webhook() -> Webhook {
        Webhook {
            id: 3,
            name: "roomwright".to_owned(),
            url: "https://hooks.example.com/docspace/webhook".to_owned(),
            enabled: true,
            ssl: true,
            triggers: 0,
            target: None,
            owner: UserId::new("me"),
            modified: None,
            last_success: None,
            last_failure: None,
            last_failure_reason: None,
        }
    }

    fn person(kind: PersonKind, status: PersonStatus) -> Person {
        Person {
            id: UserId::new("me"),
            name: "Anna".to_owned(),
            email: "anna@example.org".to_owned(),
            kind,
            status,
        }
    }

    fn admin() -> Person {
        person(PersonKind::DocSpaceAdmin, PersonStatus::Active)
    }

    fn at(text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }

    #[test]
    fn a_working_webhook_has_no_problem_and_each_wrong_setting_is_one() {
        assert_eq!(of(&webhook(), Some(&admin())), []);
        let http = "http://hooks.example.com/docspace/webhook".to_owned();
        for (webhook, expected) in [
            (
                Webhook {
                    enabled: false,
                    ..webhook()
                },
                Problem::Disabled,
            ),
            (
                Webhook {
                    triggers: 1,
                    ..webhook()
                },
                Problem::OtherEvents,
            ),
            (
                Webhook {
                    url: http,
                    ..webhook()
                },
                Problem::WantsTls,
            ),
        ] {
            assert!(expected.stops_events());
            assert_eq!(of(&webhook, Some(&admin())), [expected]);
        }
    }

    #[test]
    fn the_owner_must_see_all_rooms_and_a_disabled_one_still_does() {
        let of = |owner: Option<&Person>| super::of(&webhook(), owner);
        let owner = Some("Anna".to_owned());
        let room_admin = person(PersonKind::RoomAdmin, PersonStatus::Active);
        assert_eq!(of(Some(&room_admin)), [Problem::OwnerNoAdmin { owner }]);
        assert_eq!(of(None), [Problem::OwnerNoAdmin { owner: None }]);
        let disabled = person(PersonKind::DocSpaceAdmin, PersonStatus::Terminated);
        let owner = "Anna".to_owned();
        let problem = Problem::OwnerDisabled { owner };
        assert!(!problem.stops_events());
        assert_eq!(of(Some(&disabled)), [problem]);
    }

    #[test]
    fn a_failure_counts_until_a_success_or_a_change_and_401_is_about_the_secret() {
        let failed = |success: Option<Timestamp>, reason: &str| Webhook {
            last_success: success,
            last_failure: at("2026-07-02T00:00:00Z"),
            last_failure_reason: Some(reason.to_owned()),
            ..webhook()
        };
        let gone = "Response status code does not indicate success: 503 (Service Unavailable).";
        let refused = "Response status code does not indicate success: 401 (Unauthorized).";
        let of = |webhook: Webhook| super::of(&webhook, Some(&admin()));
        assert_eq!(of(failed(at("2026-07-03T00:00:00Z"), gone)), []);
        let changed = Webhook {
            modified: at("2026-07-02T00:01:00Z"),
            ..failed(None, refused)
        };
        assert_eq!(of(changed), []);
        for success in [None, at("2026-07-01T00:00:00Z")] {
            assert!(matches!(
                &of(failed(success, gone))[..],
                [Problem::Failing { .. }]
            ));
            assert!(matches!(
                &of(failed(success, refused))[..],
                [Problem::WrongSecret { .. }]
            ));
        }
    }
}
