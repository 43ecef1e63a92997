//! Validation of a seed: what is wrong, where, and what to write instead.

use super::populate::{PORTAL_OWNER, culture, minutes};
use super::words;
use crate::simulator::state::seed::{Seed, SeedAccount, SeedPortal, SeedProblem, SeedRoom};

impl Seed {
    /// All problems of the seed.
    pub fn check(&self) -> Vec<SeedProblem> {
        let mut problems = Vec::new();
        self.portal.check(&mut problems);
        for (name, account) in &self.accounts {
            account.check(name, self, &mut problems);
        }
        self.check_owners(&mut problems);
        self.check_groups(&mut problems);
        for (name, key) in &self.keys {
            if key.of.is_empty() {
                problems.push(problem(&["keys", name], "`of` is missing: name an account"));
            } else {
                self.expect_account(&key.of, &["keys", name, "of"], &mut problems);
            }
        }
        for (name, room) in &self.rooms {
            room.check(name, self, &mut problems);
        }
        problems
    }

    fn check_owners(&self, problems: &mut Vec<SeedProblem>) {
        let owners = self
            .accounts
            .iter()
            .filter(|(_, account)| account.kind == PORTAL_OWNER);
        for (name, _) in owners.skip(1) {
            problems.push(problem(
                &["accounts", name, "type"],
                "a portal has one owner",
            ));
        }
    }

    fn check_groups(&self, problems: &mut Vec<SeedProblem>) {
        for (name, group) in &self.groups {
            if self.accounts.contains_key(name) {
                problems.push(problem(
                    &["groups", name],
                    &format!(
                        "an account is also called `{name}`; give the group another key, and write `name: {name}` in it"
                    ),
                ));
            }
            for (at, member) in group.members.iter().enumerate() {
                let at = ["groups", name, "members", &at.to_string()];
                self.expect_account(member, &at, problems);
            }
            if let Some(manager) = &group.manager {
                self.expect_account(manager, &["groups", name, "manager"], problems);
            }
        }
    }

    fn expect_account(&self, name: &str, at: &[&str], problems: &mut Vec<SeedProblem>) {
        if !self.accounts.contains_key(name) {
            let known = list(self.accounts.keys());
            let message = format!("there is no account `{name}`; the accounts are {known}");
            problems.push(problem(at, &message));
        }
    }

    fn expect_subject(&self, name: &str, at: &[&str], problems: &mut Vec<SeedProblem>) {
        if !self.accounts.contains_key(name) && !self.groups.contains_key(name) {
            let known = list(self.accounts.keys().chain(self.groups.keys()));
            let message = format!(
                "there is no account or group `{name}`; the accounts and groups are {known}"
            );
            problems.push(problem(at, &message));
        }
    }
}

impl SeedPortal {
    fn check(&self, problems: &mut Vec<SeedProblem>) {
        if let Some(zone) = self
            .time_zone
            .as_deref()
            .filter(|zone| minutes(zone).is_none())
        {
            let message =
                format!("`{zone}` is not a time zone; write `UTC` or an offset such as `+02:00`");
            problems.push(problem(&["portal", "time zone"], &message));
        }
        if let Some(language) = self
            .language
            .as_deref()
            .filter(|language| culture(language).is_none())
        {
            let message =
                format!("the portal has no messages in `{language}`; write `en-US` or `de-DE`");
            problems.push(problem(&["portal", "language"], &message));
        }
    }
}

impl SeedAccount {
    fn check(&self, name: &str, seed: &Seed, problems: &mut Vec<SeedProblem>) {
        const KINDS: &str = "write `portal owner`, `DocSpaceAdmin`, `RoomAdmin`, `User` or `Guest`";
        let at = |member| ["accounts", name, member];
        if self.kind.is_empty() {
            let message = format!("`type` is missing: {KINDS}");
            problems.push(problem(&["accounts", name], &message));
        } else if self.kind != PORTAL_OWNER && words::employee_type(&self.kind).is_none() {
            let message = format!("`{}` is not an account type; {KINDS}", self.kind);
            problems.push(problem(&at("type"), &message));
        }
        if let Some(status) = self
            .status
            .as_deref()
            .filter(|status| words::status(status).is_none())
        {
            let message =
                format!("`{status}` is not a status; write `active`, `pending` or `terminated`");
            problems.push(problem(&at("status"), &message));
        }
        if self
            .activation_status
            .is_some_and(|status| !(0..=2).contains(&status))
        {
            let message = "write 0 (not activated), 1 (activated) or 2 (pending)";
            problems.push(problem(&at("activationStatus"), message));
        }
        if let Some(maker) = &self.created_by {
            seed.expect_account(maker, &at("createdBy"), problems);
        }
        if self
            .display_name
            .as_ref()
            .is_some_and(|shown| *shown != self.full_name(name))
        {
            let message = "a display name is made of the first and the last name; change those";
            problems.push(problem(&at("displayName"), message));
        }
    }
}

impl SeedRoom {
    fn check(&self, name: &str, seed: &Seed, problems: &mut Vec<SeedProblem>) {
        const KINDS: &str = "write `custom`, `collaboration`, `public`, `form-filling` or `vdr`";
        const ACCESS: &str = "write `room-manager`, `content-creator`, `editor`, `form-filler`, `reviewer`, `commenter` or `viewer`";
        if self.owner.is_empty() {
            let message = "`owner` is missing: name an account";
            problems.push(problem(&["rooms", name], message));
        } else {
            seed.expect_account(&self.owner, &["rooms", name, "owner"], problems);
        }
        let kind = &self.kind.0;
        if kind.is_empty() {
            let message = format!("`type` is missing: {KINDS}");
            problems.push(problem(&["rooms", name], &message));
        } else if words::room_type(kind).is_none() {
            let message = format!("`{kind}` is not a room type; {KINDS}");
            problems.push(problem(&["rooms", name, "type"], &message));
        }
        for (member, access) in &self.members {
            let at = ["rooms", name, "members", member.as_str()];
            seed.expect_subject(member, &at, problems);
            if words::access(&access.0).is_none() {
                let message = format!("`{}` is not an access right; {ACCESS}", access.0);
                problems.push(problem(&at, &message));
            }
        }
    }
}

fn list<'name>(names: impl Iterator<Item = &'name String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn problem(at: &[&str], message: &str) -> SeedProblem {
    let escaped = at
        .iter()
        .map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")));
    SeedProblem {
        pointer: escaped.collect(),
        message: message.to_owned(),
    }
}
