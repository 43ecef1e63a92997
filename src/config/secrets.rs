//! Secrets, from the environment or from files that the environment or the configuration file names.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{Environment, Error};

/// The file that contains a secret, if the environment does not contain it.
pub(super) fn file(
    name: &str,
    file: Option<PathBuf>,
    environment: Environment<'_>,
) -> Result<Option<PathBuf>, Error> {
    match (environment(name), environment(&format!("{name}_FILE"))) {
        (Some(_), Some(_)) => Err(Error::Value {
            name: name.to_owned(),
            reason: format!("{name}_FILE is set as well; set one of the two"),
        }),
        (Some(_), None) => Ok(None),
        (None, path) => Ok(path.map(PathBuf::from).or(file)),
    }
}

/// A secret, from its file if it has one.
pub(super) fn secret(
    name: &str,
    file: Option<&Path>,
    environment: Environment<'_>,
) -> Result<Option<SecretString>, Error> {
    let text = match file {
        Some(path) => Some(in_file(path, || setting(name, environment))?),
        None => environment(name),
    };
    match text.map(|text| text.trim().to_owned()) {
        Some(text) if text.is_empty() => Err(Error::Value {
            name: name.to_owned(),
            reason: "it is set but empty".to_owned(),
        }),
        text => Ok(text.map(SecretString::from)),
    }
}

/// The API key in a file that a flag names; `-` is standard input.
///
/// # Errors
/// The file cannot be read, or is empty.
pub fn key_file(flag: &str, path: &Path) -> Result<SecretString, Error> {
    let path = if path == Path::new("-") {
        Path::new("/dev/stdin")
    } else {
        path
    };
    match in_file(path, || flag.to_owned())?.trim() {
        "" => Err(Error::Value {
            name: flag.to_owned(),
            reason: format!("`{}` is empty", path.display()),
        }),
        key => Ok(SecretString::from(key.to_owned())),
    }
}

/// The text of a secret's file; `name` is what names the file.
fn in_file(path: &Path, name: impl Fn() -> String) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|cause| Error::Value {
        name: name(),
        reason: format!("`{}` cannot be read: {cause}", path.display()),
    })
}

/// What names the file of a secret: the variable, or the key of the configuration file.
fn setting(name: &str, environment: Environment<'_>) -> String {
    let variable = format!("{name}_FILE");
    match environment(&variable) {
        Some(_) => variable,
        None => variable.to_lowercase().replacen('_', ".", 1),
    }
}

pub(super) fn text_of(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|cause| Error::File {
        path: path.to_owned(),
        cause,
    })
}
