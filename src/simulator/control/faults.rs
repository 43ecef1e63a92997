//! Arming faults, and holding calls until a test releases them.

use crate::simulator::faults::{Armed, Fault};
use crate::simulator::portal::Portal;

impl Portal {
    /// Arms a fault. If several match a request, the first armed one applies; delays add up.
    pub fn fault(&self, fault: Fault) {
        self.arm_fault(fault);
    }

    /// Arms a fault and returns its number.
    pub fn arm_fault(&self, fault: Fault) -> u32 {
        self.faults().arm(fault)
    }

    /// Disarms one fault. False if no fault has this number.
    pub fn clear_fault(&self, number: u32) -> bool {
        self.faults().disarm(number)
    }

    /// The armed faults, and how often each struck.
    pub fn armed_faults(&self) -> Vec<Armed> {
        self.faults().armed().to_vec()
    }

    /// Disarms all faults. Deferred work stays deferred.
    pub fn clear_faults(&self) {
        self.faults().clear();
    }

    /// How often each fault has struck since the last clearing, in the order they were armed.
    pub fn faults_struck(&self) -> Vec<u32> {
        self.faults()
            .armed()
            .iter()
            .map(|armed| armed.struck)
            .collect()
    }

    /// How many calls wait for [`Portal::release_held`].
    pub fn held(&self) -> usize {
        self.inner.held.borrow().calls
    }

    /// Waits until a call is held by a `Pause`, `HoldBefore` or `HoldAfter` fault.
    pub async fn wait_held(&self) {
        let mut changes = self.inner.held.subscribe();
        changes.wait_for(|held| held.calls > 0).await.ok();
    }

    /// Ends all held calls: their connections close.
    pub fn release_held(&self) {
        self.inner.held.send_modify(|held| {
            held.round += 1;
            held.calls = 0;
        });
    }
}
