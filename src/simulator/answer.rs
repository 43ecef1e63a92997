//! Envelopes, statuses, and the bodies that are empty where one expects a reason.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

/// What a call is answered with.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    /// Whether the server has such a route at all.
    pub(super) known: bool,
}

/// The kinds of exception whose text and type the server tells.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fail {
    NotFound,
    /// A rule: `InvalidOperationException`, 403.
    Rule(&'static str),
    /// A right: `SecurityException`, 403, always the same words.
    Right,
    /// `ArgumentException`, 400, in the error envelope.
    Argument(&'static str),
    /// An anonymous caller.
    Anonymous,
    /// Anything unforeseen.
    Internal,
}

pub(super) type Outcome = Result<Answer, Fail>;

impl Answer {
    fn bare(status: u16) -> Self {
        Self {
            status,
            body: None,
            known: true,
        }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self::bare(status)
    }

    pub(super) fn unknown() -> Self {
        Self {
            known: false,
            ..Self::bare(404)
        }
    }

    /// The success envelope. `count` is 1 for an object, the length for a list.
    pub(super) fn ok(response: Value) -> Self {
        let count = match &response {
            Value::Array(items) => json!(items.len()),
            Value::Null => json!(0),
            _ => json!(1),
        };
        Self::enveloped(response, count, None)
    }

    pub(super) fn counted(response: Value, count: i64, total: usize) -> Self {
        Self::enveloped(response, json!(count), Some(total))
    }

    fn enveloped(response: Value, count: Value, total: Option<usize>) -> Self {
        let mut body = Map::new();
        if !response.is_null() {
            body.insert("response".to_owned(), response);
        }
        body.insert("count".to_owned(), count);
        if let Some(total) = total {
            body.insert("total".to_owned(), json!(total));
        }
        body.insert("links".to_owned(), json!([]));
        body.insert("status".to_owned(), json!(0));
        body.insert("statusCode".to_owned(), json!(200));
        Self {
            status: 200,
            body: Some(Value::Object(body)),
            known: true,
        }
    }

    /// Model validation: 400 inside the success envelope.
    pub(super) fn invalid(key: &str, message: &str) -> Self {
        let body = json!({
            "response": {
                "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
                "title": "One or more validation errors occurred.",
                "status": 400,
                "errors": { key: [message] },
                "traceId": "00-0-0-00",
            },
            "count": 1, "links": [], "status": 1, "statusCode": 400,
        });
        Self {
            status: 400,
            body: Some(body),
            known: true,
        }
    }

    pub(super) fn response(&self) -> Response {
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("application/json; charset=utf-8"),
        );
        response
    }
}

impl From<Fail> for Answer {
    fn from(fail: Fail) -> Self {
        // The words are localised on a real portal: here they are German, so that nobody matches on them.
        let (status, message, kind) = match fail {
            Fail::NotFound => (
                404,
                "Der benötigte Ordner wurde nicht gefunden",
                "ASC.Common.Web.ItemNotFoundException",
            ),
            Fail::Rule(message) => (403, message, "System.InvalidOperationException"),
            Fail::Right => (
                403,
                "Zugriff verweigert",
                "System.Security.SecurityException",
            ),
            Fail::Argument(message) => (400, message, "System.ArgumentException"),
            Fail::Anonymous => (401, "Nicht angemeldet", ""),
            Fail::Internal => (
                500,
                "Object reference not set to an instance of an object.",
                "System.NullReferenceException",
            ),
        };
        let mut error = json!({ "message": message });
        if let (Some(error), false) = (error.as_object_mut(), kind.is_empty()) {
            error.insert("type".to_owned(), json!(kind));
            error.insert("stack".to_owned(), json!("   at ASC.Files.Core"));
            error.insert("hresult".to_owned(), json!(-2_146_233_079));
        }
        let body = json!({ "error": error, "status": 1, "statusCode": status });
        Self {
            status,
            body: Some(body),
            known: true,
        }
    }
}
