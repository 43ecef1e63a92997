//! The deliveries that are sent.

use std::time::Duration;

use roomwright::simulator::{EntryId, Portal, RoomType, Trigger};
use tokio::sync::watch;

use crate::world::Cast;

/// Deliveries for every three rooms.
const DELIVERIES_FOR_THREE: usize = 100;
/// Of ten rooms, no policy matches one, and our account already manages two.
const TEN: usize = 10;
/// The pause between two hundred deliveries.
const PAUSE: Duration = Duration::from_millis(400);

/// Creates rooms, and sends the portal's events again, in any order and under old and new ids.
pub(super) struct Feed {
    pub(super) portal: Portal,
    pub(super) cast: Cast,
    pub(super) rooms: usize,
    pub(super) random: fastrand::Rng,
    /// The part of the deliveries that was sent, in percent.
    pub(super) sent: watch::Sender<usize>,
}

impl Feed {
    fn room(&self, number: usize) -> EntryId {
        let boss = &self.cast.boss;
        match number % TEN {
            0 => {
                let title = format!("Something else {number}");
                self.portal.create_room(boss, RoomType::Custom, &title)
            }
            4 | 7 => {
                let title = format!("Team {number}");
                let ours = [(self.cast.me.as_str(), 9)];
                self.portal
                    .create_shared_room(boss, RoomType::Editing, &title, &ours)
            }
            _ => {
                let title = format!("Team {number}");
                self.portal.create_room(boss, RoomType::Custom, &title)
            }
        }
    }

    /// Returns the rooms once everything is sent.
    pub(super) async fn run(mut self) -> Vec<EntryId> {
        let mut rooms = Vec::new();
        while rooms.len() < self.rooms {
            for _ in 0..3.min(self.rooms - rooms.len()) {
                rooms.push(self.room(rooms.len()));
            }
            let known: Vec<(i64, EntryId)> = self
                .portal
                .deliveries()
                .into_iter()
                .map(|delivery| (delivery.event, delivery.entry))
                .collect();
            for _ in 3..DELIVERIES_FOR_THREE {
                let (event, room) = &known[self.random.usize(0..known.len())];
                let sent = match self.random.u8(0..4) {
                    0 | 1 => self.portal.deliver_again(*event),
                    2 => self.portal.redeliver(*event).is_some(),
                    _ => self
                        .portal
                        .fire(Trigger::RoomCreated, room, &self.cast.boss),
                };
                assert!(sent);
            }
            self.sent.send_replace(rooms.len() * 100 / self.rooms);
            tokio::time::sleep(PAUSE).await;
        }
        rooms
    }
}
