//! The portal: reads and changes rooms over HTTP. Code without a [`Writer`] cannot change anything. `docs/docspace.md`
//! describes the rules of the server that this relies on.

mod answer;
mod brake;
mod budget;
mod client;
mod directory;
mod error;
mod fence;
mod listed;
mod members;
mod reader;
mod request;
mod rooms;
mod settings;
mod system_groups;
mod webhooks;
mod wire;
mod writer;

pub use brake::Brake;
pub use budget::{
    Account, AdoptionPlaces, Budget, Limits, Priority, Purpose, Reservation, Turn, Uncounted,
};
pub use client::{Client, Target};
pub use directory::Directory;
pub use error::{Error, Refused};
pub use fence::Fence;
pub use listed::ListedRoom;
pub use members::{Link, Members};
pub use reader::{KeyState, Reader, TemplateCopy};
pub use rooms::{FolderPage, WantedFolders};
pub use webhooks::{LoggedEvent, NewWebhook, Webhook};
pub use writer::{OwnerChange, Writer};
