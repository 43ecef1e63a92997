//! People in a template besides its grants: guests, the owner, and protected subjects.

use super::Reading;
use super::names::no_account;
use crate::policy::file::{self, OnMissing, OneOrMany};
use crate::policy::text::Text;
use crate::policy::{Domains, Entry, Grant, GuestLimits, SubjectRef};
use crate::room::{Access, RoomType, is_account, is_guid};
use crate::yaml::{Problem, Span, Spanned};

impl Reading<'_> {
    /// The desired owner.
    pub(super) fn owner(
        &self,
        template: &str,
        written: &Spanned<String>,
        problems: &mut Vec<Problem>,
    ) -> Option<Entry<Text>> {
        let text = self.text(written, problems)?;
        if text.literal().is_some_and(|name| !is_account(name)) {
            problems.push(no_account(written));
        }
        Some(self.entry(template, written.span, text))
    }

    /// The subjects that `membership: exact` leaves unchanged.
    pub(super) fn protected(
        &self,
        template: &str,
        written: &[Spanned<file::Protected>],
        problems: &mut Vec<Problem>,
    ) -> Vec<Entry<SubjectRef>> {
        let mut entries = Vec::new();
        for one in written {
            let file::Protected { group, user } = &one.value;
            let subjects = match (group, user) {
                (Some(group), None) => self.subjects(group, SubjectRef::Group, problems),
                (None, Some(user)) => self.subjects(user, SubjectRef::User, problems),
                (Some(_), Some(_)) | (None, None) => {
                    problems.push(
                        Problem::error(
                            one.span,
                            "no-subject",
                            "an entry of `protect` names either a `group` or a `user`",
                        )
                        .with_help("write `- group: NAME` or `- user: E-MAIL`"),
                    );
                    Vec::new()
                }
            };
            let subjects = subjects.into_iter();
            entries.extend(subjects.map(|(to, span)| self.entry(template, span, to)));
        }
        entries
    }

    /// The invitations of a template, and their limits.
    pub(super) fn guests(
        &self,
        template: &str,
        written: &file::Guests,
        problems: &mut Vec<Problem>,
    ) -> (Vec<(Span, Entry<Grant>)>, GuestLimits) {
        // No `..`, so that a new key cannot be forgotten here.
        let file::Guests {
            invite,
            allowed_domains,
            highest,
        } = written;
        let mut limits = GuestLimits::default();
        if let Some(domains) = allowed_domains {
            let span = domains.span().unwrap_or_default();
            limits.domains = Some(self.entry(template, span, domain_list(domains, problems)));
        }
        if let Some(role) = highest {
            let meaning = self.meaning(template, role, problems);
            limits.highest = meaning.map(|(meaning, _)| self.entry(template, role.span, meaning));
        }
        let mut invitations = Vec::new();
        for one in invite {
            let file::Invitation { email, role } = &one.value;
            let Some((meaning, takes_back)) = self.meaning(template, role, problems) else {
                continue;
            };
            let kinds = RoomType::ALL.into_iter();
            let mut accesses = kinds.filter_map(|kind| meaning.in_room(kind)).peekable();
            if accesses.peek().is_none() {
                let message = format!(
                    "an invitation needs a role, and `{}` gives none",
                    role.value
                );
                problems.push(
                    Problem::error(role.span, "guest-without-role", message)
                        .with_help("write a role such as `viewer`, or remove the invitation"),
                );
                continue;
            }
            if accesses.any(|access| access == Access::RoomManager) {
                problems.push(
                    Problem::error(role.span, "guest-manager", "nobody can be invited as Room manager")
                        .with_help("DocSpace gives that role only to accounts that exist: use `grants` with `user`"),
                );
            }
            let is_list = matches!(email, OneOrMany::Many(_));
            for (to, span) in self.subjects(email, SubjectRef::User, problems) {
                if to.text().literal().is_some_and(is_guid) {
                    problems.push(
                        Problem::error(
                            span,
                            "no-address",
                            "an invitation goes to an e-mail address",
                        )
                        .with_help("for an account that exists use `grants` with `user`"),
                    );
                }
                let value = Grant {
                    to,
                    role: role.value.clone(),
                    meaning,
                    takes_back,
                    on_missing: OnMissing::Fail,
                    invites: true,
                };
                let place = if is_list { span } else { one.span };
                invitations.push((span, self.entry(template, place, value)));
            }
        }
        (invitations, limits)
    }
}

fn domain_list(written: &OneOrMany, problems: &mut Vec<Problem>) -> Domains {
    if written.as_slice().is_empty() {
        problems.push(
            Problem::error(
                written.span().unwrap_or_default(),
                "empty-list",
                "the list is empty: nobody could be invited",
            )
            .with_help("remove the key, or write a domain"),
        );
    }
    for domain in written.as_slice() {
        let name = domain.value.trim();
        let is_domain = name.contains('.')
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
        if !is_domain {
            let message = format!("`{}` is not a domain", domain.value);
            problems.push(
                Problem::error(domain.span, "bad-domain", message)
                    .with_help("write the part after the `@`, such as `partner.example`"),
            );
        }
    }
    let domains = written.as_slice().iter();
    let domains = domains.map(|domain| domain.value.trim().to_lowercase());
    Domains(domains.collect())
}
