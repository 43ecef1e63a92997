//! The endpoints the portal has, and which scope of an API key opens them (docs/docspace.md, authentication).

use super::call::Controller;
use super::{
    api_folders, api_listing, api_people, api_rooms, api_settings, api_webhooks, share,
    share_listing,
};

/// Who answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Handler {
    /// A controller that answers at once.
    Now(Controller),
    /// A change of a webhook, which asks the webhook's URL first.
    AfterProbe(Controller),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Route {
    pub(super) method: &'static str,
    /// The path below `/api/2.0/`, with `{}` for what varies.
    pub(super) template: &'static str,
    pub(super) handler: Handler,
    /// Whether the route lets unknown callers in: then a bad key is 403 instead of 401.
    pub(super) allows_anonymous: bool,
}

impl Route {
    /// Whether a client looks here for what such work has done: for folders in their listing, for an owner anywhere.
    pub(super) fn shows(&self, work: &Self) -> bool {
        let folders = matches!(self.template, "files/{id}" | "files/{id}/subfolders");
        let members = self.template == "files/rooms/{id}/share";
        let room = matches!(self.template, "files/rooms" | "files/rooms/{id}");
        let shown = match work.template {
            "files/folder/{id}" => folders,
            "files/rooms/{id}/share" => members,
            "files/rooms/{id}" | "files/rooms/{id}/tags" => room,
            _ => folders || members || room,
        };
        self.method == "GET" && shown
    }
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
        api_rooms::template_status,
    ),
    open("GET", "files/rooms/{id}", api_rooms::room),
    route("GET", "files/rooms", api_listing::rooms),
    route("POST", "files/rooms", api_rooms::create),
    route("PUT", "files/rooms/{id}", api_settings::update),
    route("DELETE", "files/rooms/{id}", api_rooms::delete),
    route("GET", "files/rooms/{id}/share", share_listing::list),
    route("PUT", "files/rooms/{id}/share", share::write),
    route("PUT", "files/rooms/{id}/tags", api_settings::add_tags),
    route("DELETE", "files/rooms/{id}/tags", api_settings::remove_tags),
    route("PUT", "files/rooms/{id}/archive", api_rooms::archive),
    route("PUT", "files/rooms/{id}/unarchive", api_rooms::unarchive),
    route("POST", "files/owner", api_rooms::change_owner),
    route("POST", "files/folder/{id}", api_folders::create),
    open("GET", "files/folder/{id}", api_folders::folder),
    route("PUT", "files/folder/{id}", api_folders::rename),
    route("DELETE", "files/folder/{id}", api_folders::delete),
    route("GET", "files/{id}/subfolders", api_listing::subfolders),
    open("GET", "files/{id}", api_listing::contents),
    route("GET", "keys/@self", api_people::own_key),
    route("GET", "people/@self", api_people::oneself),
    route("GET", "people/email", api_people::by_email),
    route("GET", "people/filter", api_people::filter),
    route("GET", "people/{id}", api_people::person),
    route("GET", "group", api_people::groups),
    route("GET", "group/{id}", api_people::group),
    route("GET", "settings/webhook", api_webhooks::list),
    probed("POST", "settings/webhook", api_webhooks::create),
    probed("PUT", "settings/webhook", api_webhooks::update),
    probed("PUT", "settings/webhook/enable", api_webhooks::enable),
    route("DELETE", "settings/webhook/{id}", api_webhooks::delete),
    route("PUT", "settings/webhook/{id}/retry", api_webhooks::retry),
    route("GET", "settings/webhooks/log", api_webhooks::log),
];

/// The endpoint for this request, and what stands in its braces.
pub(super) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let path = path.strip_prefix("/api/2.0/")?.trim_end_matches('/');
    ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| captures(route.template, path).map(|captures| (route, captures)))
}

fn captures(template: &str, path: &str) -> Option<Vec<String>> {
    let (mut parts, mut captured) = (path.split('/'), Vec::new());
    for segment in template.split('/') {
        let part = parts.next()?;
        if segment.starts_with('{') && !is_word_of_a_route(part) {
            captured.push(percent_decoded(part));
        } else if !segment.eq_ignore_ascii_case(part) {
            return None;
        }
    }
    parts.next().is_none().then_some(captured)
}

/// Words that stand where an id could, in routes of the real portal which are not served here.
fn is_word_of_a_route(part: &str) -> bool {
    const WORDS: [&str; 9] = [
        "fileops",
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

/// Whether a key with these scopes may use the endpoint. No scopes at all means every right.
pub(super) fn scope_opens(scopes: &[String], route: &Route) -> bool {
    let has = |scope: &str| scopes.iter().any(|held| held == scope);
    let is_read = route.method == "GET";
    if scopes.is_empty() || has("*") || has("*:write") || (is_read && has("*:read")) {
        return true;
    }
    let (read, write) = match (route.template.split('/').next(), route.template) {
        // These ask for no scope of their own.
        (_, "keys/@self" | "people/{id}") => return true,
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
    fn routes_are_found_without_regard_to_case_and_decode_what_varies() {
        let (route, captured) = find("GET", "/api/2.0/Files/Rooms/drive-7-%7Cab/share").unwrap();
        assert_eq!(route.template, "files/rooms/{id}/share");
        assert_eq!(captured, ["drive-7-|ab"]);
        assert!(find("PATCH", "/api/2.0/files/rooms/7").is_none());
        assert!(find("GET", "/api/2.0/files/fileops").is_none());
    }

    #[test]
    fn scopes_open_their_method_and_route_only() {
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
