//! A network, or an error.

use drumlin::network::Backend;

/// Whether a network was loaded.
pub fn check(bytes: &[u8]) -> bool {
    Backend::Cpu.load("damaged", bytes).is_ok()
}
