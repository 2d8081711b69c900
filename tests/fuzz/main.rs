//! Damages files at random, reads them, and holds what is read to what the readers promise: for
//! compilers on which libFuzzer does not run, and for every change. The same seeds and numbers give the
//! same bytes.
//!
//! `DRUMLIN_FUZZ_SECONDS` lets each test run on for so long, from another beginning each time; what
//! fails is left in `target/fuzz`.

mod checks;
mod damage;
mod midi;
mod readers;
