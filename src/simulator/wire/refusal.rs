//! Refusals of the portal: exceptions, model validation, empty bodies (docs/docspace.md, errors).

use crate::simulator::state::options::Culture;

/// Why a request was not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 404 with a body.
    NotFound(Phrase),
    /// 403: a rule forbids it (`InvalidOperationException`), also for missing entries.
    Rule(Phrase),
    /// 403: the right is missing (`SecurityException`); the message is always the same.
    Right,
    /// 400 in the error envelope.
    Argument(Phrase),
    /// 401 in the error envelope, without type and stack.
    Anonymous(Phrase),
    /// 400 inside the success envelope: members and the error of each.
    Validation(Vec<(String, String)>),
    /// 500: a case that the server does not handle.
    Unforeseen(&'static str),
    /// 500: a deadlock in the database, after one unsuccessful retry by the server (rooms-api.md B.2).
    Contended,
    /// An exception with its own message.
    Thrown(Exception, &'static str),
    /// 403 without envelope: a key that is dead or lacks the scope, on routes that admit unknown callers.
    Forbidden,
    /// A status without a body.
    Empty(u16),
    /// 415: a body that is not declared as JSON.
    Unsupported,
}

impl Refusal {
    pub(crate) fn validation(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Validation(vec![(key.into(), message.into())])
    }

    pub(crate) fn not_convertible(path: &str, kind: &str) -> Self {
        Self::validation(
            path,
            format!(
                "The JSON value could not be converted to System.{kind}. Path: {path} | LineNumber: 0 | BytePositionInLine: 0."
            ),
        )
    }

    pub(crate) fn too_long(key: &str, field: &str, longest: usize) -> Self {
        Self::validation(
            key,
            format!("The field {field} must be a string with a maximum length of {longest}."),
        )
    }

    /// A parameter of an address that cannot be read.
    pub(crate) fn not_valid(name: &str, text: &str) -> Self {
        Self::validation(name, format!("The value '{text}' is not valid."))
    }

    pub(crate) fn out_of_range(field: &str, min: i64, max: i64) -> Self {
        Self::validation(
            field,
            format!("The field {field} must be between {min} and {max}."),
        )
    }

    /// The message of the exception, as a job keeps it.
    pub(crate) fn message(&self, culture: Culture) -> String {
        match self {
            Self::NotFound(phrase)
            | Self::Rule(phrase)
            | Self::Argument(phrase)
            | Self::Anonymous(phrase) => phrase.text(culture).to_owned(),
            Self::Right => Phrase::AccessDenied.text(culture).to_owned(),
            Self::Unforeseen(message) | Self::Thrown(_, message) => (*message).to_owned(),
            Self::Validation(_)
            | Self::Contended
            | Self::Empty(_)
            | Self::Unsupported
            | Self::Forbidden => String::new(),
        }
    }

    pub(crate) fn missing_member(name: &str) -> Self {
        Self::validation(
            "$",
            format!("JSON deserialization was missing required properties including: '{name}'."),
        )
    }
}

/// The exceptions of the server (rooms-api.md J.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exception {
    ItemNotFound,
    InvalidOperation,
    Security,
    Argument,
    ArgumentNull,
    Authorizing,
    UnauthorizedAccess,
    NullReference,
    HttpRequest,
    /// An `HttpRequestException` with the code of its cause.
    Tls,
    TaskCanceled,
    MySql,
    ArgumentOutOfRange,
    Aggregate,
    Format,
    Json,
    FileNotFound,
    DbUpdate,
}

impl Exception {
    /// Its status, name and code.
    pub(crate) fn details(self) -> (u16, &'static str, i64) {
        match self {
            Self::ItemNotFound => (404, "ASC.Common.Web.ItemNotFoundException", -2_146_233_088),
            Self::InvalidOperation => (403, "System.InvalidOperationException", -2_146_233_079),
            Self::Security => (403, "System.Security.SecurityException", -2_146_233_078),
            Self::Argument => (400, "System.ArgumentException", -2_147_024_809),
            Self::ArgumentNull => (400, "System.ArgumentNullException", -2_147_467_261),
            Self::Authorizing => (
                403,
                "ASC.Common.Security.Authorizing.AuthorizingException",
                -2_146_233_088,
            ),
            Self::UnauthorizedAccess => (403, "System.UnauthorizedAccessException", -2_147_024_891),
            Self::NullReference => (500, "System.NullReferenceException", -2_147_467_261),
            Self::HttpRequest => (500, "System.Net.Http.HttpRequestException", -2_147_467_259),
            Self::Tls => (500, "System.Net.Http.HttpRequestException", -2_146_233_087),
            Self::TaskCanceled => (
                500,
                "System.Threading.Tasks.TaskCanceledException",
                -2_146_233_029,
            ),
            Self::ArgumentOutOfRange => (400, "System.ArgumentOutOfRangeException", -2_146_233_086),
            Self::Aggregate => (500, "System.AggregateException", -2_146_233_088),
            Self::Format => (500, "System.FormatException", -2_146_233_033),
            Self::Json => (500, "System.Text.Json.JsonException", -2_146_233_088),
            Self::FileNotFound => (404, "System.IO.FileNotFoundException", -2_147_024_894),
            Self::MySql => (500, "MySqlConnector.MySqlException", -2_147_467_259),
            Self::DbUpdate => (
                500,
                "Microsoft.EntityFrameworkCore.DbUpdateException",
                -2_146_233_088,
            ),
        }
    }
}

