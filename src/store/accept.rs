//! Taking in deliveries: each with its room's job, durable before the answer. What arrives while one transaction is
//! under way shares the next one.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::{Notify, mpsc, oneshot};

use super::{Error, Store, millis};
use crate::delivery::{Accepted, Delivery};
use crate::room::RoomId;

/// The most deliveries that share a transaction.
const BATCH: usize = 256;

#[derive(Debug)]
pub(super) struct Request {
    delivery: Delivery,
    room: RoomId,
    body: String,
    done: oneshot::Sender<Result<Accepted, String>>,
}

impl Store {
    /// Stores a delivery and wakes its room, durably. A known delivery is stored once and wakes its room all the
    /// same; one without a room is not stored.
    ///
    /// # Errors
    /// Nothing was stored.
    pub async fn accept(&self, delivery: &Delivery, body: &str) -> Result<Accepted, Error> {
        let Some(room) = delivery.room.clone() else {
            return Ok(Accepted::Irrelevant);
        };
        let (done, answer) = oneshot::channel();
        let request = Request {
            delivery: delivery.clone(),
            room,
            body: body.to_owned(),
            done,
        };
        let closed = || Error::Unavailable("it is closed".to_owned());
        self.accept.send(request).await.map_err(|_| closed())?;
        answer
            .await
            .map_err(|_| closed())?
            .map_err(Error::Unavailable)
    }
}

pub(super) async fn writer(
    mut requests: mpsc::Receiver<Request>,
    db: SqlitePool,
    woken: Arc<Notify>,
) {
    let mut batch = Vec::new();
    // Waits for one and takes what else is there: no timer, no added delay.
    while requests.recv_many(&mut batch, BATCH).await > 0 {
        let written = write(&db, &batch).await;
        woken.notify_one();
        match written {
            Ok(answers) => {
                for (request, answer) in batch.drain(..).zip(answers) {
                    // A caller that went away does not need the answer.
                    let _ = request.done.send(Ok(answer));
                }
            }
            Err(error) => {
                let reason = error.to_string();
                for request in batch.drain(..) {
                    let _ = request.done.send(Err(reason.clone()));
                }
            }
        }
    }
}

async fn write(db: &SqlitePool, batch: &[Request]) -> Result<Vec<Accepted>, sqlx::Error> {
    let mut tx = db.begin_with("BEGIN IMMEDIATE").await?;
    let mut answers = Vec::with_capacity(batch.len());
    for request in batch {
        let delivery = &request.delivery;
        let at = millis(delivery.received_at);
        let seen: i64 = sqlx::query_scalar(
            "INSERT INTO delivery (id, trigger, room, title, body, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET seen = seen + 1 RETURNING seen",
        )
        .bind(delivery.id)
        .bind(&delivery.trigger)
        .bind(request.room.as_str())
        .bind(&delivery.title)
        .bind(&request.body)
        .bind(at)
        .fetch_one(&mut *tx)
        .await?;
        wake(&mut tx, &request.room, delivery.received_at, true).await?;
        answers.push(if seen == 1 {
            Accepted::New
        } else {
            Accepted::Seen
        });
    }
    tx.commit().await?;
    Ok(answers)
}

/// One job per room; an event keeps the earlier due time, and brings a dead letter back to life.
pub(super) async fn wake(
    tx: &mut Transaction<'_, Sqlite>,
    room: &RoomId,
    now: Timestamp,
    fresh: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO job (room, generation, fresh, due) VALUES (?1, 1, ?2, ?3)
         ON CONFLICT (room) DO UPDATE SET
            generation = generation + 1, fresh = max(fresh, excluded.fresh), due = min(due, excluded.due),
            attempt = 0, dead = NULL",
    )
    .bind(room.as_str())
    .bind(fresh)
    .bind(millis(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
