//! What a caller sees of a generation under way, and how it stops one.

use super::DrummerError;

/// The stages of a generation, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The melodic tracks are rendered.
    Synthesis,
    /// Constant-Q transform of the sound.
    Cqt,
    /// What every bar plays, and the form.
    Features,
    /// The drum SSM is predicted.
    Structure,
    /// What each bar plays is decided.
    Pattern,
    /// Velocity and micro-timing.
    Performance,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Stage; 6] = [
        Stage::Synthesis,
        Stage::Cqt,
        Stage::Features,
        Stage::Structure,
        Stage::Pattern,
        Stage::Performance,
    ];

    /// As shown beside a progress bar.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Synthesis => "synthesis",
            Stage::Cqt => "constant-q transform",
            Stage::Features => "features",
            Stage::Structure => "structure",
            Stage::Pattern => "patterns",
            Stage::Performance => "groove",
        }
    }
}

/// Hears about progress; may end the work.
pub trait Progress: Sync {
    /// A stage begins.
    fn stage(&self, stage: Stage);

    /// Asked between stages and inside the long ones; `true` ends the work with an error.
    fn is_cancelled(&self) -> bool {
        false
    }
}

impl dyn Progress + '_ {
    /// Asks whether to go on; an error where not.
    pub(super) fn go_on(&self) -> Result<(), DrummerError> {
        if self.is_cancelled() { Err(DrummerError::Cancelled) } else { Ok(()) }
    }
}

/// Says nothing and never cancels.
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _stage: Stage) {}
}
