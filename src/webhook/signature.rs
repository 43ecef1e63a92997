//! Verifies that a body comes from the portal: HMAC-SHA256 over the raw bytes (docs/docspace.md, signature).

use axum::body::Bytes;
use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The header of the signature.
const HEADER: &str = "x-docspace-signature-256";

/// The secrets that must sign deliveries.
#[derive(Debug, Clone)]
pub enum Secrets {
    /// The current secret, and the previous one during a rotation.
    Required {
        /// The current secret.
        current: SecretString,
        /// The previous secret.
        previous: Option<SecretString>,
    },
    /// Anyone may deliver: only for experiments.
    InsecureSkip,
}

/// A body with a valid signature. Only [`verify`] creates one.
#[derive(Debug, Clone)]
pub struct VerifiedBody(String);

impl VerifiedBody {
    /// The body.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Why a body is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// There is no signature.
    #[error("it has no signature; check that the webhook has a secret")]
    Missing,
    /// There are several.
    #[error("it has several signatures")]
    Several,
    /// The header is not `sha256=` and 64 hexadecimal digits.
    #[error("its signature is malformed")]
    Malformed,
    /// It was signed with another secret, or changed in transit.
    #[error("its signature is wrong; check that the configured secret is that of the webhook")]
    Wrong,
    /// The body is not text.
    #[error("its body is not UTF-8")]
    NotText,
}

/// Verifies a body, in constant time over its bytes.
///
/// # Errors
/// Why it is rejected.
pub fn verify(
    headers: &HeaderMap,
    body: Bytes,
    secrets: &Secrets,
) -> Result<VerifiedBody, Unverified> {
    if let Secrets::Required { current, previous } = secrets {
        let mut all = headers.get_all(HEADER).iter();
        let header = all.next().ok_or(Unverified::Missing)?;
        if all.next().is_some() {
            return Err(Unverified::Several);
        }
        let signature = header
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix("sha256="))
            .and_then(|digits| hex::decode(digits).ok())
            .filter(|signature| signature.len() == 32)
            .ok_or(Unverified::Malformed)?;
        let signed = |secret: &SecretString| {
            <Hmac<Sha256> as KeyInit>::new_from_slice(secret.expose_secret().as_bytes())
                .is_ok_and(|mac| mac.chain_update(&body).verify_slice(&signature).is_ok())
        };
        // Both are always computed, so that the time reveals nothing.
        let by_current = signed(current);
        let by_previous = previous.as_ref().is_some_and(signed);
        if !(by_current | by_previous) {
            return Err(Unverified::Wrong);
        }
    }
    String::from_utf8(Vec::from(body))
        .map(VerifiedBody)
        .map_err(|_| Unverified::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "Rooms-2026!Prov1sion";
    const BODY: &str = r#"{"event":{"id":1042,"createOn":"2026-07-01T09:15:42Z","createBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","trigger":"room.created","triggerId":4194304},"payload":{"id":57,"parentId":4,"securityByUsers":{},"folderIdDisplay":4,"rootId":4,"title":"Contracts 2026","createBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","modifiedBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","createOn":"2026-07-01T09:15:42Z","modifiedOn":"2026-07-01T09:15:42Z","rootFolderType":14,"rootCreateBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","fileEntryType":1},"webhook":{"id":3,"name":"room-provisioner","url":"https://hooks.example.org/docspace","triggers":["room.created"]}}"#;
    const SIGNATURE: &str =
        "sha256=3250512949560E01DF760C2CBD9658D47B13749EE5847B71DBA463B8C24BC0B6";

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, value.parse().unwrap());
        }
        headers
    }

    fn secrets(current: &str, previous: Option<&str>) -> Secrets {
        Secrets::Required {
            current: current.into(),
            previous: previous.map(Into::into),
        }
    }

    fn check(values: &[&str], body: &str, secrets: &Secrets) -> Result<(), Unverified> {
        verify(
            &headers(values),
            Bytes::copy_from_slice(body.as_bytes()),
            secrets,
        )
        .map(drop)
    }

    #[test]
    fn a_delivery_of_the_portal_is_accepted_in_upper_and_lower_case() {
        let secrets = secrets(SECRET, None);
        assert_eq!(check(&[SIGNATURE], BODY, &secrets), Ok(()));
        let lower = format!(
            "sha256={}",
            SIGNATURE.trim_start_matches("sha256=").to_lowercase()
        );
        assert_eq!(check(&[&lower], BODY, &secrets), Ok(()));
    }

    #[test]
    fn the_previous_secret_is_accepted_during_a_rotation() {
        assert_eq!(
            check(
                &[SIGNATURE],
                BODY,
                &secrets("Another-1-secret", Some(SECRET))
            ),
            Ok(())
        );
        assert_eq!(
            check(&[SIGNATURE], BODY, &secrets("Another-1-secret", None)),
            Err(Unverified::Wrong)
        );
    }

    #[test]
    fn everything_else_is_rejected() {
        let secrets = secrets(SECRET, None);
        assert_eq!(check(&[], BODY, &secrets), Err(Unverified::Missing));
        assert_eq!(
            check(&[SIGNATURE, SIGNATURE], BODY, &secrets),
            Err(Unverified::Several)
        );
        assert_eq!(
            check(&["sha1=00"], BODY, &secrets),
            Err(Unverified::Malformed)
        );
        assert_eq!(
            check(&["sha256=00"], BODY, &secrets),
            Err(Unverified::Malformed)
        );
        assert_eq!(
            check(&["sha256=zz"], BODY, &secrets),
            Err(Unverified::Malformed)
        );
        assert_eq!(
            check(&[SIGNATURE], &BODY.replace("57", "58"), &secrets),
            Err(Unverified::Wrong)
        );
    }

    #[test]
    fn secrets_do_not_show() {
        assert!(!format!("{:?}", secrets(SECRET, Some(SECRET))).contains(SECRET));
    }
}
