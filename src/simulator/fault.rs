//! What can go wrong with a call on demand.

use std::time::Duration;

/// A fault that is applied to calls that fit.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The method, or any.
    pub method: Option<&'static str>,
    /// The path below `/api/2.0/`, where `*` stands for one segment; empty for any.
    pub path: &'static str,
    /// So many fitting calls go well first.
    pub skip: u32,
    /// How many calls it is applied to; `None` for all.
    pub times: Option<u32>,
    /// What happens.
    pub kind: Kind,
}

/// What happens to a call.
#[derive(Debug, Clone)]
pub enum Kind {
    /// It takes longer.
    Delay(Duration),
    /// It is not done, and answered with a status and an empty body; with seconds to wait, or without.
    Status(u16, Option<u64>),
    /// It is not done, and answered like a proxy: HTML.
    Html(u16),
    /// It is done, and the answer ends in the middle.
    Truncated,
    /// It is not done, and the connection is closed.
    CloseBefore,
    /// It is done, and the connection is closed without an answer.
    DoAndDrop,
    /// The connection is closed without an answer, and it is done after the next listing of folders or the next
    /// read of a room.
    DoLater,
}

impl Fault {
    /// A fault of every fitting call.
    pub fn of(method: &'static str, path: &'static str, kind: Kind) -> Self {
        Self {
            method: Some(method),
            path,
            skip: 0,
            times: None,
            kind,
        }
    }

    /// Applied so often only.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// Applied after so many calls that went well.
    #[must_use]
    pub fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        let mut mine = self.path.split('/');
        let mut theirs = path.split('/');
        self.method.is_none_or(|own| own == method)
            && (self.path.is_empty()
                || loop {
                    match (mine.next(), theirs.next()) {
                        (None, None) => break true,
                        (Some("*"), Some(_)) => {}
                        (Some(mine), Some(theirs)) if mine == theirs => {}
                        _ => break false,
                    }
                })
    }
}

/// The fault of one call, if any.
pub(super) fn due(faults: &mut [Fault], method: &str, path: &str) -> Option<Kind> {
    for fault in faults.iter_mut().filter(|fault| fault.fits(method, path)) {
        if fault.skip > 0 {
            fault.skip -= 1;
            continue;
        }
        match &mut fault.times {
            Some(0) => continue,
            Some(times) => *times -= 1,
            None => {}
        }
        return Some(fault.kind.clone());
    }
    None
}
