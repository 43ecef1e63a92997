//! The portal's endpoints, and the API key scope that opens each (docs/docspace.md, authentication).

use crate::simulator::api::appearance;
use crate::simulator::api::archive;
use crate::simulator::api::authentication;
use crate::simulator::api::contents;
use crate::simulator::api::deleting;
use crate::simulator::api::folders;
use crate::simulator::api::groups;
use crate::simulator::api::keys;
use crate::simulator::api::links;
use crate::simulator::api::listing;
use crate::simulator::api::operations;
use crate::simulator::api::owner;
use crate::simulator::api::people;
use crate::simulator::api::people_filter;
use crate::simulator::api::pins;
use crate::simulator::api::room_people;
use crate::simulator::api::rooms;
use crate::simulator::api::settings;
use crate::simulator::api::share;
use crate::simulator::api::share_listing;
use crate::simulator::api::tags;
use crate::simulator::api::templates;
use crate::simulator::api::webhook_log;
use crate::simulator::api::webhooks;
use crate::simulator::state::ids::any_guid;
use crate::simulator::wire::call::Controller;
use crate::simulator::wire::envelope::Reply;

/// What answers a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    /// A controller that answers at once.
    Now(Controller),
    /// A change of a webhook, which probes the webhook's URL first.
    AfterProbe(Controller),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// The path below `/api/2.0/`, with `{id}` for a variable part and `{guid}` where only a GUID fits.
    pub(crate) template: &'static str,
    pub(crate) handler: Handler,
    /// Whether the route admits unknown callers: then a bad key gets 403 instead of 401.
    pub(crate) allows_anonymous: bool,
}

const fn route(method: &'static str, template: &'static str, controller: Controller) -> Route {
    Route {
        method,
        template,
        handler: Handler::Now(controller),
        allows_anonymous: false,
    }
}

const fn open(method: &'static str, template: &'static str, controller: Controller) -> Route {
    Route {
        method,
        template,
        handler: Handler::Now(controller),
        allows_anonymous: true,
    }
}

const fn probed(method: &'static str, template: &'static str, controller: Controller) -> Route {
    Route {
        method,
        template,
        handler: Handler::AfterProbe(controller),
        allows_anonymous: false,
    }
}

