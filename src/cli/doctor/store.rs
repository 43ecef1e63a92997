//! The store, and what is left of adoptions.

use std::path::Path;

use super::portal::advice;
use crate::cli::findings::Findings;
use crate::cli::lines::is_open;
use crate::config::Config;
use crate::docspace::Reader;
use crate::service::{self, Portal, owned};
use crate::store::{self, OpenMode, Store};

/// Checks the store, and finds rooms that the service account still owns.
pub(super) async fn check(config: &Config, portal: Option<&Portal>, findings: &mut Findings) {
    let store = match Store::open(&config.store, OpenMode::Existing).await {
        Ok(store) => store,
        Err(store::Error::Absent(path)) => return absent(&path, findings),
        Err(error) => return findings.advised("store", &error.to_string()),
    };
    findings.good("store", format!("`{}` is usable", config.store));
    match store.adoptions().await {
        Ok(entries) => {
            for entry in entries {
                let advice = "let `serve` run, or run `roomwright release`: it finishes the adoption first, and reports what prevents it";
                findings.wrong("rooms", is_open(&entry), advice);
            }
        }
        Err(error) => findings.wrong("store", error.to_string(), "the store must be readable"),
    }
    if let Some(portal) = portal {
        of_account(&store, &portal.reader(), findings).await;
        still_owned(&store, &portal.reader(), findings).await;
    }
    store.close().await;
}

/// `serve` creates the file, but not its directory.
fn absent(path: &Path, findings: &mut Findings) {
    let directory = path.parent().filter(|name| !name.as_os_str().is_empty());
    let (path, missing) = (path.display(), directory.filter(|name| !name.is_dir()));
    match missing {
        None => findings.good(
            "store",
            format!("`{path}` does not exist yet; `serve` creates it"),
        ),
        Some(directory) => findings.wrong(
            "store",
            format!("`{path}` cannot be created: there is no directory `{}`", directory.display()),
            "create the directory, writable for the user who runs `serve`, or set another file with `--store`",
        ),
    }
}

/// A store belongs to one account: another one cannot give back what the first adopted.
async fn of_account(store: &Store, reader: &Reader, findings: &mut Findings) {
    let (Ok(Some(before)), Ok(me)) = (store.last_account().await, reader.whoami().await) else {
        return;
    };
    if before == me {
        return;
    }
    let name = match reader.person(&before).await {
        Ok(Some(entry)) => format!("`{}` ({before})", entry.person.name),
        _ => format!("{before}, which the portal does not show"),
    };
    findings.warning(
        "store",
        format!("it was used with another service account before, {name}"),
        "use the key of that account, or another store for this one: `--store sqlite:FILE`; with the key of the first, `roomwright release` gives back what it adopted",
    );
}

async fn still_owned(store: &Store, reader: &Reader, findings: &mut Findings) {
    match owned(store, reader).await {
        Ok(rooms) => {
            for found in rooms {
                let (room, title, managers) = (found.room, found.title, found.room_managers);
                let likely = match managers.is_empty() {
                    true => String::new(),
                    false => format!("; its Room managers: {}", managers.join(", ")),
                };
                findings.warning(
                    "rooms",
                    format!("the service account owns room {room} `{title}`, and no adoption is open{likely}"),
                    &format!("give it to its owner: `roomwright release {room} --to E-MAIL`"),
                );
            }
        }
        Err(error) => findings.warning(
            "rooms",
            format!("the rooms of the service account could not be listed: {error}"),
            match &error {
                service::Error::Portal(cause) => {
                    advice(cause, "give the key the scope rooms:write")
                }
                _ => "the store must be readable",
            },
        ),
    }
}
