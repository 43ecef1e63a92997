//! Background operations: starting, watching, ending (rooms-api.md D).

use serde_json::{Value, json};

use crate::simulator::api::copying::{Relocation, Resolve};
use crate::simulator::api::deleting;
use crate::simulator::api::moving;
use crate::simulator::dto::folder::Shown;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::operations::{Done, Operation, OperationKind, Queue};
use crate::simulator::state::world::World;
use crate::simulator::wire::body::Body;
use crate::simulator::wire::call::{Answer, Call, Outcome, enumerated};
use crate::simulator::wire::refusal::{Exception, Refusal};

const KINDS: [(&str, i64); 8] = [
    ("Move", 0),
    ("Copy", 1),
    ("Delete", 2),
    ("Download", 3),
    ("MarkAsRead", 4),
    ("Import", 5),
    ("Convert", 6),
    ("Duplicate", 7),
];

const RESOLVES: [(&str, i64); 3] = [("Skip", 0), ("Overwrite", 1), ("Duplicate", 2)];

/// `GET files/fileops`: the operations that run for the caller, or ended since the last call.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let id = call.query("id");
    let listed = Queue::ALL
        .into_iter()
        .flat_map(|queue| world.listed(call, queue, id))
        .map(|(_, shown)| shown)
        .collect();
    Ok(Answer::streamed(listed))
}

/// `GET files/fileops/{type}`: as [`list`] for one kind. Operations of the other kind in the same queue are consumed
/// without being shown.
pub(crate) fn of_kind(world: &mut World, call: &Call) -> Outcome {
    let code = enumerated(call.capture(), &KINDS)
        .ok_or_else(|| Refusal::not_valid("operationType", call.capture()))?;
    let kinds = [
        OperationKind::Move,
        OperationKind::Copy,
        OperationKind::Delete,
        OperationKind::Download,
        OperationKind::MarkAsRead,
        OperationKind::Duplicate,
    ];
    let kind = kinds.into_iter().find(|kind| kind.code() == code);
    let kind = kind.ok_or(Refusal::Thrown(
        Exception::ArgumentOutOfRange,
        "Specified argument was out of the range of valid values.",
    ))?;
    Ok(world.answer(call, kind, call.query("id")))
}

/// `PUT files/fileops/terminate[/{id}]`: forgets operations.
pub(crate) fn terminate(world: &mut World, call: &Call) -> Outcome {
    let id = call.captures.first().map(String::as_str);
    world.drop_operations(call.caller.as_deref().unwrap_or_default(), id);
    list(world, call)
}

/// `PUT files/fileops/delete`: one entry that is missing or may not be deleted prevents the whole deletion.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("")?;
    let batch = Batch::read(&body)?;
    let immediately = body.plain_flag("immediately")?;
    let id = if batch.is_empty() {
        None
    } else {
        deleting::check(world, &who, &batch.folders, batch.has_files, immediately)?;
        Some(deleting::start(
            world,
            &who,
            &batch.folders,
            batch.is_held,
            immediately,
        ))
    };
    Ok(world.answer(call, OperationKind::Delete, batch.only(id.as_deref())))
}

/// `PUT files/fileops/emptytrash`.
pub(crate) fn empty_trash(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let is_single = call.query_flag("single", false)?;
    let trash = world.trash_of(&who);
    let inside: Vec<EntryId> = world
        .children(&trash)
        .map(|entry| entry.id.clone())
        .collect();
    let id = if inside.is_empty() {
        None
    } else {
        deleting::check(world, &who, &inside, false, false)?;
        Some(deleting::start(world, &who, &inside, true, false))
    };
    let only = id.as_deref().filter(|_| is_single);
    Ok(world.answer(call, OperationKind::Delete, only))
}

/// `PUT files/fileops/move`.
pub(crate) fn move_entries(world: &mut World, call: &Call) -> Outcome {
    relocate(world, call, OperationKind::Move)
}

/// `PUT files/fileops/copy`.
pub(crate) fn copy(world: &mut World, call: &Call) -> Outcome {
    relocate(world, call, OperationKind::Copy)
}

fn relocate(world: &mut World, call: &Call, kind: OperationKind) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("")?;
    let mut batch = Batch::read(&body)?;
    let resolve = resolve(&body)?;
    let takes_content = body.plain_flag("content")?;
    body.plain_flag("toFillOut")?;
    let dest = body.value("destFolderId").and_then(entry_id);
    let id = if batch.is_empty() {
        None
    } else {
        if takes_content {
            batch.folders = batch
                .folders
                .iter()
                .flat_map(|id| world.children(id).map(|entry| entry.id.clone()))
                .collect();
        }
        let relocation = Relocation {
            who,
            dest: dest.unwrap_or(EntryId::Text(String::new())),
            copies: kind == OperationKind::Copy,
            resolve,
        };
        Some(moving::start(
            world,
            &relocation,
            &batch.folders,
            batch.has_files,
            batch.is_held,
        )?)
    };
    Ok(world.answer(call, kind, batch.only(id.as_deref())))
}

/// `PUT files/fileops/duplicate`: the operation reports what is not allowed.
pub(crate) fn duplicate(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("")?;
    let batch = Batch::read(&body)?;
    if batch.has_files {
        return Err(Refusal::Unforeseen("no such file"));
    }
    let id = (!batch.is_empty()).then(|| moving::duplicate(world, &who, &batch.folders));
    Ok(world.answer(call, OperationKind::Duplicate, batch.only(id.as_deref())))
}

