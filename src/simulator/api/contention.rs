//! Overlapping folder creations that fail, and overlapping first grants to one subject (rooms-api.md B.2, N).

use crate::simulator::state::ids::EntryId;
use crate::simulator::state::world::{Made, World};
use crate::simulator::wire::refusal::{Exception, Refusal};

/// The size of the burst in which failures at the first level were measured.
const BURST: u64 = 80;
const SAVING: &str =
    "An error occurred while saving the entity changes. See the inner exception for details.";

impl World {
    /// Refuses, at random, a creation that others have overtaken since it arrived; otherwise counts it as done.
    pub(crate) fn contend(&mut self, since: Made, parent: &EntryId) -> Result<(), Refusal> {
        let is_nested = self.room_of(parent).is_some() && self.room(parent).is_none();
        let likely = if is_nested {
            let was_overtaken = self.made.nested > since.nested;
            self.options.contention.nested * f64::from(u8::from(was_overtaken))
        } else {
            let others = self.made.all.saturating_sub(since.all).min(BURST);
            self.options.contention.first_level * others as f64 / BURST as f64
        };
        if self.random.f64() < likely {
            return Err(Refusal::Contended);
        }
        self.made.nested += u64::from(is_nested);
        self.made.all += 1;
        Ok(())
    }

    /// Refuses, at random, a grant to a subject that another call has granted access for the first time since this one
    /// arrived: both calls looked first, found nothing and inserted a row (rooms-api.md N).
    pub(crate) fn contend_for_grant(
        &mut self,
        since: Made,
        entry: &EntryId,
        subject: &str,
    ) -> Result<(), Refusal> {
        let key = (entry.clone(), subject.to_owned());
        let was_overtaken = self
            .first_grants
            .get(&key)
            .is_some_and(|number| *number > since.grants);
        if was_overtaken && self.random.f64() < self.options.contention.grants {
            return Err(Refusal::Thrown(Exception::DbUpdate, SAVING));
        }
        Ok(())
    }

    /// Counts a grant to a subject that had none.
    pub(crate) fn count_first_grant(&mut self, entry: &EntryId, subject: &str) {
        self.made.grants += 1;
        let key = (entry.clone(), subject.to_owned());
        self.first_grants.insert(key, self.made.grants);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::state::options::{Contention, Options};
    use crate::simulator::state::rooms::{FolderType, Room, RoomType};
    use crate::simulator::state::world::ROOMS_ROOT;

    fn world() -> (World, EntryId, EntryId) {
        let mut world = World::new(Options {
            contention: Contention::measured(),
            ..Options::default()
        });
        let owner = world.owner.clone();
        let room = world.insert_room(&owner, "R", Room::new(RoomType::Custom), ROOMS_ROOT);
        let folder = world.insert_folder(&owner, &room, "A", FolderType::Default);
        (world, room, folder)
    }

    /// The fraction that fails when this many run at once.
    fn lost(world: &mut World, parent: &EntryId, at_once: usize) -> f64 {
        let rounds = 4000 / at_once;
        let mut lost = 0;
        for _ in 0..rounds {
            let since = world.made;
            lost += (0..at_once)
                .filter(|_| world.contend(since, parent).is_err())
                .count();
        }
        lost as f64 / (rounds * at_once) as f64
    }

    #[test]
    fn the_failure_rate_matches_a_real_portal() {
        let (mut world, room, folder) = world();
        for (at_once, counted) in [(2, 3.0 / 8.0), (10, 32.0 / 40.0), (20, 18.0 / 20.0)] {
            let share = lost(&mut world, &folder, at_once);
            assert!((share - counted).abs() < 0.1, "{at_once}: {share}");
        }
        // A burst directly in a room: 6 of 166 failed. Twenty at once: none of 20.
        assert!((0.01..0.04).contains(&lost(&mut world, &room, 80)));
        assert!(lost(&mut world, &room, 20) < 0.01);
    }

    #[test]
    fn sequential_creations_all_succeed() {
        let (mut world, _, folder) = world();
        assert_eq!(lost(&mut world, &folder, 1), 0.0);
    }
}
