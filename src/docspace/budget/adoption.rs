//! The places of an adoption: the take and the give-back, in the minute and in the day, before it starts.

use std::sync::{Mutex, PoisonError};

use super::minute::{Reservation, Slot};

/// The two places of one adoption. What is not used is free again in the minute when this is dropped; of the day it
/// is lost, which is seldom and little.
#[derive(Debug)]
#[must_use = "the places are free again when this is dropped"]
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

    /// The place of the take; it is there once.
    pub(in crate::docspace) fn take(&self) -> Option<Paid> {
        once(&self.take)
    }

    /// The place of the give-back; it is there once.
    pub(in crate::docspace) fn give_back(&self) -> Option<Paid> {
        once(&self.give_back)
    }
}

fn once(place: &Mutex<Option<Slot>>) -> Option<Paid> {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    place.take().map(Paid)
}

/// A place for one write that is counted in the day already.
#[derive(Debug)]
pub(in crate::docspace) struct Paid(pub(super) Slot);
