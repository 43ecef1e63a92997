//! Writing grants and links one after the other: the common part of the share and the link endpoints (rooms-api.md E.3
//! steps 7 and 8, E.4, E.7, G).

use std::collections::BTreeMap;

use crate::simulator::api::link_rules;
use crate::simulator::api::wanted::{Event, NULL_REFERENCE, Place, Wanted};
use crate::simulator::rights::access;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::links::{Link, LinkOptions, SubjectType};
use crate::simulator::state::notices::{Notice, NoticeKind};
use crate::simulator::state::people::{EmployeeType, Person};
use crate::simulator::state::rooms::FolderType;
use crate::simulator::state::world::{Made, World};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// A subject whose access was written.
#[derive(Debug)]
pub(crate) struct Processed {
    pub(crate) kind: SubjectType,
    pub(crate) event: Event,
    has_past: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) processed: Vec<Processed>,
    pub(crate) warning: Option<String>,
}

/// The access of a subject, from a grant or a link.
#[derive(Debug, Clone)]
struct Record {
    kind: SubjectType,
    access: i32,
    options: Option<LinkOptions>,
}

/// One call: the caller, the entry, and the state before the call.
struct Sharing<'call> {
    who: &'call str,
    place: Place,
    before: BTreeMap<String, Record>,
    notify: bool,
    since: Made,
}

impl Place {
    /// Whether this access exists for the entry at all.
    fn check_role(&self, who: &str, kind: SubjectType, code: i32) -> Result<(), Refusal> {
        let is_viewer = matches!(code, access::READ | access::NONE);
        let possible = match self.kind {
            Some(_) if self.is_room && self.is_template => is_viewer && !kind.is_link(),
            Some(room) if self.is_room => access::exists_in_room(room, kind, code),
            Some(room) => access::exists_in_folder(room, kind, code, self.creator == who),
            None => false,
        };
        possible
            .then_some(())
            .ok_or(Refusal::Rule(Phrase::RoleImpossible))
    }
}

impl World {
    /// Processes the subjects of a call that arrived at `since`. The first impossible one ends the call; earlier ones
    /// stay written.
    pub(crate) fn set_aces(
        &mut self,
        who: &str,
        entry: &EntryId,
        wanted: Vec<Wanted>,
        notify: bool,
        since: Made,
    ) -> Result<Done, Refusal> {
        let leaves = |item: &Wanted| item.id == who && item.access == access::NONE;
        if !wanted.iter().all(leaves) && !self.may_set_access(who, entry) {
            return Err(Refusal::Right);
        }
        let Some(place) = self.place(entry) else {
            return Ok(Done::default());
        };
        let before = wanted
            .iter()
            .filter_map(|item| Some((item.id.clone(), self.record(entry, &item.id)?)))
            .collect();
        let sharing = Sharing {
            who,
            place,
            before,
            notify,
            since,
        };
        let mut done = Done::default();
        for item in wanted {
            self.set_ace(&sharing, item, &mut done)?;
        }
        // The audit needs a person's earlier access, which does not exist when an address led to a new account.
        let lacks_past = |item: &Processed| {
            item.event == Event::Update && !item.has_past && !item.kind.is_link()
        };
        if done.processed.iter().any(lacks_past) {
            return Err(NULL_REFERENCE);
        }
        Ok(done)
    }

    fn place(&self, id: &EntryId) -> Option<Place> {
        let entry = self.entries.get(id)?;
        Some(Place {
            id: id.clone(),
            creator: entry.created_by.clone(),
            is_room: entry.room.is_some(),
            kind: self.kind_of_room_around(id),
            is_template: self.is_below(id, FolderType::RoomTemplates),
        })
    }

    fn record(&self, entry: &EntryId, subject: &str) -> Option<Record> {
        let aces = self.aces.get(entry).map(Vec::as_slice).unwrap_or_default();
        let grant = aces
            .iter()
            .find(|ace| ace.subject == subject)
            .map(|ace| Record {
                kind: if ace.is_group {
                    SubjectType::Group
                } else {
                    SubjectType::User
                },
                access: ace.access,
                options: None,
            });
        grant.or_else(|| {
            self.link(entry, subject).map(|link| Record {
                kind: link.kind,
                access: link.access,
                options: Some(link.options.clone()),
            })
        })
    }

    fn set_ace(
        &mut self,
        sharing: &Sharing<'_>,
        mut item: Wanted,
        done: &mut Done,
    ) -> Result<(), Refusal> {
        let place = &sharing.place;
        let mut past = sharing.before.get(&item.id).cloned();
        let Some(kind) = self.kind_of(&item, past.as_ref()) else {
            return Ok(());
        };
        item.kind = kind;
        place.check_role(sharing.who, kind, item.access)?;
        let editing = self.editing(sharing.who, &place.id);
        let is_skipped =
            |past: &Record| link_rules::is_skipped(place, editing, past.options.as_ref(), &item);
        if past.as_ref().is_some_and(is_skipped) {
            return Ok(());
        }
        link_rules::prescribe(place, &mut item)?;
        let mut event = match &past {
            None => Event::Create,
            Some(_) if item.access == access::NONE => Event::Remove,
            Some(_) => Event::Update,
        };
        let policy = self.options.password_policy;
        link_rules::check_password(policy, &item, event)?;
        let mut mails = false;
        let is_group = past
            .as_ref()
            .is_some_and(|past| past.kind == SubjectType::Group);
        if place.is_room && !kind.is_link() && !is_group {
            self.check_person(place, &item)?;
            match self.resolve(sharing, &mut item, &mut past, &mut event) {
                Ok(is_mailed) => mails = is_mailed,
                Err(warning) => {
                    done.warning.get_or_insert(warning);
                    return Ok(());
                }
            }
        }
        if !kind.is_link() && item.access != access::NONE {
            self.contend_for_grant(sharing.since, &place.id, &item.id)?;
        }
        let is_equal = past.as_ref().is_some_and(|past| past.access == item.access);
        if !kind.is_link() && event == Event::Update && is_equal {
            return Ok(());
        }
        let max = link_rules::max_links(place, kind);
        if kind.is_link() && event == Event::Create && self.number_of_links(place, kind) >= max {
            return Err(Refusal::Rule(Phrase::TooManyLinks(max)));
        }
        if !kind.is_link() && past.is_none() && item.access != access::NONE {
            self.count_first_grant(&place.id, &item.id);
        }
        self.write_ace(&place.id, &item)?;
        self.notify_subject(sharing, &item, event, mails);
        done.processed.push(Processed {
            kind,
            event,
            has_past: past.is_some(),
        });
        Ok(())
    }

