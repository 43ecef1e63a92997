//! Links of rooms: `PUT` and `GET files/rooms/{id}/links`, `GET files/rooms/{id}/link` (rooms-api.md G).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::simulator::api::share_listing::{
    EXTERNAL_LINK, INVITATION_LINK, LINK, PRIMARY_EXTERNAL_LINK,
};
use crate::simulator::api::wanted::{Event, Wanted};
use crate::simulator::rights::access;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::links::{Link, LinkOptions, SubjectType};
use crate::simulator::state::rooms::RoomType;
use crate::simulator::state::world::World;
use crate::simulator::wire::body::{Body, Faults};
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

const LINK_TYPES: [(&str, i64); 2] = [("Invitation", 0), ("External", 1)];
const MAX_TEXT: usize = 255;
const INVITATION_TITLE: &str = "Invitation link";
const EXTERNAL_TITLE: &str = "Shared link";
const FORM_TITLE: &str = "Link to fill out";
/// Links live ten years at most.
const MAX_LIFE_IN_YEARS: i64 = 10;

struct Request {
    id: Option<String>,
    access: i32,
    kind: i32,
    options: LinkOptions,
}

impl Request {
    fn read(call: &Call) -> Result<Self, Refusal> {
        let body = call.bound("RoomLink")?;
        let mut faults = Faults::default();
        let id = body.guid("linkId")?;
        let access = access::from_json(body.value("access"))
            .ok_or_else(|| body.wrong_type("access", "FileShare"))?;
        let expires = expiry(&body)?;
        let is_internal = body.plain_flag("internal")?;
        let title = body.text("title")?;
        faults.length(&body, "Title", title.as_ref(), MAX_TEXT);
        let kind = body.plain_enum("linkType", "LinkType")?;
        let password = body.text("password")?;
        faults.length(&body, "Password", password.as_ref(), MAX_TEXT);
        let denies_download = body.plain_flag("denyDownload")?;
        let max_uses = body.int("maxUseCount")?.map(i64::from);
        if let Some(max) = max_uses {
            faults.range(&body, "MaxUseCount", max, 1, 1000);
        }
        body.plain_int("currentUseCount")?;
        faults.into_result()?;
        let password = password.map(|password| password.trim().to_owned());
        Ok(Self {
            id: id.filter(|id| id.bytes().any(|byte| !matches!(byte, b'0' | b'-'))),
            access,
            kind,
            options: LinkOptions {
                title: title.unwrap_or_default(),
                expires,
                password: password.filter(|password| !password.is_empty()),
                denies_download,
                is_internal,
                max_uses,
            },
        })
    }
}

/// The expiry time; an unreadable one is ignored.
fn expiry(body: &Body) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = body.text("expirationDate")? else {
        return Ok(None);
    };
    let without_zone = || {
        let time: DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(time).ok()
    };
    Ok(text.parse().ok().or_else(without_zone))
}

/// `PUT files/rooms/{id}/links`: creates, changes and, with access 0, deletes a link.
pub(crate) fn write(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let request = Request::read(call)?;
    let id = call.entry_id();
    let kind = match request.kind {
        0 => SubjectType::InvitationLink,
        1 => SubjectType::ExternalLink,
        _ => return Err(Refusal::Rule(Phrase::LinkType)),
    };
    world.existing(&id)?;
    let mut options = request.options;
    let now = world.now();
    let is_past = options.expires.is_some_and(|at| at < now);
    let latest = years_later(now);
    let is_too_late = options.expires.is_some_and(|at| at > latest);
    let is_invitation = kind == SubjectType::InvitationLink;
    if is_too_late || (is_invitation && is_past) {
        return Err(Refusal::Argument(Phrase::Expiry));
    }
    if is_invitation {
        options = LinkOptions {
            expires: options.expires,
            max_uses: options.max_uses,
            title: options.title,
            ..LinkOptions::default()
        };
    } else {
        options.expires = options.expires.filter(|_| !is_past);
        options.max_uses = None;
    }
    if options.title.is_empty() {
        let title = if is_invitation {
            INVITATION_TITLE
        } else {
            EXTERNAL_TITLE
        };
        title.clone_into(&mut options.title);
    }
    let requested = request.id.clone();
    let link = world.set_link(&who, &id, kind, request.id, request.access, options)?;
    let shown = link.and_then(|link| world.link_shown(&who, &id, &link, requested.as_deref()));
    Ok(Answer {
        response: shown,
        ..Answer::default()
    })
}