/// The messages, in the portal's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phrase {
    FolderMissing,
    NoView,
    NoCreate,
    NoEditRoom,
    NoRename,
    EmptyTitle,
    RoleImpossible,
    CannotSelectUser,
    QuotaTooHigh,
    PersonMissing,
    GroupMissing,
    AccessDenied,
    CoverUnknown,
    ProviderUnknown,
    NoPin,
    TagMissing,
    TagTwice,
    TagTooLong,
    EmptyTag,
    WebhookUrl,
    WebhookTwice,
    WebhookSecret,
    WebhookMissing,
    WebhookTrigger,
    TooManyLinks(usize),
    LinkType,
    Expiry,
    PasswordUnfit,
    WrongPassword,
}

impl Phrase {
    pub(crate) fn text(self, culture: Culture) -> &'static str {
        let (english, german) = match self {
            Self::FolderMissing => (
                "The required folder was not found",
                "Der benötigte Ordner wurde nicht gefunden",
            ),
            Self::NoView => (
                "You don't have enough permission to view the folder content",
                "Sie haben nicht genügend Rechte, um den Inhalt des Ordners anzusehen",
            ),
            Self::NoCreate => (
                "You don't have enough permission to create",
                "Sie haben nicht genügend Rechte zum Erstellen",
            ),
            Self::NoEditRoom => (
                "You don't have permission to edit the room",
                "Sie haben keine Berechtigung, den Raum zu bearbeiten",
            ),
            Self::NoRename => (
                "You don't have enough permission to rename the folder",
                "Sie haben nicht genügend Rechte, um den Ordner umzubenennen",
            ),
            Self::EmptyTitle => (
                "Value cannot be null. (Parameter 'title')",
                "Der Wert darf nicht NULL sein. (Parameter 'title')",
            ),
            Self::RoleImpossible => (
                "The role is not available for this user type",
                "Die Rolle ist für diesen Benutzertyp nicht verfügbar",
            ),
            Self::CannotSelectUser => (
                "You cannot select this user",
                "Sie können diesen Benutzer nicht auswählen",
            ),
            Self::QuotaTooHigh => (
                "The quota cannot be larger than the portal storage",
                "Das Kontingent darf nicht größer als der Speicher des Portals sein",
            ),
            Self::PersonMissing => (
                "The user could not be found",
                "Der Benutzer konnte nicht gefunden werden",
            ),
            Self::GroupMissing => (
                "The group could not be found",
                "Die Gruppe konnte nicht gefunden werden",
            ),
            Self::AccessDenied => ("Access denied", "Zugriff verweigert"),
            Self::ProviderUnknown => (
                "Value does not fall within the expected range. (Parameter 'ProviderId')",
                "Der Wert liegt außerhalb des erwarteten Bereichs. (Parameter 'ProviderId')",
            ),
            Self::NoPin => ("You can't pin a room", "Sie können keinen Raum anheften"),
            Self::TagMissing => ("The tag could not be found", "Das Tag wurde nicht gefunden"),
            Self::TagTwice => (
                "Tag with this name already exists",
                "Ein Tag mit diesem Namen gibt es schon",
            ),
            Self::TagTooLong => (
                "The field Name must be a string or array type with a maximum length of '255'.",
                "Das Feld Name darf höchstens 255 Zeichen lang sein.",
            ),
            Self::EmptyTag => (
                "The value cannot be an empty string. (Parameter 'name')",
                "Der Wert darf keine leere Zeichenfolge sein. (Parameter 'name')",
            ),
            Self::CoverUnknown => (
                "The cover could not be found",
                "Das Cover konnte nicht gefunden werden",
            ),
            Self::WebhookUrl => (
                "Webhook URL is not available",
                "Die Webhook-URL ist nicht verfügbar",
            ),
            Self::WebhookTwice => (
                "The webhook already exists",
                "Der Webhook ist bereits vorhanden",
            ),
            Self::WebhookSecret => (
                "The secret key does not meet the password requirements",
                "Der geheime Schlüssel entspricht nicht den Anforderungen an Passwörter",
            ),
            Self::WebhookTrigger => ("Trigger is not available", "Trigger is not available"),
            Self::WebhookMissing => (
                "The webhook could not be found",
                "Der Webhook konnte nicht gefunden werden",
            ),
            Self::WrongPassword => (
                "User authentication failed",
                "Die Anmeldung ist fehlgeschlagen",
            ),
            Self::TooManyLinks(max) => too_many_links(max),
            Self::LinkType => (
                "Operation is not valid due to the current state of the object.",
                "Der Vorgang ist aufgrund des aktuellen Zustands des Objekts ungültig.",
            ),
            Self::Expiry => (
                "Value does not fall within the expected range. (Parameter 'expirationDate')",
                "Der Wert liegt außerhalb des erwarteten Bereichs. (Parameter 'expirationDate')",
            ),
            Self::PasswordUnfit => (
                "The password does not meet the requirements",
                "Das Passwort entspricht nicht den Anforderungen",
            ),
        };
        match culture {
            Culture::English => english,
            Culture::German => german,
        }
    }
}

/// The possible limits: 0, 1, 5 and 6.
fn too_many_links(max: usize) -> (&'static str, &'static str) {
    match max {
        0 => (
            "The maximum number of links may not exceed 0",
            "Die maximale Anzahl von Links darf 0 nicht überschreiten",
        ),
        1 => (
            "The maximum number of links may not exceed 1",
            "Die maximale Anzahl von Links darf 1 nicht überschreiten",
        ),
        5 => (
            "The maximum number of links may not exceed 5",
            "Die maximale Anzahl von Links darf 5 nicht überschreiten",
        ),
        _ => (
            "The maximum number of links may not exceed 6",
            "Die maximale Anzahl von Links darf 6 nicht überschreiten",
        ),
    }
}