/// `PUT files/fileops/markasread`.
pub(crate) fn mark_as_read(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("")?;
    let batch = Batch::read(&body)?;
    let id = (!batch.is_empty()).then(|| {
        let read: Vec<EntryId> = batch
            .folders
            .iter()
            .filter(|id| world.may_read(Some(&who), id))
            .cloned()
            .collect();
        let done = Done {
            is_held: true,
            processed: read.len(),
            folders: read,
            ..Done::default()
        };
        world.start_operation(&who, OperationKind::MarkAsRead, done)
    });
    Ok(world.answer(call, OperationKind::MarkAsRead, batch.only(id.as_deref())))
}

/// The body of a request for an operation.
struct Batch {
    folders: Vec<EntryId>,
    /// There are no files here, so every file is a missing one.
    has_files: bool,
    /// Whether the end of the operation is reported; not with `deleteAfter`.
    is_held: bool,
    /// Whether the response contains this operation only.
    is_single: bool,
}

impl Batch {
    fn read(body: &Body) -> Result<Self, Refusal> {
        let ids = |name: &str| -> Result<Vec<EntryId>, Refusal> {
            let values = body.list(name)?.unwrap_or_default();
            if values.iter().any(is_too_large) {
                return Err(Refusal::Unforeseen(
                    "Either the JSON value is not in a supported format, or is out of bounds for an Int32.",
                ));
            }
            Ok(values.iter().filter_map(entry_id).collect())
        };
        Ok(Self {
            folders: ids("folderIds")?,
            has_files: !ids("fileIds")?.is_empty(),
            is_held: !body.plain_flag("deleteAfter")?,
            is_single: body.plain_flag("returnSingleOperation")?,
        })
    }

    fn is_empty(&self) -> bool {
        self.folders.is_empty() && !self.has_files
    }

    fn only<'id>(&self, id: Option<&'id str>) -> Option<&'id str> {
        id.filter(|_| self.is_single)
    }
}

/// Whether the value is a number that does not fit 32 bits.
fn is_too_large(value: &Value) -> bool {
    value.is_number()
        && value
            .as_i64()
            .and_then(|id| i32::try_from(id).ok())
            .is_none()
}

/// A number, also as a string, or the id of a connected storage as text. Anything else is skipped.
fn entry_id(value: &Value) -> Option<EntryId> {
    match value {
        Value::Number(number) => number.as_i64().map(EntryId::Number),
        Value::String(text) => Some(EntryId::from_route(text.trim())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn resolve(body: &Body) -> Result<Resolve, Refusal> {
    let code = match body.value("conflictResolveType") {
        None => 0,
        Some(Value::Number(number)) if number.is_i64() => number.as_i64().unwrap_or_default(),
        Some(Value::String(text)) => enumerated(text, &RESOLVES)
            .ok_or_else(|| body.wrong_type("conflictResolveType", "FileConflictResolveType"))?,
        Some(_) => {
            return Err(body.wrong_type("conflictResolveType", "FileConflictResolveType"));
        }
    };
    Ok(match code {
        1 => Resolve::Overwrite,
        2 => Resolve::Duplicate,
        _ => Resolve::Skip,
    })
}

impl World {
    /// The caller's operations of this kind, or the one with this id.
    fn answer(&mut self, call: &Call, kind: OperationKind, id: Option<&str>) -> Answer {
        let listed = self.listed(call, kind.queue(), id);
        let of_kind = listed.into_iter().filter(|(listed, _)| *listed == kind);
        Answer::streamed(of_kind.map(|(_, shown)| shown).collect())
    }

    /// One operation instead of a list: the first one.
    pub(crate) fn one_operation(&mut self, call: &Call, queue: Queue, id: Option<&str>) -> Outcome {
        let first = self.listed(call, queue, id).into_iter().next();
        first
            .map(|(_, shown)| Answer::of(shown))
            .ok_or(Refusal::Unforeseen(
                "Object reference not set to an instance of an object.",
            ))
    }

    /// All operations of the queue, as the response to the deletion of a folder.
    pub(crate) fn all_operations(&mut self, call: &Call, queue: Queue) -> Answer {
        let listed = self.listed(call, queue, None);
        Answer::streamed(listed.into_iter().map(|(_, shown)| shown).collect())
    }

    fn listed(
        &mut self,
        call: &Call,
        queue: Queue,
        id: Option<&str>,
    ) -> Vec<(OperationKind, Value)> {
        let who = call.caller.as_deref();
        self.look_at_operations(who.unwrap_or_default(), queue, id)
            .into_iter()
            .map(|operation| (operation.kind, self.operation(who, &operation)))
            .collect()
    }

    fn operation(&self, who: Option<&str>, operation: &Operation) -> Value {
        let is_finished = operation.is_finished;
        let mut ids = operation.folders.clone();
        ids.sort();
        ids.dedup();
        let shown = |id: &EntryId| {
            let entry = self.entries.get(id)?;
            Some(self.folder(who, entry, Shown::Changed))
        };
        let is_shown = is_finished && operation.kind != OperationKind::Delete && !ids.is_empty();
        let folders: Option<Vec<Value>> = is_shown.then(|| ids.iter().filter_map(shown).collect());
        json!({
            "id": operation.id, "Operation": operation.kind.code(), "progress": if is_finished { 100 } else { 0 },
            "error": if is_finished { operation.error.as_str() } else { "" },
            "processed": if is_finished { operation.processed.to_string() } else { "0".to_owned() },
            "finished": is_finished, "status": if is_finished { 2 } else { 1 }, "folders": folders,
        })
    }
}
