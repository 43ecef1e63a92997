//! The lines of `status` that only the running service can report.

use std::time::Duration;

use crate::report::Took;
use crate::room::counted;
use crate::service::{Held, Running};

/// What is reported, and the text.
type Line = (&'static str, String);

pub(super) fn lines(running: &Running) -> Vec<Line> {
    let mut lines = sweep(running);
    lines.push(webhook(running));
    lines.extend(running.held.iter().map(held));
    lines.push(budget(running));
    if let Some(ends) = running.key_expires {
        lines.push(("key", format!("expires at {ends:.0}")));
    }
    lines
}

fn time(seconds: u64) -> Took {
    Took(Duration::from_secs(seconds))
}

fn sweep(running: &Running) -> Vec<Line> {
    let sweep = &running.sweep;
    let mut lines = vec![(
        "sweep",
        if sweep.all_done {
            format!(
                "newest rooms {} ago, all {} ago",
                time(sweep.newest_s),
                time(sweep.all_s)
            )
        } else {
            format!("all rooms not yet, {} after the start", time(sweep.all_s))
        },
    )];
    let mut more = |text| lines.push(("", text));
    if let Some(problem) = &sweep.problem {
        more(format!(
            "! the last sweep failed, and is retried: {problem}"
        ));
    }
    if sweep.owned > 0 {
        more(format!(
            "! the service account owns {}; `roomwright release --list` shows more",
            counted(sweep.owned, "room")
        ));
    }
    if sweep.waiting > 0 {
        more(format!(
            "{} waiting, older than the store or matched by other policies now: `roomwright plan --all` shows what would change, `roomwright apply --all` changes it",
            counted(sweep.waiting, "room")
        ));
    }
    lines
}

fn webhook(running: &Running) -> Line {
    let text = match &running.webhook {
        None => {
            "not watched: `docspace.webhook_url` is not set; `roomwright webhook status --url URL` checks it"
                .to_owned()
        }
        Some(seen) => match &seen.problem {
            Some(problem) if seen.works.is_none() => format!("not watched: {problem}"),
            Some(problem) => format!("! {problem}"),
            None if seen.checked => "works".to_owned(),
            None => "not checked yet".to_owned(),
        },
    };
    ("webhook", text)
}

fn held(held: &Held) -> Line {
    let (limit, room, ago) = (&held.limit, &held.room, time(held.ago_s));
    let text = format!(
        "! `{limit}` stopped the run over room {room} {ago} ago: find out why so many changes are due (`roomwright rooms {room}`), then raise the limit or run `roomwright apply`"
    );
    ("limits", text)
}

fn budget(running: &Running) -> Line {
    let budget = &running.budget;
    let day = budget.day.map_or(String::new(), |day| {
        format!(", {} left today", counted(day, "write"))
    });
    let minute = counted(budget.minute, "call");
    ("budget", format!("{minute} left this minute{day}"))
}