    /// The type of the subject; `None` if the server skips it: people who are gone, unless their access is removed, and
    /// deleted groups.
    fn kind_of(&self, item: &Wanted, past: Option<&Record>) -> Option<SubjectType> {
        let is_taken_away = item.access == access::NONE && past.is_some();
        if self.people.get(&item.id).is_some_and(Person::is_gone) && !is_taken_away {
            return None;
        }
        if let Some(past) = past {
            return Some(past.kind);
        }
        match self.groups.get(&item.id) {
            Some(group) if item.kind == SubjectType::User => {
                (!group.is_removed).then_some(SubjectType::Group)
            }
            _ => Some(item.kind),
        }
    }

    /// Checks that the role exists for the type of account. An unknown subject, also one given by an address, counts as
    /// a guest.
    fn check_person(&self, place: &Place, item: &Wanted) -> Result<(), Refusal> {
        let kind = self
            .people
            .get(&item.id)
            .map_or(EmployeeType::Guest, |person| person.kind);
        let is_checked = !place.is_template && !place.id.is_third_party();
        let possible = place
            .kind
            .is_none_or(|room| access::exists_for_type(kind, room, item.access));
        if is_checked && !possible {
            return Err(Refusal::Rule(Phrase::RoleImpossible));
        }
        Ok(())
    }

    /// Looks up the account and the grant that belong to an address; returns whether a mail goes out. For a new account
    /// the record found under the original id is kept, so the server still treats the call as an update.
    fn resolve(
        &mut self,
        sharing: &Sharing<'_>,
        item: &mut Wanted,
        past: &mut Option<Record>,
        event: &mut Event,
    ) -> Result<bool, String> {
        let email = item.email.clone();
        let Some(email) = email.filter(|_| item.access != access::NONE) else {
            return Ok(false);
        };
        let invited = self.invite(sharing.who, &email)?;
        if !invited.is_new {
            *past = self.record(&sharing.place.id, &invited.id);
        }
        if past.is_some() {
            *event = Event::Update;
        }
        item.id = invited.id;
        item.kind = SubjectType::User;
        Ok(invited.is_mailed)
    }

    fn number_of_links(&self, place: &Place, kind: SubjectType) -> usize {
        let links = self.links_of(&place.id).iter();
        links.filter(|link| link.kind == kind).count()
    }

    /// Writes one record. Removing access also removes it from everything below the entry.
    fn write_ace(&mut self, entry: &EntryId, item: &Wanted) -> Result<(), Refusal> {
        if item.kind.is_link() {
            return self.write_link(entry, item);
        }
        if item.access != access::NONE {
            let is_group = item.kind == SubjectType::Group;
            self.set_access(entry, &item.id, is_group, item.access);
            return Ok(());
        }
        let below = self.descendants(entry).into_iter();
        let all: Vec<EntryId> = below
            .map(|below| below.id.clone())
            .chain([entry.clone()])
            .collect();
        for id in all {
            if let Some(aces) = self.aces.get_mut(&id) {
                aces.retain(|ace| ace.subject != item.id);
            }
        }
        Ok(())
    }

    /// A link that is named among people keeps its options and takes the role; then the server fails with a null
    /// reference.
    fn write_link(&mut self, entry: &EntryId, item: &Wanted) -> Result<(), Refusal> {
        let kept = self.link(entry, &item.id).map(|link| link.options.clone());
        let is_named = item.options.is_none();
        if item.access != access::NONE {
            let link = Link {
                id: item.id.clone(),
                kind: item.kind,
                access: item.access,
                options: item.options.clone().or(kept).unwrap_or_default(),
            };
            self.put_link(entry, link);
        } else if !is_named {
            self.remove_link(entry, &item.id);
        }
        if is_named {
            Err(NULL_REFERENCE)
        } else {
            Ok(())
        }
    }

    /// Records mails: to a person invited by address whose account is not active yet, otherwise to a new subject if
    /// notices are requested.
    fn notify_subject(&mut self, sharing: &Sharing<'_>, item: &Wanted, event: Event, mails: bool) {
        let is_new = sharing.notify && sharing.place.is_room && event == Event::Create;
        let kind = if mails && item.access != access::NONE {
            NoticeKind::InvitationMail
        } else if is_new && !item.kind.is_link() {
            NoticeKind::Invited
        } else {
            return;
        };
        self.notices.push(Notice {
            person: item.id.clone(),
            kind,
            entry: sharing.place.id.clone(),
        });
    }
}
