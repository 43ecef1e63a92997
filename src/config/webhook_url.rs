//! The address at which the portal reaches `serve`.

use std::fmt;

use reqwest::Url;
use serde::Deserialize;
use serde::de::{self, Deserializer};

use super::{Environment, Error};

const WRONG: &str = "this is not the address of a webhook; write the complete address, such as `https://hooks.example.com/docspace/webhook`";

/// The address in the file.
#[derive(Debug, Clone)]
pub(super) struct WebhookUrl(Url);

impl<'de> Deserialize<'de> for WebhookUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = WebhookUrl;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address such as `https://hooks.example.com/docspace/webhook`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<WebhookUrl, E> {
                parsed(text).map(WebhookUrl).ok_or_else(|| E::custom(WRONG))
            }
        }
        deserializer.deserialize_string(Text)
    }
}

/// The environment overrides the file.
pub(super) fn of(
    file: Option<WebhookUrl>,
    environment: Environment<'_>,
) -> Result<Option<Url>, Error> {
    const NAME: &str = "ROOMWRIGHT_WEBHOOK_URL";
    match environment(NAME) {
        Some(text) => webhook_url(NAME, &text).map(Some),
        None => Ok(file.map(|WebhookUrl(url)| url)),
    }
}

/// Parses the address of a webhook; `name` is the variable or flag that contains it.
///
/// # Errors
/// It is not an address, or not a complete one.
pub fn webhook_url(name: &str, text: &str) -> Result<Url, Error> {
    parsed(text).ok_or_else(|| Error::Value {
        name: name.to_owned(),
        reason: WRONG.to_owned(),
    })
}

fn parsed(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let is_address = matches!(url.scheme(), "http" | "https") && url.path() != "/";
    let has_more =
        url.fragment().is_some() || !url.username().is_empty() || url.password().is_some();
    (is_address && !has_more).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_address_is_accepted() {
        for text in [
            "https://hooks.example.com/docspace/webhook",
            " http://10.0.0.7:3000/docspace/webhook ",
            "https://example.com/rooms?portal=1",
        ] {
            assert!(webhook_url("x", text).is_ok(), "{text}");
        }
        for text in [
            "",
            "hooks.example.com/docspace/webhook",
            "https://hooks.example.com",
            "https://hooks.example.com/",
            "ftp://hooks.example.com/docspace/webhook",
            "https://me:secret@hooks.example.com/docspace/webhook",
            "https://hooks.example.com/docspace/webhook#x",
        ] {
            let error = webhook_url("x", text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
