//! Signing in (rooms-api.md K.3).

use serde_json::json;
use sha2::Sha256;

use crate::simulator::state::people::EmployeeStatus;
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// The PBKDF2 parameters of password hashes. Few rounds, because the simulator holds nothing worth stealing.
const SALT: &str = "4c6f6f6b20617761792c206974277320612073696d756c61746f72";
const ROUNDS: u32 = 1000;
const BITS: usize = 256;

/// `GET settings`: only the members that a client needs to sign in.
pub(crate) fn settings(world: &mut World, call: &Call) -> Outcome {
    let culture = world.options.culture.name();
    let mut answer = json!({
        "culture": culture, "timezone": "UTC", "utcOffset": "00:00:00", "version": "3.7.2",
        "passwordHash": { "size": BITS, "iterations": ROUNDS, "salt": SALT },
    });
    if call.caller.is_some()
        && let Some(answer) = answer.as_object_mut()
    {
        answer.insert("ownerId".to_owned(), json!(world.owner));
    }
    Ok(Answer::of(answer))
}

/// `POST authentication` with `userName` and `password` or `passwordHash`.
pub(crate) fn sign_in(world: &mut World, call: &Call) -> Outcome {
    let body = call.body()?;
    let name = body
        .text("userName")?
        .ok_or_else(|| Refusal::missing_member("userName"))?;
    let wrong = || Refusal::Anonymous(Phrase::WrongPassword);
    let person = world.person_by_email(&name).ok_or_else(wrong)?;
    let (plain, hash) = (body.text("password")?, body.text("passwordHash")?);
    let known = &person.password.0;
    let is_right = plain.as_ref() == Some(known)
        || hash.is_some_and(|hash| hash.eq_ignore_ascii_case(&hashed(known)));
    if !is_right || person.status == EmployeeStatus::Terminated {
        return Err(wrong());
    }
    let id = person.id.clone();
    let token = world.new_session(&id);
    let expires = world.now() + jiff::SignedDuration::from_hours(24 * 365);
    Ok(Answer::of(json!({
        "token": token, "expires": world.date(expires), "sms": false, "tfa": false,
    })))
}

/// PBKDF2 with HMAC-SHA256, as hexadecimal digits. 256 bits are one block.
fn hashed(password: &str) -> String {
    let mut bytes = [0; BITS / 8];
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), SALT.as_bytes(), ROUNDS, &mut bytes);
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_hash_is_256_bits_of_pbkdf2() {
        assert_eq!(super::hashed("simulated").len(), 64);
        assert_ne!(super::hashed("simulated"), super::hashed("simulated "));
    }
}
