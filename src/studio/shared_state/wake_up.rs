//! How the worker is woken.

use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};

/// What the worker waits for: calls that come while it works are one call when it waits again, so that
/// none is lost and none piles up.
pub(super) struct WakeUp {
    call: Sender<()>,
    called: Receiver<()>,
}

impl Default for WakeUp {
    fn default() -> WakeUp {
        let (call, called) = bounded(1);
        WakeUp { call, called }
    }
}

impl WakeUp {
    pub fn call(&self) {
        // Full: it has been called already.
        let _ = self.call.try_send(());
    }

    /// Waits for a call, at most `patience` if there is one.
    pub fn wait(&self, patience: Option<Duration>) {
        let _ = match patience {
            Some(patience) => self.called.recv_timeout(patience).is_ok(),
            None => self.called.recv().is_ok(),
        };
    }
}
