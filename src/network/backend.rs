//! Which library and which device do the arithmetic.

/// What does the arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Backend {
    /// The GPU where there is one that works, for requests that are large enough to be worth it; else
    /// the processor.
    #[default]
    Auto,
    /// The processor, by tract. Works everywhere.
    Cpu,
    /// An NVIDIA GPU, by cuDNN, for everything; an error where there is none.
    Cuda,
}

impl Backend {
    /// All that may be asked for, the default first.
    pub const ALL: [Backend; 3] = [Backend::Auto, Backend::Cpu, Backend::Cuda];

    /// As it is asked for and reported, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Auto => "auto",
            Backend::Cpu => "cpu",
            Backend::Cuda => "cuda",
        }
    }
}
