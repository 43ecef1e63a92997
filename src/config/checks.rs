//! Checks values of the file that are well-formed but make no sense.

use super::file::{File, KeepFile, LimitsFile, RetryFile, SweepFile};
use super::{Retry, VarValue};
use crate::yaml::{Problem, is_name};

/// Reports limits of 0, which would stop everything for ever.
pub(super) fn zeroes(file: &File, problems: &mut Vec<Problem>) {
    let LimitsFile {
        requests_per_minute,
        writes_at_once,
        reads_at_once,
        writes_per_day,
        // 0 makes sense for these.
        removals: _,
        removals_per_day: _,
        repaired_rooms_per_hour: _,
        portal_allows_more: _,
    } = &file.limits;
    let small = [
        requests_per_minute,
        writes_at_once,
        reads_at_once,
        &file.retry.attempts,
    ];
    let small = small.into_iter().flatten();
    let all = small
        .map(|value| (u64::from(value.value), value.span))
        .chain(writes_per_day.iter().map(|value| (value.value, value.span)));
    for (_, span) in all.filter(|(value, _)| *value == 0) {
        problems.push(Problem::error(
            span,
            "zero",
            "0 would stop everything; write at least 1",
        ));
    }
}

/// Reports all other values that make no sense.
pub(super) fn values(file: &File, problems: &mut Vec<Problem>) {
    for (name, value) in &file.vars {
        if !is_name(&name.value) {
            let message = format!("`{}` is not a valid variable name", name.value);
            problems.push(
                Problem::error(name.span, "variable-name", message).with_help(
                    "a name starts with a letter, followed by letters, digits, `_` or `-`",
                ),
            );
        }
        if matches!(value, VarValue::Many(list) if list.is_empty()) {
            let message = format!("the variable `{}` has no value", name.value);
            problems.push(Problem::error(name.span, "empty-list", message));
        }
    }
    let admin = file.admin_listen.iter().filter(|it| it.value != "none");
    for listen in file.listen.iter().chain(admin) {
        let parts = listen.value.rsplit_once(':');
        if !parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()) {
            let message = format!("`{}` is not an address to listen on", listen.value);
            problems.push(
                Problem::error(listen.span, "listen", message)
                    .with_help("write a host and a port, such as `0.0.0.0:3000`"),
            );
        }
    }
    let RetryFile {
        first,
        longest,
        attempts: _,
        after_lost_answer,
    } = &file.retry;
    let SweepFile { newest, all } = &file.sweep;
    let KeepFile {
        deliveries,
        history,
    } = &file.keep;
    for kept in [deliveries, history].into_iter().flatten() {
        if kept.value.0.is_zero() {
            let message = "nothing would be kept; write at least `1 day`".to_owned();
            problems.push(Problem::error(kept.span, "zero", message));
        }
    }
    let pauses = [first, longest, after_lost_answer, newest, all];
    for pause in pauses.into_iter().flatten() {
        if pause.value.0.is_zero() {
            problems.push(Problem::error(
                pause.span,
                "zero",
                "without a pause the portal would be called continuously; write at least `1 s`"
                    .to_owned(),
            ));
        }
    }
    let default = Retry::default();
    let shortest = first.as_ref().map_or(default.first, |span| span.value.0);
    if longest
        .as_ref()
        .map_or(default.longest, |span| span.value.0)
        < shortest
        && let Some(span) = longest.as_ref().or(first.as_ref()).map(|span| span.span)
    {
        problems.push(
            Problem::error(span, "retry", "the longest pause is shorter than the first")
                .with_help("pauses grow from `first` to `longest`; the default is 5 s to 30 min"),
        );
    }
}
