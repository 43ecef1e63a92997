//! The settings of a room in the portal's JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::wire::Room;
use crate::room::{Lifetime, LifetimeUnit, Quota, Setting, SettingKey, Watermark};

impl Room {
    /// The settings that the response shows (rooms-api.md A.1): a quota only if the portal has quotas, and a cover only
    /// if there is one.
    pub(super) fn settings(&self) -> BTreeMap<SettingKey, Setting> {
        let lifetime = self.lifetime.as_ref().map(|part| Lifetime {
            count: u16::try_from(part.value).unwrap_or_default(),
            unit: match part.period {
                0 => LifetimeUnit::Days,
                1 => LifetimeUnit::Months,
                _ => LifetimeUnit::Years,
            },
            deletes: part.delete_permanently,
        });
        let watermark = self.watermark.as_ref().map(|part| Watermark {
            additions: u8::try_from(part.additions).unwrap_or_default(),
            text: part.text.clone().unwrap_or_default(),
            rotate: part.rotate,
        });
        let quota = self
            .is_custom_quota
            .zip(self.quota_limit)
            .map(|(own, limit)| match (own, u64::try_from(limit)) {
                (false, _) => Quota::Default,
                (true, Ok(bytes)) => Quota::Bytes(bytes),
                (true, Err(_)) => Quota::Unlimited,
            });
        let color = self.logo.as_ref().and_then(|logo| logo.color.clone());
        let cover = self.logo.as_ref().map(|logo| {
            logo.cover
                .as_ref()
                .map(|cover| cover.id.clone())
                .unwrap_or_default()
        });
        [
            self.indexing.map(Setting::Indexing),
            quota.map(Setting::Quota),
            self.deny_download.map(Setting::DenyDownload),
            Some(Setting::Lifetime(lifetime)),
            Some(Setting::Watermark(watermark)),
            color.map(|color| Setting::Color(color.trim_start_matches('#').to_uppercase())),
            cover.map(Setting::Cover),
        ]
        .into_iter()
        .flatten()
        .map(|setting| (setting.key(), setting))
        .collect()
    }
}

/// A setting as `PUT files/rooms/{id}` takes it (rooms-api.md H.1).
pub(super) fn setting_member(setting: &Setting) -> (&'static str, Value) {
    match setting {
        Setting::Indexing(on) => ("indexing", json!(on)),
        Setting::DenyDownload(on) => ("denyDownload", json!(on)),
        Setting::Quota(Quota::Bytes(bytes)) => ("quota", json!(bytes)),
        Setting::Quota(Quota::Unlimited) => ("quota", json!(-1)),
        Setting::Quota(Quota::Default) => ("quota", json!(-2)),
        Setting::Lifetime(None) => ("lifetime", json!({ "enabled": false })),
        Setting::Lifetime(Some(lifetime)) => {
            let period = match lifetime.unit {
                LifetimeUnit::Days => 0,
                LifetimeUnit::Months => 1,
                LifetimeUnit::Years => 2,
            };
            (
                "lifetime",
                json!({
                    "deletePermanently": lifetime.deletes, "period": period,
                    "value": lifetime.count, "enabled": true,
                }),
            )
        }
        Setting::Watermark(None) => ("watermark", json!({ "enabled": false })),
        Setting::Watermark(Some(watermark)) => (
            "watermark",
            json!({
                "enabled": true, "additions": watermark.additions, "text": watermark.text,
                "rotate": watermark.rotate,
            }),
        ),
        Setting::Color(color) => ("color", json!(color)),
        Setting::Cover(cover) => ("cover", json!(cover)),
    }
}
