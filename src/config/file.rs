//! The keys of `roomwright.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::values::Period;
use super::webhook_url::WebhookUrl;
use super::{Keep, Limits, Mode, MonthDay, Ownership, PolicySettings, Retry, Sweeping, VarValue};
use crate::yaml::Spanned;

/// Settings of roomwright. Flags and the environment override them; docs/configuration.md explains each.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) listen: Option<Spanned<String>>,
    pub(super) admin_listen: Option<Spanned<String>>,
    pub(super) policies: Option<PathBuf>,
    pub(super) store: Option<String>,
    pub(super) mode: Option<Mode>,
    pub(super) docspace: Portal,
    pub(super) retry: RetryFile,
    pub(super) limits: LimitsFile,
    pub(super) sweep: SweepFile,
    pub(super) keep: KeepFile,
    pub(super) vars: BTreeMap<Spanned<String>, VarValue>,
    pub(super) fiscal_year_starts: Option<Spanned<MonthDay>>,
}

/// The portal, and how to reach it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Portal {
    pub(super) host: Option<String>,
    pub(super) api_key_file: Option<PathBuf>,
    pub(super) webhook_secret_file: Option<PathBuf>,
    pub(super) webhook_secret_previous_file: Option<PathBuf>,
    pub(super) webhook_url: Option<WebhookUrl>,
    pub(super) ownership: Option<Ownership>,
}

/// How failed rooms are retried.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RetryFile {
    pub(super) first: Option<Spanned<Period>>,
    pub(super) longest: Option<Spanned<Period>>,
    pub(super) attempts: Option<Spanned<u32>>,
    pub(super) after_lost_answer: Option<Spanned<Period>>,
}

/// The limits of calls to the portal, removals and repairs.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsFile {
    pub(super) requests_per_minute: Option<Spanned<u32>>,
    pub(super) writes_at_once: Option<Spanned<u32>>,
    pub(super) reads_at_once: Option<Spanned<u32>>,
    pub(super) writes_per_day: Option<Spanned<u64>>,
    pub(super) removals: Option<Spanned<u32>>,
    pub(super) removals_per_day: Option<Spanned<u32>>,
    pub(super) repaired_rooms_per_hour: Option<Spanned<u32>>,
    pub(super) portal_allows_more: Option<bool>,
}

/// How long history is kept.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct KeepFile {
    pub(super) deliveries: Option<Spanned<Period>>,
    pub(super) history: Option<Spanned<Period>>,
}

/// How often the list of rooms is swept for rooms whose event did not arrive.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SweepFile {
    pub(super) newest: Option<Spanned<Period>>,
    pub(super) all: Option<Spanned<Period>>,
}

impl File {
    /// The settings that apply to all policies.
    pub(super) fn policy_settings(&self) -> PolicySettings {
        let vars = self.vars.iter();
        PolicySettings {
            vars: vars
                .map(|(name, value)| (name.value.clone(), value.clone()))
                .collect(),
            fiscal_year_starts: self
                .fiscal_year_starts
                .as_ref()
                .map_or(MonthDay::default(), |day| day.value),
        }
    }

    /// Makes paths relative to the directory of the file.
    pub(super) fn resolve_paths(&mut self, directory: &Path) {
        let Portal {
            host: _,
            api_key_file,
            webhook_secret_file,
            webhook_secret_previous_file,
            webhook_url: _,
            ownership: _,
        } = &mut self.docspace;
        let paths = [
            &mut self.policies,
            api_key_file,
            webhook_secret_file,
            webhook_secret_previous_file,
        ];
        for path in paths.into_iter().flatten() {
            *path = directory.join(&path);
        }
        let file = self
            .store
            .as_deref()
            .and_then(|url| url.strip_prefix("sqlite:"));
        if let Some(file) = file.filter(|file| !file.is_empty()) {
            self.store = Some(format!("sqlite:{}", directory.join(file).display()));
        }
    }
}

impl RetryFile {
    pub(super) fn filled(self) -> Retry {
        let default = Retry::default();
        let RetryFile {
            first,
            longest,
            attempts,
            after_lost_answer,
        } = self;
        Retry {
            first: first.map_or(default.first, |span| span.value.0),
            longest: longest.map_or(default.longest, |span| span.value.0),
            attempts: attempts.map_or(default.attempts, |attempts| attempts.value),
            after_lost_answer: after_lost_answer
                .map_or(default.after_lost_answer, |span| span.value.0),
        }
    }
}

impl SweepFile {
    pub(super) fn filled(self) -> Sweeping {
        let default = Sweeping::default();
        let SweepFile { newest, all } = self;
        Sweeping {
            newest: newest.map_or(default.newest, |span| span.value.0),
            all: all.map_or(default.all, |span| span.value.0),
        }
    }
}

impl KeepFile {
    pub(super) fn filled(self) -> Keep {
        let default = Keep::default();
        let KeepFile {
            deliveries,
            history,
        } = self;
        Keep {
            deliveries: deliveries.map_or(default.deliveries, |period| period.value.0),
            history: history.map_or(default.history, |period| period.value.0),
        }
    }
}

impl LimitsFile {
    pub(super) fn filled(self) -> Limits {
        let default = Limits::default();
        let LimitsFile {
            requests_per_minute,
            writes_at_once,
            reads_at_once,
            writes_per_day,
            removals,
            removals_per_day,
            repaired_rooms_per_hour,
            portal_allows_more,
        } = self;
        Limits {
            requests_per_minute: requests_per_minute
                .map_or(default.requests_per_minute, |it| it.value),
            writes_at_once: writes_at_once.map_or(default.writes_at_once, |it| it.value),
            reads_at_once: reads_at_once.map_or(default.reads_at_once, |it| it.value),
            writes_per_day: writes_per_day.map_or(default.writes_per_day, |it| it.value),
            removals: removals.map_or(default.removals, |it| it.value),
            removals_per_day: removals_per_day.map_or(default.removals_per_day, |it| it.value),
            repaired_rooms_per_hour: repaired_rooms_per_hour
                .map_or(default.repaired_rooms_per_hour, |it| it.value),
            portal_allows_more: portal_allows_more.unwrap_or(default.portal_allows_more),
        }
    }
}
