//! Work whose answer is gone before it is done.

use crate::simulator::wire::call::Call;

/// A call that is yet to be carried out, though nobody waits for it.
#[derive(Debug, Clone)]
pub(crate) struct Undone {
    /// The endpoint, as the table of routes spells it.
    pub(crate) template: &'static str,
    pub(crate) call: Call,
    /// Whether it is done after the next answer in which a client would look for it.
    pub(crate) waits_for_listing: bool,
}

impl Undone {
    /// Whether a client looks here for what this work does: for folders in their listing, for an owner anywhere.
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