fn years_later(now: Timestamp) -> Timestamp {
    let later = now
        .to_zoned_datetime(TimeZone::UTC)
        .checked_add(jiff::Span::new().years(MAX_LIFE_IN_YEARS));
    later.map_or(now, |later| later.timestamp())
}

/// `GET files/rooms/{id}/links`: the first hundred.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?, call.entry_id());
    let filter = match call.query_enum("type", &LINK_TYPES)? {
        Some(0) => INVITATION_LINK,
        Some(_) => EXTERNAL_LINK,
        None => LINK,
    };
    world.existing(&id)?;
    let shown: Vec<Value> = if world.may_list(who, &id, filter) {
        let all = world.share_items(who, &id, filter, "");
        all.into_iter().take(100).collect()
    } else {
        Vec::new()
    };
    Ok(Answer::of(shown.into()))
}

/// `GET files/rooms/{id}/link`: the primary link, which is created if it is missing.
pub(crate) fn primary(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    world.existing(&id)?;
    let is_seen = world.may_list(&who, &id, PRIMARY_EXTERNAL_LINK);
    let known = world
        .links_of(&id)
        .iter()
        .find(|link| link.kind == SubjectType::PrimaryExternalLink);
    let link = match known.filter(|_| is_seen) {
        Some(link) => Some(link.id.clone()),
        None => {
            if !world.may_set_access(&who, &id) {
                return Err(Refusal::Right);
            }
            let options = LinkOptions {
                title: EXTERNAL_TITLE.to_owned(),
                ..LinkOptions::default()
            };
            let kind = SubjectType::PrimaryExternalLink;
            world.set_link(&who, &id, kind, None, access::READ, options)?
        }
    };
    let shown = link.and_then(|link| world.link_shown(&who, &id, &link, None));
    Ok(Answer {
        response: shown,
        ..Answer::default()
    })
}

impl World {
    /// Writes a link and returns the id of the link that exists afterwards: a new one where a primary link had to be
    /// replaced.
    fn set_link(
        &mut self,
        who: &str,
        entry: &EntryId,
        kind: SubjectType,
        id: Option<String>,
        code: i32,
        options: LinkOptions,
    ) -> Result<Option<String>, Refusal> {
        let id = id.unwrap_or_else(|| self.new_guid());
        let wanted = Wanted {
            id: id.clone(),
            email: None,
            access: code,
            kind,
            options: Some(options),
        };
        let done = self.set_aces(who, entry, vec![wanted], false, self.made)?;
        match done.processed.first() {
            // The server looks for the processed link, although nothing was processed.
            None if kind == SubjectType::InvitationLink => Err(Refusal::Unforeseen(
                "Object reference not set to an instance of an object.",
            )),
            Some(item)
                if item.event == Event::Remove && item.kind == SubjectType::PrimaryExternalLink =>
            {
                Ok(self.give_primary_link(entry).or(Some(id)))
            }
            _ => Ok(Some(id)),
        }
    }

    /// Creates the primary link that public and form filling rooms, and the folders in them, always have; returns its
    /// id.
    pub(crate) fn give_primary_link(&mut self, entry: &EntryId) -> Option<String> {
        let (title, code) = match self.kind_of_room_around(entry)? {
            RoomType::Public => (EXTERNAL_TITLE, access::READ),
            RoomType::FillingForms => (FORM_TITLE, access::FILL_FORMS),
            RoomType::Editing | RoomType::Custom | RoomType::VirtualData | RoomType::Ai => {
                return None;
            }
        };
        let id = self.new_guid();
        let options = LinkOptions {
            title: title.to_owned(),
            ..LinkOptions::default()
        };
        let link = Link {
            id: id.clone(),
            kind: SubjectType::PrimaryExternalLink,
            access: code,
            options,
        };
        self.put_link(entry, link);
        Some(id)
    }

    /// The link, or the grant with this id; without its token if another id was requested.
    fn link_shown(
        &self,
        who: &str,
        entry: &EntryId,
        id: &str,
        requested: Option<&str>,
    ) -> Option<Value> {
        if !self.may_read(Some(who), entry) {
            return None;
        }
        let editing = self.editing(who, entry);
        let Some(link) = self.link(entry, id) else {
            let grant = self.aces.get(entry)?.iter().find(|ace| ace.subject == id)?;
            return Some(self.grant_item(who, entry, grant, editing));
        };
        let mut shown = self.link_item(entry, link, editing);
        if requested.is_some_and(|requested| requested != id) {
            for name in ["sharedLink", "sharedTo"] {
                if let Some(link) = shown.get_mut(name).and_then(Value::as_object_mut) {
                    link.remove("requestToken");
                }
            }
        }
        Some(shown)
    }
}
