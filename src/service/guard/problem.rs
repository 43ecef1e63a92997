//! What can be wrong with a webhook, in words for people, and what they can do about it.

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
        /// Where it would lead.
        address: String,
    },
    /// No events are sent to it.
    SwitchedOff,
    /// It does not ask for `room.created`.
    OtherEvents,
    /// Its owner does not see other people's rooms.
    OwnerNoAdmin {
        /// Who it is; nobody when the account is gone.
        owner: Option<String>,
    },
    /// Its address is `http://`, and it wants TLS: the next event switches it off.
    WantsTls,
    /// Our answer to its last delivery was 401.
    WrongSecret {
        /// When.
        at: Timestamp,
    },
    /// Its owner's account is disabled. The portal sends to it all the same, today.
    OwnerDisabled {
        /// Who it is.
        owner: String,
    },
    /// Its last delivery was given up.
    Failing {
        /// When.
        at: Timestamp,
        /// Why, in the portal's words.
        reason: String,
    },
}

impl Problem {
    /// Whether events do not reach us for it.
    pub fn stops_events(&self) -> bool {
        match self {
            Self::Absent { .. }
            | Self::SwitchedOff
            | Self::OtherEvents
            | Self::OwnerNoAdmin { .. }
            | Self::WantsTls
            | Self::WrongSecret { .. } => true,
            Self::OwnerDisabled { .. } | Self::Failing { .. } => false,
        }
    }

    /// Whether it is about a delivery that was given up before this time.
    pub(super) fn is_failure_before(&self, time: Timestamp) -> bool {
        matches!(self, Self::Failing { at, .. } if *at < time)
    }

    pub(super) fn is_about_secret(&self) -> bool {
        matches!(self, Self::WrongSecret { .. })
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Absent { .. } => {
                "`roomwright webhook ensure` makes one; or make it in DocSpace, as a DocSpace admin, for `room.created`"
            }
            Self::SwitchedOff => {
                "DocSpace switches it off when an address cannot be looked up or nothing was delivered for three days: `roomwright webhook ensure` switches it on"
            }
            Self::OtherEvents => "`roomwright webhook ensure` adds `room.created`",
            Self::OwnerNoAdmin { .. } => {
                "make a webhook as a DocSpace admin: `roomwright webhook ensure` with the key of one"
            }
            Self::WantsTls => "`roomwright webhook ensure` switches its SSL verification off",
            Self::WrongSecret { .. } => {
                "its secret is another one than DOCSPACE_WEBHOOK_SECRET: `roomwright webhook ensure` writes that to a webhook of our account"
            }
            Self::OwnerDisabled { .. } => {
                "make one that does not depend on this account: delete it in DocSpace, then `roomwright webhook ensure`"
            }
            Self::Failing { .. } => {
                "check that `serve` runs and that the portal reaches it at this address; `roomwright webhook replay` processes what was missed"
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { address } => {
                write!(f, "no webhook for `room.created` leads to {address}")
            }
            Self::SwitchedOff => f.write_str("it is switched off"),
            Self::OtherEvents => f.write_str("it does not ask for `room.created`"),
            Self::OwnerNoAdmin { owner: Some(owner) } => {
                write!(
                    f,
                    "it belongs to {owner}, who is no DocSpace admin, so it does not hear of other people's rooms"
                )
            }
            Self::OwnerNoAdmin { owner: None } => {
                f.write_str("the account that it belongs to does not exist any more")
            }
            Self::WantsTls => f.write_str(
                "its address is `http://` and it verifies SSL: the next event switches it off",
            ),
            Self::WrongSecret { at } => {
                write!(
                    f,
                    "its deliveries are refused for their signatures, last at {at:.0}"
                )
            }
            Self::OwnerDisabled { owner } => {
                write!(f, "it belongs to {owner}, whose account is disabled")
            }
            Self::Failing { at, reason } => {
                write!(f, "its last delivery was given up at {at:.0}: {reason}")
            }
        }
    }
}

/// What is wrong with a webhook that leads to us, the worst first.
pub(super) fn of(webhook: &Webhook, owner: Option<&Person>) -> Vec<Problem> {
    let is_admin = owner.is_some_and(|owner| owner.kind == PersonKind::DocSpaceAdmin);
    let name = owner.map(|owner| escape_control(&owner.name).into_owned());
    let is_disabled = owner.is_some_and(|owner| owner.status == PersonStatus::Terminated);
    let failed = webhook
        .last_failure
        .filter(|failure| stands(webhook, *failure));
    let reason = webhook.last_failure_reason.as_deref().unwrap_or_default();
    let is_refused = reason.contains(" 401 ");
    [
        (!webhook.enabled).then_some(Problem::SwitchedOff),
        (!webhook.hears_of_rooms()).then_some(Problem::OtherEvents),
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
            reason: escape_control(reason).into_owned(),
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether nothing was delivered since, and nobody has changed the webhook since. The failure itself is written to the
/// webhook too, at about that time.
fn stands(webhook: &Webhook, failure: Timestamp) -> bool {
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
    fn one_that_is_in_order_has_no_problem_and_each_thing_that_is_wrong_is_one() {
        assert_eq!(of(&webhook(), Some(&admin())), []);
        let http = "http://hooks.example.com/docspace/webhook".to_owned();
        for (webhook, expected) in [
            (
                Webhook {
                    enabled: false,
                    ..webhook()
                },
                Problem::SwitchedOff,
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
    fn the_owner_must_see_every_room_and_a_disabled_one_does_so_today() {
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
