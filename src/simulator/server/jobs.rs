//! Work that continues after the response: the portal's jobs, step by step (rooms-api.md H.5).

use crate::simulator::portal::Portal;
use crate::simulator::state::jobs::Copying;

impl Portal {
    /// Starts the jobs that a request has created.
    pub(super) fn start_jobs(&self) {
        let waiting = self.world().take_waiting_jobs();
        for copying in waiting {
            tokio::spawn(self.clone().work_off(copying));
        }
    }

    async fn work_off(self, copying: Copying) {
        let pace = self.world().options.copy_pace;
        loop {
            tokio::time::sleep(pace).await;
            if !self.change(|world| world.work_at(copying)) {
                return;
            }
        }
    }
}
