//! Reserves both calls of an adoption, the take and the give-back, in the minute and in the day before it starts.

use std::sync::{Mutex, PoisonError};

use super::minute::{Reservation, Slot};

/// The two reserved calls of one adoption. Dropping this frees what was not used of the minute; of the day it is lost,
/// which is rare and little.
#[derive(Debug)]
#[must_use = "dropping this frees the reserved calls"]
pub struct AdoptionPlaces {
    take: Mutex<Option<Slot>>,
    give_back: Mutex<Option<Slot>>,
}

impl AdoptionPlaces {
    pub(super) fn of(both: &Reservation) -> Self {
        Self {
            take: Mutex::new(both.place()),
            give_back: Mutex::new(both.place()),
        }
    }

    /// The slot of the take. It can be used once.
    pub(in crate::docspace) fn take(&self) -> Option<Paid> {
        once(&self.take)
    }

    /// The slot of the give-back. It can be used once.
    pub(in crate::docspace) fn give_back(&self) -> Option<Paid> {
        once(&self.give_back)
    }
}

fn once(place: &Mutex<Option<Slot>>) -> Option<Paid> {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    place.take().map(Paid)
}

/// A slot for one write that is already counted in the day.
#[derive(Debug)]
pub(in crate::docspace) struct Paid(pub(super) Slot);
