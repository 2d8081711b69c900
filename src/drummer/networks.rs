//! The networks that the drummer comes with. Each is declared, with its shapes, where it is asked: a new
//! one is a file in `models/`, a constant there and its line in [`ALL`].

use crate::network::ModelSpec;

pub use super::pattern::PATTERN;
pub use super::performance::GROOVE;
pub use super::structure::STRUCTURE;

/// Every network of the drummer.
pub const ALL: &[&ModelSpec] = &[&STRUCTURE, &PATTERN, &GROOVE];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Backend, Models};

    #[test]
    fn every_network_loads_as_it_is_declared() {
        let models = Models::new(Backend::Cpu, None);
        for spec in ALL.iter().copied() {
            models.get(spec).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}
