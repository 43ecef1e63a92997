//! The look of a room: its cover, colour and logo (rooms-api.md H.3). Pictures are kept by name only.

use serde_json::json;

use crate::simulator::api::requested::{RequestedLogo, RequestedSettings};
use crate::simulator::api::settings;
use crate::simulator::dto::folder::cover;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::world::World;
use crate::simulator::wire::body::Faults;
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

/// The names of the pictures that the portal has.
const COVERS: [&str; 56] = [
    "anchor",
    "archive",
    "bell",
    "book_open",
    "bookmark",
    "calendar",
    "camera",
    "cart",
    "check mark",
    "clipboard",
    "cloud",
    "comment_1",
    "comment_2",
    "dollar",
    "face_1",
    "face_2",
    "face_3",
    "feather",
    "file_1",
    "file_2",
    "file_3",
    "file_empty",
    "film",
    "flag",
    "folder",
    "gift",
    "hash",
    "headphones",
    "heart",
    "house",
    "human",
    "img",
    "label",
    "layers",
    "life_buoy",
    "lock_security",
    "loupe",
    "mail",
    "map",
    "medal",
    "package",
    "pen",
    "percent",
    "planet",
    "schedule",
    "share",
    "shield",
    "sliders",
    "star",
    "suitcase",
    "telephone",
    "truck",
    "umbrella",
    "video_camera",
    "watch",
    "zap",
];

/// `GET files/rooms/covers`.
pub(crate) fn covers(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    if world
        .person(who)
        .is_none_or(|person| person.kind == EmployeeType::Guest)
    {
        return Err(Refusal::Right);
    }
    Ok(Answer::streamed(COVERS.map(cover).into()))
}

/// `POST files/rooms/{id}/cover`: the only endpoint that checks the colour.
pub(crate) fn change_cover(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let body = call.bound("Cover")?;
    let (color, cover) = (body.text("color")?, body.text("cover")?);
    let mut faults = Faults::default();
    let is_color = |color: &String| {
        matches!(color.len(), 0 | 3 | 6) && color.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if color.as_ref().is_some_and(|color| !is_color(color)) {
        let message = "Color must be a valid hex color (e.g., FF0000 or FFF)";
        faults.add(&body, "Color", message);
    }
    faults.into_result()?;
    room_to_change(world, &who, &id)?;
    let requested = RequestedSettings {
        color,
        cover,
        ..RequestedSettings::default()
    };
    if settings::change(world, &who, &id, "", &requested)? {
        world.publish_update(&id, &who);
    }
    settings::shown(world, &who, &id)
}

/// `POST files/rooms/{id}/logo`.
pub(crate) fn create_logo(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let body = call.bound("Logo")?;
    let mut faults = Faults::default();
    let logo = RequestedLogo::of(&body, &mut faults)?;
    faults.into_result()?;
    room_to_change(world, &who, &id)?;
    world.take_logo(&who, &id, &logo.file.unwrap_or_default())?;
    world.publish_update(&id, &who);
    settings::shown(world, &who, &id)
}

/// `DELETE files/rooms/{id}/logo`: for a room without a logo nothing is checked.
pub(crate) fn delete_logo(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let (_, room) = world
        .room(&id)
        .ok_or(Refusal::NotFound(Phrase::FolderMissing))?;
    if room.has_logo {
        settings::editable(world, &who, &id)?;
        world.set_logo(&who, &id, false);
        world.publish_update(&id, &who);
    }
    settings::shown(world, &who, &id)
}

/// `POST files/logos`: a form with a picture. The name in the response identifies it for a logo.
pub(crate) fn upload(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    if !world
        .person(&who)
        .is_some_and(|person| person.kind.may_own_rooms())
    {
        return Err(Refusal::Right);
    }
    if !call.body.windows(9).any(|part| part == b"filename=") {
        return Ok(Answer::of(json!({ "success": false })));
    }
    let name = format!("{}_{who}.png", world.new_guid());
    world.uploads.insert(name.clone());
    let data = format!("/storage/room_logos/root/logos_temp/{name}");
    Ok(Answer::of(json!({ "success": true, "data": data })))
}

fn room_to_change(world: &World, who: &str, id: &EntryId) -> Result<(), Refusal> {
    if world.room(id).is_none() {
        return Err(Refusal::NotFound(Phrase::FolderMissing));
    }
    settings::editable(world, who, id)
}

impl RequestedSettings {
    pub(crate) fn check_cover(&self) -> Result<(), Refusal> {
        match self.cover.as_deref() {
            Some(cover) if !cover.is_empty() && !COVERS.contains(&cover) => {
                Err(Refusal::Argument(Phrase::CoverUnknown))
            }
            _ => Ok(()),
        }
    }
}

impl World {
    /// Checks that this person uploaded the picture: its name contains the person's id.
    pub(crate) fn uploaded(&self, who: &str, file: &str) -> Result<(), Refusal> {
        let name = file.rsplit('/').next().unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        if stem.split('_').nth(1) != Some(who) {
            return Err(Refusal::Right);
        }
        if self.uploads.contains(name) {
            return Ok(());
        }
        let message = "Unable to find the specified file.";
        Err(Refusal::Thrown(Exception::FileNotFound, message))
    }

    /// Makes the uploaded picture the room's logo.
    pub(crate) fn take_logo(&mut self, who: &str, id: &EntryId, file: &str) -> Result<(), Refusal> {
        self.uploaded(who, file)?;
        let name = file.rsplit('/').next().unwrap_or_default();
        self.uploads.remove(name);
        self.set_logo(who, id, true);
        Ok(())
    }

    fn set_logo(&mut self, who: &str, id: &EntryId, is_there: bool) {
        if let Some(room) = self.room_mut(id) {
            room.has_logo = is_there;
        }
        self.touch(id, who);
    }

    /// A colour for a room without a given one.
    pub(crate) fn drawn_color(&mut self) -> String {
        const COLORS: [&str; 10] = [
            "FF6680", "FF8F40", "F2D230", "61C059", "70E080", "1FCECB", "5CC3F7", "6191F2",
            "7757D9", "FF7FD4",
        ];
        let at = self.drawn % COLORS.len();
        self.drawn += 1;
        COLORS.get(at).copied().unwrap_or_default().to_owned()
    }
}
