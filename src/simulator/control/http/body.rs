//! Reading bodies, and responses to bad ones.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::example;
use crate::simulator::control::find::Unknown;

const MAX_BODY: usize = 1 << 20;

/// A type that is read from a body.
pub(super) trait Body: DeserializeOwned {
    /// An example, shown when the body is wrong.
    const EXAMPLE: &'static str;
}

/// A body that was read. An empty body counts as `{}`, and no content type is needed.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

/// The outcome of a call.
pub(super) type Answer = Result<Json<Value>, Problem>;

/// The response to a call that is not valid.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    error: String,
    write: &'static str,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "they are handed to `map_err`"
)]
impl Problem {
    /// An error in the body: 400, with an example.
    pub(super) fn body<T: Body>(error: impl ToString) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: error.to_string(),
            write: T::EXAMPLE,
        }
    }

    /// Something in the path does not exist: 404.
    pub(super) fn missing(error: impl ToString) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            error: error.to_string(),
            write: "",
        }
    }

    /// The portal's own rules forbid it: 409.
    pub(super) fn forbidden(error: impl ToString) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            error: error.to_string(),
            write: "",
        }
    }
}

/// A word in the path that names nothing is not found.
impl From<Unknown> for Problem {
    fn from(unknown: Unknown) -> Self {
        Self::missing(unknown)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut answer = json!({ "error": self.error });
        if let (Some(answer), Some(write)) = (answer.as_object_mut(), example(self.write)) {
            answer.insert("write".to_owned(), write);
        }
        (self.status, Json(answer)).into_response()
    }
}

impl<S: Send + Sync, T: Body> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let body = to_bytes(request.into_body(), MAX_BODY)
            .await
            .map_err(Problem::body::<T>)?;
        let body = if body.trim_ascii().is_empty() {
            b"{}".as_slice()
        } else {
            &body
        };
        // A JSON array would fill the members by position.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(Problem::body::<T>("the body is not a JSON object"));
        }
        serde_json::from_slice(body)
            .map(Self)
            .map_err(Problem::body::<T>)
    }
}

/// Shows a value as JSON.
pub(super) fn answer(value: impl serde::Serialize) -> Answer {
    Ok(Json(serde_json::to_value(value).unwrap_or_default()))
}