const ROUTES: &[Route] = &[
    route(
        "GET",
        "files/rooms/fromTemplate/status",
        templates::room_status,
    ),
    route("POST", "files/rooms/fromTemplate", templates::create_room),
    route(
        "GET",
        "files/roomtemplate/status",
        templates::template_status,
    ),
    route("POST", "files/roomtemplate", templates::create_template),
    route("GET", "files/rooms/covers", appearance::covers),
    route("PUT", "files/rooms/roomquota", settings::set_quotas),
    route("PUT", "files/rooms/resetquota", settings::reset_quotas),
    open("GET", "files/rooms/{id}", rooms::room),
    route("GET", "files/rooms", listing::rooms),
    route("POST", "files/rooms", rooms::create),
    route("PUT", "files/rooms/{id}", settings::update),
    route("DELETE", "files/rooms/{id}", deleting::room),
    route("GET", "files/rooms/{id}/share", share_listing::list),
    route("PUT", "files/rooms/{id}/share", share::write),
    route("PUT", "files/rooms/{id}/tags", tags::add_to_room),
    route("DELETE", "files/rooms/{id}/tags", tags::remove_from_room),
    route("GET", "files/tags", tags::list),
    route("POST", "files/tags", tags::create),
    route("PUT", "files/tags", tags::rename),
    route("DELETE", "files/tags", tags::delete),
    route("GET", "files/tags/{name}/haslinks", tags::has_links),
    route("PUT", "files/rooms/{id}/pin", pins::pin),
    route("PUT", "files/rooms/{id}/unpin", pins::unpin),
    route("PUT", "files/rooms/{id}/reorder", pins::reorder),
    route("GET", "settings/notification/rooms", pins::muted),
    route("POST", "settings/notification/rooms", pins::mute),
    route("POST", "files/rooms/{id}/cover", appearance::change_cover),
    route("POST", "files/rooms/{id}/logo", appearance::create_logo),
    route("DELETE", "files/rooms/{id}/logo", appearance::delete_logo),
    route("POST", "files/logos", appearance::upload),
    route("GET", "files/folder/{id}/share", share_listing::list_folder),
    route("PUT", "files/folder/{id}/share", share::write_folder),
    route("PUT", "files/rooms/{id}/links", links::write),
    route("GET", "files/rooms/{id}/links", links::list),
    route("GET", "files/rooms/{id}/link", links::primary),
    route("PUT", "files/rooms/{id}/archive", archive::archive),
    route("PUT", "files/rooms/{id}/unarchive", archive::unarchive),
    route("POST", "files/owner", owner::change),
    route("POST", "files/folder/{id}", folders::create),
    open("GET", "files/folder/{id}", folders::folder),
    route("PUT", "files/folder/{id}", folders::rename),
    route("DELETE", "files/folder/{id}", deleting::folder),
    route("PUT", "files/folder/{id}/order", folders::order),
    route("GET", "files/folder/{id}/path", contents::path),
    route("GET", "files/{id}/subfolders", contents::subfolders),
    route("GET", "files/{id}/news", contents::news),
    open("GET", "files/fileops", operations::list),
    open("GET", "files/fileops/{type}", operations::of_kind),
    route("PUT", "files/fileops/delete", operations::delete),
    route("PUT", "files/fileops/move", operations::move_entries),
    route("PUT", "files/fileops/copy", operations::copy),
    route("PUT", "files/fileops/duplicate", operations::duplicate),
    route("PUT", "files/fileops/markasread", operations::mark_as_read),
    route("PUT", "files/fileops/emptytrash", operations::empty_trash),
    open("PUT", "files/fileops/terminate", operations::terminate),
    open("PUT", "files/fileops/terminate/{id}", operations::terminate),
    open("GET", "files/{id}", contents::contents),
    open("GET", "settings", authentication::settings),
    open("POST", "authentication", authentication::sign_in),
    route("GET", "keys/@self", keys::oneself),
    route("GET", "keys/permissions", keys::permissions),
    route("GET", "keys", keys::list),
    route("POST", "keys", keys::create),
    route("PUT", "keys/{guid}", keys::update),
    route("DELETE", "keys/{guid}", keys::delete),
    route("GET", "people/@self", people::oneself),
    route("GET", "people/email", people::by_email),
    route("GET", "people/filter", people_filter::filter),
    route("GET", "people/room/{id}", room_people::people),
    route("GET", "people/{id}", people::person),
    route("GET", "group", groups::list),
    route("GET", "group/room/{id}", room_people::groups),
    route("GET", "group/{guid}", groups::group),
    route("DELETE", "group/{guid}", groups::delete),
    route("GET", "settings/webhook", webhooks::list),
    probed("POST", "settings/webhook", webhooks::create),
    probed("PUT", "settings/webhook", webhooks::update),
    probed("PUT", "settings/webhook/enable", webhooks::enable),
    route("DELETE", "settings/webhook/{id}", webhooks::delete),
    route("GET", "settings/webhook/triggers", webhooks::triggers),
    route("PUT", "settings/webhook/retry", webhook_log::retry_all),
    route("PUT", "settings/webhook/{id}/retry", webhook_log::retry),
    route("GET", "settings/webhooks/log", webhook_log::list),
];

/// The endpoint for this request, and the values of its variable parts.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let path = path.strip_prefix("/api/2.0/")?.trim_end_matches('/');
    ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| captures(route.template, path).map(|captures| (route, captures)))
}

/// The response to a request that no endpoint serves: the allowed methods, if any (rooms-api.md J.3).
pub(crate) fn unserved(path: &str) -> Reply {
    let methods = ["DELETE", "GET", "POST", "PUT"];
    let served: Vec<&str> = methods
        .into_iter()
        .filter(|method| find(method, path).is_some())
        .collect();
    if served.is_empty() {
        return Reply::empty(404);
    }
    Reply {
        headers: vec![("Allow", served.join(", "))],
        ..Reply::empty(405)
    }
}

/// The endpoint with this template.
pub(crate) fn of_template(method: &str, template: &str) -> Option<&'static Route> {
    ROUTES
        .iter()
        .find(|route| route.method == method && route.template == template)
}

