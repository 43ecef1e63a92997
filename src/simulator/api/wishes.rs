//! The members that making a room, changing it, and templates share (rooms-api.md H.1): read and checked.

use serde_json::{Number, Value, json};

use crate::simulator::state::rooms::Lifetime;
use crate::simulator::state::world::World;
use crate::simulator::wire::body::{Body, Faults};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

/// In UTF-16 units.
pub(crate) const MAX_TITLE: usize = 170;

/// What a body asks of a room; absent members are no wish.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    pub(crate) quota: Option<i64>,
    pub(crate) indexing: Option<bool>,
    pub(crate) deny_download: Option<bool>,
    pub(crate) lifetime: Option<LifetimeWish>,
    pub(crate) watermark: Option<WatermarkWish>,
    pub(crate) logo: Option<LogoWish>,
    pub(crate) tags: Option<Vec<Option<String>>>,
    pub(crate) color: Option<String>,
    pub(crate) cover: Option<String>,
    pub(crate) chat: Option<ChatWish>,
    pub(crate) sends_forms: Option<bool>,
    pub(crate) saves_forms: Option<bool>,
}

#[derive(Debug, Clone)]
pub(crate) struct LifetimeWish {
    deletes_permanently: bool,
    period: i32,
    value: Option<i32>,
    enabled: Option<bool>,
}

#[derive(Debug, Clone)]
pub(crate) struct WatermarkWish {
    enabled: Option<bool>,
    additions: i32,
    text: Option<String>,
    rotate: i32,
    image_scale: i32,
    image_url: Option<String>,
    image_height: f64,
    image_width: f64,
}

/// A picture that was uploaded before.
#[derive(Debug, Clone)]
pub(crate) struct LogoWish {
    pub(crate) file: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct ChatWish {
    provider: i32,
    model: Option<String>,
}

impl Wishes {
    pub(crate) fn read(body: &Body, faults: &mut Faults) -> Result<Self, Refusal> {
        let wishes = Self {
            quota: body.long("quota")?,
            indexing: body.flag("indexing")?,
            deny_download: body.flag("denyDownload")?,
            lifetime: LifetimeWish::read(body, faults)?,
            watermark: WatermarkWish::read(body, faults)?,
            logo: LogoWish::read(body, faults)?,
            tags: body.texts("tags")?,
            color: body.text("color")?,
            cover: body.text("cover")?,
            chat: ChatWish::read(body)?,
            sends_forms: body.flag("sendFormToExternalDB")?,
            saves_forms: body.flag("saveFormAsXLSX")?,
        };
        faults.length(body, "Color", wishes.color.as_ref(), 6);
        faults.length(body, "Cover", wishes.cover.as_ref(), 50);
        Ok(wishes)
    }

    /// A quota above the portal's is refused before anything is looked up.
    pub(crate) fn check_quota(&self, world: &World) -> Result<(), Refusal> {
        let most = world.options.largest_room_quota;
        if self
            .quota
            .zip(most)
            .is_some_and(|(wanted, most)| wanted > most)
        {
            return Err(Refusal::Rule(Phrase::QuotaTooHigh));
        }
        Ok(())
    }

    /// An agent's model; the portal has no provider of its own.
    pub(crate) fn check_chat(&self) -> Result<(), Refusal> {
        match &self.chat {
            Some(chat) if chat.provider <= 0 => Err(Refusal::Argument(Phrase::ProviderUnknown)),
            Some(ChatWish { model: None, .. }) => Err(Refusal::Thrown(
                Exception::ArgumentNull,
                "Value cannot be null. (Parameter 'ModelId')",
            )),
            Some(chat) if chat.model.as_deref() == Some("") => {
                Err(Refusal::Argument(Phrase::ProviderUnknown))
            }
            _ => Ok(()),
        }
    }
}

impl LifetimeWish {
    fn read(body: &Body, faults: &mut Faults) -> Result<Option<Self>, Refusal> {
        let Some(body) = body.object("lifetime", "Lifetime")? else {
            return Ok(None);
        };
        let wish = Self {
            deletes_permanently: body.plain_flag("deletePermanently")?,
            period: body.plain_enum("period", "RoomDataLifetimePeriod")?,
            value: body.int("value")?,
            enabled: body.flag("enabled")?,
        };
        if !(0..=2).contains(&wish.period) {
            faults.add(&body, "Period", "The field Period is invalid.");
        }
        if let Some(value) = wish.value {
            faults.range(&body, "Value", value.into(), 1, 999);
        }
        Ok(Some(wish))
    }

