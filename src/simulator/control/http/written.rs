//! Bodies that are read, and answers that say what is wrong with them.

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

/// What is read from a body.
pub(super) trait Body: DeserializeOwned {
    /// An example, shown where the body was wrong.
    const WRITE: &'static str;
}

/// A body, read. No body at all is `{}`, and no content type is asked for.
#[derive(Debug)]
pub(super) struct Written<T>(pub(super) T);

/// What is told.
pub(super) type Told = Result<Json<Value>, Wrong>;

/// A call that was not understood.
#[derive(Debug)]
pub(super) struct Wrong {
    status: StatusCode,
    error: String,
    write: &'static str,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "they are handed to `map_err`"
)]
impl Wrong {
    /// Something in the body: 400, with an example.
    pub(super) fn body<T: Body>(error: impl ToString) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: error.to_string(),
            write: T::WRITE,
        }
    }

    /// Something in the path that is not there: 404.
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

/// Words in paths: what they do not mean is missing.
impl From<Unknown> for Wrong {
    fn from(unknown: Unknown) -> Self {
        Self::missing(unknown)
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let mut told = json!({ "error": self.error });
        if let (Some(told), Some(write)) = (told.as_object_mut(), example(self.write)) {
            told.insert("write".to_owned(), write);
        }
        (self.status, Json(told)).into_response()
    }
}

impl<S: Send + Sync, T: Body> FromRequest<S> for Written<T> {
    type Rejection = Wrong;

    async fn from_request(request: Request, _: &S) -> Result<Self, Wrong> {
        let body = to_bytes(request.into_body(), MAX_BODY)
            .await
            .map_err(Wrong::body::<T>)?;
        let body = if body.trim_ascii().is_empty() {
            b"{}".as_slice()
        } else {
            &body
        };
        // Of a list the members would be taken in their order.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(Wrong::body::<T>("the body is no JSON object"));
        }
        serde_json::from_slice(body)
            .map(Self)
            .map_err(Wrong::body::<T>)
    }
}

/// What is told of something that can be shown as JSON.
pub(super) fn told(value: impl serde::Serialize) -> Told {
    Ok(Json(serde_json::to_value(value).unwrap_or_default()))
}
