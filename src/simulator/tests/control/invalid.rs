//! Invalid calls.

use super::site;

#[tokio::test]
async fn an_invalid_call_is_answered_with_the_error_and_an_example() {
    let site = site().await;
    for (call, body, error) in [
        ("POST /rooms", "", "missing field `title`"),
        ("POST /rooms", "nonsense", "not a JSON object"),
        ("POST /rooms", r#"["x"]"#, "not a JSON object"),
        (
            "POST /rooms",
            r#"{"titel": 1}"#,
            "unknown field `titel`, expected one of `title`",
        ),
        (
            "POST /rooms",
            r#"{"title": "x", "owner": "ann", "type": 5}"#,
            "no account `ann`; write an id or one of anna, ben",
        ),
        (
            "POST /rooms",
            r#"{"title": "x", "owner": "ben", "type": "x"}"#,
            "write `custom`, `collaboration`",
        ),
        (
            "POST /rooms",
            r#"{"title": "x", "owner": "ben", "type": 5, "members": {"HR": "king"}}"#,
            "write `room-manager`",
        ),
        (
            "POST /rooms",
            r#"{"title": "x", "owner": "ben", "type": 5, "members": {"Hr": 2}}"#,
            "no account or group `Hr`; write an id or one of HR, anna",
        ),
        (
            "PUT /rooms/deals",
            r#"{"older": "soon"}"#,
            "write one such as `250ms`",
        ),
        (
            "PUT /rooms/deals",
            r#"{"archived": "yes"}"#,
            "expected a boolean",
        ),
        (
            "PUT /rooms/deals",
            r#"{"by": "nobody"}"#,
            "no account `nobody`",
        ),
        (
            "POST /rooms/deals/events",
            r#"{"trigger": "room.made"}"#,
            "is not a trigger; the triggers are folder.created",
        ),
        (
            "POST /rooms/deals/folders",
            r#"{"path": " / "}"#,
            "names no folder",
        ),
        (
            "PUT /rooms/deals/members/ben",
            r#"{"access": "king"}"#,
            "write `room-manager`",
        ),
        (
            "POST /accounts",
            r#"{"name": "E", "email": "e@x", "type": "Admin"}"#,
            "write `DocSpaceAdmin`",
        ),
        (
            "PUT /accounts/ben",
            r#"{"status": "gone"}"#,
            "write `active`",
        ),
        (
            "POST /groups",
            r#"{"name": "G", "members": ["nobody"]}"#,
            "no account `nobody`",
        ),
        (
            "PUT /keys/svc",
            r#"{"expires": "tomorrow"}"#,
            "write one such as `2030",
        ),
        ("POST /keys", r#"{"of": "nobody"}"#, "no account `nobody`"),
        (
            "POST /webhooks",
            r#"{"url": "x", "secret": "y"}"#,
            "write http://",
        ),
        (
            "POST /webhooks",
            r#"{"url": "http://x", "secret": "y", "triggers": ["a"]}"#,
            "the triggers are user.created",
        ),
        (
            "POST /clock",
            r#"{"advance": "-1s"}"#,
            "write one such as `250ms`",
        ),
        (
            "POST /faults",
            r#"{"kind": "endles"}"#,
            "expected one of `delay`, `status`",
        ),
        (
            "POST /faults",
            r#"{"kind": {"html": 99}}"#,
            "from 200 to 599",
        ),
        (
            "POST /faults",
            r#"{"kind": "endless", "probability": 2}"#,
            "from 0 to 1",
        ),
        (
            "POST /faults",
            r#"{"kind": {"replace": {"member": "id", "value": 1}}}"#,
            "JSON pointer",
        ),
        (
            "PUT /limits",
            r#"{"perHour": 1}"#,
            "expected one of `perMinute`",
        ),
        (
            "PUT /latency",
            r#"{"latency": "2s..1s"}"#,
            "the shorter duration first",
        ),
        ("PUT /contention", r#"{"nested": 2}"#, "from 0 to 1"),
    ] {
        let (status, got) = site.send(call, body).await;
        assert_eq!(status, 400, "{call} {body}");
        let text = got["error"].as_str().unwrap();
        assert!(text.contains(error), "{call} {body}: {text}");
        assert!(got["write"].is_object(), "{call}");
    }
    for call in [
        "GET /rooms/nowhere",
        "GET /accounts/nobody",
        "PUT /groups/none",
        "PUT /keys/none",
        "DELETE /webhooks/1",
        "DELETE /rooms/deals/tags/none",
        "DELETE /folders/4",
        "POST /deliveries/1/retry",
        "POST /deliveries/1/repeat",
        "DELETE /faults/1",
    ] {
        let (status, got) = site.send(call, r#"{"name": "x"}"#).await;
        let is_body = call.starts_with("PUT /keys");
        assert_eq!(status, if is_body { 400 } else { 404 }, "{call}");
        assert!(got["error"].is_string());
    }
    let (status, got) = site.send("PUT /rooms/deals", r#"{"owner": "cleo"}"#).await;
    assert!(status == 409 && got["error"].as_str().unwrap().contains("RoomAdmin"));
}
