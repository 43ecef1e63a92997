//! Settings in the form of policy files.

use crate::policy::text::Text;
use crate::room::{Quota, Setting};
use crate::yaml::scalar;

/// The value of a setting in the form of a template.
pub fn written(setting: &Setting) -> String {
    match setting {
        Setting::Indexing(on) | Setting::DenyDownload(on) => on.to_string(),
        Setting::Quota(Quota::Default) => "default".to_owned(),
        Setting::Quota(Quota::Bytes(_) | Quota::Unlimited) => setting.to_string(),
        Setting::Lifetime(None) | Setting::Watermark(None) => "none".to_owned(),
        Setting::Lifetime(Some(lifetime)) => {
            let unit = match lifetime.count {
                1 => lifetime.unit.as_str().trim_end_matches('s'),
                _ => lifetime.unit.as_str(),
            };
            let then = if lifetime.deletes { "delete" } else { "trash" };
            format!("{{ keep: {} {unit}, then: {then} }}", lifetime.count)
        }
        Setting::Watermark(Some(watermark)) => {
            let shown = watermark.shown();
            let mut parts = Vec::new();
            if !shown.is_empty() {
                parts.push(format!("show: [{}]", shown.join(", ")));
            }
            if !watermark.text.is_empty() {
                // A brace in a text starts a variable.
                let text = Text::plain(&watermark.text).to_string();
                parts.push(format!("text: {}", scalar(&text)));
            }
            if watermark.rotate != 0 {
                parts.push(format!("rotate: {}", watermark.rotate));
            }
            format!("{{ {} }}", parts.join(", "))
        }
        Setting::Color(color) => scalar(color),
        Setting::Cover(cover) if cover.is_empty() => "none".to_owned(),
        Setting::Cover(cover) => scalar(cover),
    }
}
