//! The members that creating a room, changing it, and templates share (rooms-api.md H.1): reading and checking.

use serde_json::{Number, Value, json};

use crate::simulator::state::rooms::Lifetime;
use crate::simulator::state::world::World;
use crate::simulator::wire::body::{Body, Faults};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

/// The maximum length of a title, in UTF-16 units.
pub(crate) const MAX_TITLE: usize = 170;

/// The requested settings of a room; absent members request nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestedSettings {
    pub(crate) quota: Option<i64>,
    pub(crate) indexing: Option<bool>,
    pub(crate) deny_download: Option<bool>,
    pub(crate) lifetime: Option<RequestedLifetime>,
    pub(crate) watermark: Option<RequestedWatermark>,
    pub(crate) logo: Option<RequestedLogo>,
    pub(crate) tags: Option<Vec<Option<String>>>,
    pub(crate) color: Option<String>,
    pub(crate) cover: Option<String>,
    pub(crate) chat: Option<RequestedChat>,
    pub(crate) sends_forms: Option<bool>,
    pub(crate) saves_forms: Option<bool>,
}

#[derive(Debug, Clone)]
pub(crate) struct RequestedLifetime {
    deletes_permanently: bool,
    period: i32,
    value: Option<i32>,
    enabled: Option<bool>,
}

#[derive(Debug, Clone)]
pub(crate) struct RequestedWatermark {
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
pub(crate) struct RequestedLogo {
    pub(crate) file: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct RequestedChat {
    provider: i32,
    model: Option<String>,
}

impl RequestedSettings {
    pub(crate) fn read(body: &Body, faults: &mut Faults) -> Result<Self, Refusal> {
        let requested = Self {
            quota: body.long("quota")?,
            indexing: body.flag("indexing")?,
            deny_download: body.flag("denyDownload")?,
            lifetime: RequestedLifetime::read(body, faults)?,
            watermark: RequestedWatermark::read(body, faults)?,
            logo: RequestedLogo::read(body, faults)?,
            tags: body.texts("tags")?,
            color: body.text("color")?,
            cover: body.text("cover")?,
            chat: RequestedChat::read(body)?,
            sends_forms: body.flag("sendFormToExternalDB")?,
            saves_forms: body.flag("saveFormAsXLSX")?,
        };
        faults.length(body, "Color", requested.color.as_ref(), 6);
        faults.length(body, "Cover", requested.cover.as_ref(), 50);
        Ok(requested)
    }

    /// Refuses a quota above the portal's limit before anything is looked up.
    pub(crate) fn check_quota(&self, world: &World) -> Result<(), Refusal> {
        let max = world.options.max_room_quota;
        if self
            .quota
            .zip(max)
            .is_some_and(|(wanted, max)| wanted > max)
        {
            return Err(Refusal::Rule(Phrase::QuotaTooHigh));
        }
        Ok(())
    }

    /// Checks an agent's model; the portal has no AI provider.
    pub(crate) fn check_chat(&self) -> Result<(), Refusal> {
        match &self.chat {
            Some(chat) if chat.provider <= 0 => Err(Refusal::Argument(Phrase::ProviderUnknown)),
            Some(RequestedChat { model: None, .. }) => Err(Refusal::Thrown(
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

impl RequestedLifetime {
    fn read(body: &Body, faults: &mut Faults) -> Result<Option<Self>, Refusal> {
        let Some(body) = body.object("lifetime", "Lifetime")? else {
            return Ok(None);
        };
        let requested = Self {
            deletes_permanently: body.plain_flag("deletePermanently")?,
            period: body.plain_enum("period", "RoomDataLifetimePeriod")?,
            value: body.int("value")?,
            enabled: body.flag("enabled")?,
        };
        if !(0..=2).contains(&requested.period) {
            faults.add(&body, "Period", "The field Period is invalid.");
        }
        if let Some(value) = requested.value {
            faults.range(&body, "Value", value.into(), 1, 999);
        }
        Ok(Some(requested))
    }

    /// Whether the request switches it off. Only a change of a room supports this.
    pub(crate) fn is_off(&self) -> bool {
        self.enabled == Some(false)
    }

    /// The lifetime, starting now, even if it is unchanged.
    pub(crate) fn begun(&self, world: &World) -> Lifetime {
        Lifetime {
            deletes_permanently: self.deletes_permanently,
            period: self.period.into(),
            value: self.value.unwrap_or(0).into(),
            start: world.now(),
        }
    }
}

impl RequestedWatermark {
    fn read(body: &Body, faults: &mut Faults) -> Result<Option<Self>, Refusal> {
        let Some(body) = body.object("watermark", "Watermark")? else {
            return Ok(None);
        };
        let requested = Self {
            enabled: body.flag("enabled")?,
            additions: body.plain_enum("additions", "WatermarkAdditions")?,
            text: body.text("text")?,
            rotate: body.plain_int("rotate")?,
            image_scale: body.plain_int("imageScale")?,
            image_url: body.text("imageUrl")?,
            image_height: body.plain_double("imageHeight")?,
            image_width: body.plain_double("imageWidth")?,
        };
        faults.length(&body, "Text", requested.text.as_ref(), 255);
        Ok(Some(requested))
    }

    /// Whether the request switches it off. Only a change of a room supports this.
    pub(crate) fn is_off(&self) -> bool {
        self.enabled == Some(false)
    }

    /// The picture's address, or the name of an uploaded one.
    fn picture(&self) -> Option<&str> {
        self.image_url.as_deref().filter(|url| !url.is_empty())
    }

    /// Checks that a picture without an address of its own was uploaded.
    pub(crate) fn check_picture(&self, who: &str, world: &World) -> Result<(), Refusal> {
        match self.picture() {
            Some(url) if !url.contains("://") => world.uploaded(who, url),
            _ => Ok(()),
        }
    }

    /// The stored form after a change of a room.
    pub(crate) fn stored(&self) -> Value {
        json!({
            "additions": self.additions, "text": self.text, "rotate": self.rotate, "imageScale": self.image_scale,
            "imageUrl": self.picture(), "imageHeight": double(self.image_height), "imageWidth": double(self.image_width),
        })
    }

    /// The stored form after the creation of a room: without a picture, its scale and size are not stored.
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

/// Writes whole numbers without a fraction.
fn double(number: f64) -> Value {
    let text = format!("{number}");
    text.parse::<i64>().map_or_else(
        |_| Number::from_f64(number).map_or(Value::Null, Value::Number),
        Value::from,
    )
}

impl RequestedLogo {
    fn read(body: &Body, faults: &mut Faults) -> Result<Option<Self>, Refusal> {
        body.object("logo", "Logo")?
            .map(|body| Self::of(&body, faults))
            .transpose()
    }

    /// The picture's file and its crop rectangle.
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

impl RequestedChat {
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
