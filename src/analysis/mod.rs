//! Audio to features. Pure functions over samples and matrices; they run on the worker thread (or
//! the command line's) and may use a few threads of their own that end before they return.

mod ssm;

pub use ssm::Ssm;
