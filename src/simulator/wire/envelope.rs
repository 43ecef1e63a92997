//! The envelope of every response (docs/docspace.md, envelope).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::simulator::state::options::Culture;
use crate::simulator::wire::call::{Answer, Call};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

const PROBLEM: &str = "application/problem+json; charset=utf-8";
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Success<'call> {
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Value>,
    count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    links: [Link<'call>; 1],
    status: u8,
    status_code: u16,
}

#[derive(Debug, Serialize)]
struct Link<'call> {
    href: &'call str,
    action: &'call str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    error: Thrown,
    status: u8,
    status_code: u16,
}

#[derive(Debug, Serialize)]
struct Thrown {
    message: &'static str,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    stack: Option<&'static str>,
    hresult: i64,
}

/// Status, headers and body, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Empty for a response without a body.
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(crate) fn with(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            body: body.into(),
            content_type,
            headers: Vec::new(),
        }
    }

    fn json(status: u16, body: &impl Serialize) -> Self {
        Self::with(
            status,
            "application/json; charset=utf-8",
            serde_json::to_vec(body).unwrap_or_default(),
        )
    }
}

pub(crate) fn wrap(outcome: Result<Answer, Refusal>, call: &Call, culture: Culture) -> Reply {
    match outcome {
        Ok(answer) => success(answer, call),
        Err(refusal) => failure(refusal, call, culture),
    }
}

fn success(answer: Answer, call: &Call) -> Reply {
    if answer.has_no_content {
        return Reply::empty(204);
    }
    let response = answer.response.map(without_nulls);
    let count = answer.count.unwrap_or_else(|| match &response {
        None => 0,
        Some(Value::Array(items)) => i64::try_from(items.len()).unwrap_or(i64::MAX),
        Some(_) => 1,
    });
    let response = match (response, call.query("fields")) {
        (Some(response), Some(fields)) => Some(trimmed(response, fields)),
        (response, _) => response,
    };
    Reply::json(
        200,
        &Success {
            response,
            count,
            total: answer.total,
            links: links(call),
            status: 0,
            status_code: 200,
        },
    )
}

fn links(call: &Call) -> [Link<'_>; 1] {
    [Link {
        href: &call.href,
        action: &call.method,
    }]
}

fn failure(refusal: Refusal, call: &Call, culture: Culture) -> Reply {
    match refusal {
        Refusal::NotFound(phrase) => thrown(Exception::ItemNotFound, phrase.text(culture)),
        Refusal::Rule(phrase) => thrown(Exception::InvalidOperation, phrase.text(culture)),
        Refusal::Right => thrown(
            Exception::Security,
            Phrase::AccessDenied.text(Culture::English),
        ),
        Refusal::Argument(phrase) => thrown(Exception::Argument, phrase.text(culture)),
        Refusal::Unforeseen(message) => thrown(Exception::NullReference, message),
        Refusal::Contended => thrown(
            Exception::DbUpdate,
            "An error occurred while saving the entity changes. See the inner exception for details.",
        ),
        Refusal::Thrown(exception, message) => thrown(exception, message),
        Refusal::Anonymous(phrase) => error(401, phrase.text(culture), None),
        Refusal::Empty(status) => Reply::empty(status),
        Refusal::Unsupported => unsupported(call),
        Refusal::Validation(faults) => invalid(faults, call),
        Refusal::Forbidden => forbidden(),
    }
}

fn thrown(exception: Exception, message: &'static str) -> Reply {
    let (status, kind, code) = exception.details();
    error(status, message, Some((kind, code)))
}

fn error(status: u16, message: &'static str, kind: Option<(&'static str, i64)>) -> Reply {
    let error = Thrown {
        message,
        kind: kind.map(|(name, _)| name),
        stack: kind.map(
            |_| "   at ASC.Files.Core.Services.WCFService.FileStorageService.<Call>d__0.MoveNext()",
        ),
        hresult: kind.map_or(0, |(_, code)| code),
    };
    Reply::json(
        status,
        &Failure {
            error,
            status: 1,
            status_code: status,
        },
    )
}

/// The response of model validation: a 400 that looks like a success.
fn invalid(faults: Vec<(String, String)>, call: &Call) -> Reply {
    let mut errors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, message) in faults {
        errors.entry(key).or_default().push(message);
    }
    let response = json!({
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "errors": errors,
        "traceId": TRACE,
    });
    let reply = Reply::json(
        400,
        &Success {
            response: Some(response),
            count: 1,
            total: None,
            links: links(call),
            status: 1,
            status_code: 400,
        },
    );
    Reply {
        content_type: PROBLEM,
        ..reply
    }
}

/// The response to a body that is not declared as JSON: a problem in the envelope of a success (rooms-api.md 0).
fn unsupported(call: &Call) -> Reply {
    let response = json!({
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.16",
        "title": "Unsupported Media Type",
        "status": 415,
        "traceId": TRACE,
    });
    let reply = Reply::json(
        415,
        &Success {
            response: Some(response),
            count: 1,
            total: None,
            links: links(call),
            status: 0,
            status_code: 200,
        },
    );
    Reply {
        content_type: PROBLEM,
        ..reply
    }
}

/// The response to a key that lacks the right, on routes that admit unknown callers: a problem without envelope
/// (rooms-api.md J.4).
fn forbidden() -> Reply {
    let problem = json!({
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.4",
        "title": "Forbidden",
        "status": 403,
        "traceId": TRACE,
    });
    Reply {
        content_type: PROBLEM,
        ..Reply::json(403, &problem)
    }
}

/// Removes nulls at every level.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(name, member)| (name, without_nulls(member)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// Keeps only the members of `?fields=a,b.c`.
fn trimmed(value: Value, fields: &str) -> Value {
    let paths: Vec<Vec<&str>> = fields
        .split(',')
        .map(|path| path.trim().split('.').collect())
        .collect();
    kept(value, &paths)
}

fn kept(value: Value, paths: &[Vec<&str>]) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| kept(item, paths)).collect(),
        Value::Object(members) => Value::Object(kept_members(members, paths)),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

fn kept_members(members: Map<String, Value>, paths: &[Vec<&str>]) -> Map<String, Value> {
    let keep = |(name, value): (String, Value)| {
        let below: Vec<Vec<&str>> = paths
            .iter()
            .filter(|path| {
                path.first()
                    .is_some_and(|first| first.eq_ignore_ascii_case(&name))
            })
            .map(|path| path.iter().skip(1).copied().collect())
            .collect();
        match below.iter().any(Vec::is_empty) {
            true => Some((name, value)),
            false if below.is_empty() => None,
            false => Some((name, kept(value, &below))),
        }
    };
    members.into_iter().filter_map(keep).collect()
}
