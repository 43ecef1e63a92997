//! Work that is done after its response was sent or dropped.

use crate::simulator::wire::call::Call;

/// A call that has still to be carried out, although no client waits for it.
#[derive(Debug, Clone)]
pub(crate) struct Deferred {
    /// The endpoint, as in the table of routes.
    pub(crate) template: &'static str,
    pub(crate) call: Call,
    /// Whether it is done after the next response in which a client would look for the result.
    pub(crate) waits_for_listing: bool,
}

impl Deferred {
    /// Whether a client looks for the result of this work here: for folders in their listing, for an owner anywhere.
    pub(crate) fn shows_in(&self, method: &str, template: &str) -> bool {
        let folders = matches!(template, "files/{id}" | "files/{id}/subfolders");
        let members = template == "files/rooms/{id}/share";
        let room = matches!(template, "files/rooms" | "files/rooms/{id}");
        let shown = match self.template {
            "files/folder/{id}" => folders,
            "files/rooms/{id}/share" => members,
            "files/rooms/{id}" | "files/rooms/{id}/tags" => room,
            _ => folders || members || room,
        };
        method == "GET" && shown
    }
}
