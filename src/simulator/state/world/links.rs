//! The links of an entry, as the portal stores them (rooms-api.md G).

use super::World;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::links::*;

impl World {
    pub(crate) fn links_of(&self, entry: &EntryId) -> &[Link] {
        self.links.get(entry).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn link(&self, entry: &EntryId, id: &str) -> Option<&Link> {
        self.links_of(entry).iter().find(|link| link.id == id)
    }

    /// Whether the entry has an external link, which lets in anybody who has its address.
    pub(crate) fn has_external_link(&self, entry: &EntryId) -> bool {
        let mut links = self.links_of(entry).iter();
        links.any(|link| link.kind.is_external())
    }

    /// Stores a link, in place of the one with the same id.
    pub(crate) fn put_link(&mut self, entry: &EntryId, link: Link) {
        self.remove_link(entry, &link.id);
        self.links.entry(entry.clone()).or_default().push(link);
    }

    pub(crate) fn remove_link(&mut self, entry: &EntryId, id: &str) {
        if let Some(links) = self.links.get_mut(entry) {
            links.retain(|link| link.id != id);
        }
    }
}