    /// Only a change of a room takes this for a wish to have none.
    pub(crate) fn is_off(&self) -> bool {
        self.enabled == Some(false)
    }

    /// It runs from now on, also if it says what was said before.
    pub(crate) fn begun(&self, world: &World) -> Lifetime {
        Lifetime {
            deletes_permanently: self.deletes_permanently,
            period: self.period.into(),
            value: self.value.unwrap_or(0).into(),
            start: world.now(),
        }
    }
}

impl WatermarkWish {
    fn read(body: &Body, faults: &mut Faults) -> Result<Option<Self>, Refusal> {
        let Some(body) = body.object("watermark", "Watermark")? else {
            return Ok(None);
        };
        let wish = Self {
            enabled: body.flag("enabled")?,
            additions: body.plain_enum("additions", "WatermarkAdditions")?,
            text: body.text("text")?,
            rotate: body.plain_int("rotate")?,
            image_scale: body.plain_int("imageScale")?,
            image_url: body.text("imageUrl")?,
            image_height: body.plain_double("imageHeight")?,
            image_width: body.plain_double("imageWidth")?,
        };
        faults.length(&body, "Text", wish.text.as_ref(), 255);
        Ok(Some(wish))
    }

    /// Only a change of a room takes this for a wish to have none.
    pub(crate) fn is_off(&self) -> bool {
        self.enabled == Some(false)
    }

    /// The picture's address; else the name of one that was uploaded.
    fn picture(&self) -> Option<&str> {
        self.image_url.as_deref().filter(|url| !url.is_empty())
    }

    /// A picture that has no address of its own must have been uploaded.
    pub(crate) fn check_picture(&self, who: &str, world: &World) -> Result<(), Refusal> {
        match self.picture() {
            Some(url) if !url.contains("://") => world.uploaded(who, url),
            _ => Ok(()),
        }
    }

    /// As it is stored when a room is changed.
    pub(crate) fn stored(&self) -> Value {
        json!({
            "additions": self.additions, "text": self.text, "rotate": self.rotate, "imageScale": self.image_scale,
            "imageUrl": self.picture(), "imageHeight": double(self.image_height), "imageWidth": double(self.image_width),
        })
    }

    /// As it is stored when a room is made: what is said of a picture needs one.
    pub(crate) fn stored_with_room(&self) -> Value {
        if self.picture().is_some() {
            return self.stored();
        }
        let bare = Self {
            image_scale: 0,
            image_height: 0.0,
            image_width: 0.0,
            ..self.clone()
        };
        bare.stored()
    }
}

/// Whole numbers are written without a fraction.
fn double(number: f64) -> Value {
    let text = format!("{number}");
    text.parse::<i64>().map_or_else(
        |_| Number::from_f64(number).map_or(Value::Null, Value::Number),
        Value::from,
    )
}

impl LogoWish {
    fn read(body: &Body, faults: &mut Faults) -> Result<Option<Self>, Refusal> {
        body.object("logo", "Logo")?
            .map(|body| Self::of(&body, faults))
            .transpose()
    }

    /// The picture's file and what is cut out of it.
    pub(crate) fn of(body: &Body, faults: &mut Faults) -> Result<Self, Refusal> {
        let file = body.text("tmpFile")?;
        for (name, named, least) in [
            ("x", "X", 0),
            ("y", "Y", 0),
            ("width", "Width", 1),
            ("height", "Height", 1),
        ] {
            let value = body.plain_int(name)?;
            faults.range(body, named, value.into(), least, 1280);
        }
        let has_file = file.as_ref().filter(|file| !file.trim().is_empty());
        faults.required(body, "TmpFile", has_file);
        Ok(Self { file })
    }
}

impl ChatWish {
    fn read(body: &Body) -> Result<Option<Self>, Refusal> {
        let Some(body) = body.object("chatSettings", "ChatSettings")? else {
            return Ok(None);
        };
        body.text("prompt")?;
        Ok(Some(Self {
            provider: body.plain_int("providerId")?,
            model: body.text("modelId")?,
        }))
    }
}