fn captures(template: &str, path: &str) -> Option<Vec<String>> {
    let (mut parts, mut captured) = (path.split('/'), Vec::new());
    for segment in template.split('/') {
        let part = parts.next()?;
        if segment == "{guid}" {
            captured.push(any_guid(&percent_decoded(part))?);
        } else if segment.starts_with('{') && !is_word_of_a_route(part) {
            captured.push(percent_decoded(part));
        } else if !segment.eq_ignore_ascii_case(part) {
            return None;
        }
    }
    parts.next().is_none().then_some(captured)
}

/// Words in the place of an id, from routes of the real portal that are not served here.
fn is_word_of_a_route(part: &str) -> bool {
    const WORDS: [&str; 11] = [
        "fileops",
        "move",
        "checkdestfolder",
        "tags",
        "logos",
        "templates",
        "roomtemplate",
        "covers",
        "fromtemplate",
        "roomquota",
        "resetquota",
    ];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(part))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        let digits: String = bytes.clone().take(2).map(char::from).collect();
        match u8::from_str_radix(&digits, 16)
            .ok()
            .filter(|_| byte == b'%' && digits.len() == 2)
        {
            Some(decoded) => {
                out.push(decoded);
                bytes.nth(1);
            }
            None => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Whether a key with these scopes may use the endpoint. No scopes means every right.
pub(crate) fn scope_opens(scopes: &[String], route: &Route) -> bool {
    let has = |scope: &str| scopes.iter().any(|held| held == scope);
    let is_read = route.method == "GET";
    if scopes.is_empty() || has("*") || has("*:write") || (is_read && has("*:read")) {
        return true;
    }
    let (read, write) = match (route.template.split('/').next(), route.template) {
        // These need no scope.
        (_, "keys/@self") => return true,
        (_, "people/{id}") if is_read => return true,
        (_, "people/@self") => ("accounts.self:read", "accounts.self:write"),
        (_, template) if template.starts_with("files/rooms") => ("rooms:read", "rooms:write"),
        (Some("files"), _) => ("files:read", "files:write"),
        (Some("people"), _) => ("accounts:read", "accounts:write"),
        (Some("group"), _) if is_read => return has("accounts:read"),
        _ => return false,
    };
    has(write) || (is_read && has(read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_ignore_case_and_decode_their_variable_parts() {
        let (route, captured) = find("GET", "/api/2.0/Files/Rooms/drive-7-%7Cab/share").unwrap();
        assert_eq!(route.template, "files/rooms/{id}/share");
        assert_eq!(captured, ["drive-7-|ab"]);
        assert!(find("PATCH", "/api/2.0/files/rooms/7").is_none());
        assert!(find("GET", "/api/2.0/files/logos").is_none());
        assert!(find("GET", "/api/2.0/files/fileops/move").is_none());
        assert!(find("GET", "/api/2.0/group/abc").is_none());
    }

    #[test]
    fn a_wrong_method_is_answered_with_the_allowed_ones() {
        let status = |path: &str| unserved(path).status;
        assert_eq!(status("/api/2.0/nothing/here"), 404);
        assert_eq!(status("/api/2.0/keys/abc"), 404);
        let reply = unserved("/api/2.0/keys/11111111-2222-4333-8444-555555555555");
        assert_eq!(reply.status, 405);
        assert_eq!(reply.headers, [("Allow", "DELETE, PUT".to_owned())]);
    }

    #[test]
    fn scopes_open_only_their_method_and_route() {
        let opens = |scopes: &[&str], method: &str, path: &str| {
            let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            scope_opens(&scopes, find(method, path).unwrap().0)
        };
        assert!(opens(
            &["rooms:read"],
            "GET",
            "/api/2.0/files/rooms/7/share"
        ));
        assert!(!opens(
            &["rooms:read"],
            "PUT",
            "/api/2.0/files/rooms/7/share"
        ));
        assert!(!opens(&["rooms:write"], "POST", "/api/2.0/files/folder/7"));
        assert!(!opens(&["rooms:write"], "POST", "/api/2.0/files/owner"));
        assert!(opens(&["files:write"], "POST", "/api/2.0/files/owner"));
        assert!(!opens(&["accounts:write"], "GET", "/api/2.0/group"));
        assert!(opens(&["rooms:read"], "GET", "/api/2.0/people/x"));
        assert!(!opens(&["rooms:write"], "GET", "/api/2.0/settings/webhook"));
        assert!(opens(&["*:read"], "GET", "/api/2.0/settings/webhook"));
        assert!(opens(&[], "POST", "/api/2.0/settings/webhook"));
    }
}
