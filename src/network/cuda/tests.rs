//! Every operator on the GPU, or on the fake one of `tests/gpu`.

use std::env;
use std::io::Write;
use std::process::Command;

use super::shared;
use crate::network::eager::tests::operators::try_all;

#[path = "../../../tests/gpu/fakes.rs"]
mod fakes;

#[test]
fn operators_give_what_tract_gives() {
    match shared() {
        Ok(gpu) => try_all(&gpu, 1e-4),
        Err(why) => {
            assert!(env::var("REQUIRE_GPU").as_deref() != Ok("1"), "a GPU is required: {why}");
            let _ = writeln!(std::io::stderr(), "skipped, no GPU: {why}");
        }
    }
}

#[test]
fn on_the_fake_gpu_they_do() {
    let output = fakes::with_fakes(&mut Command::new(env::current_exe().unwrap()))
        .args(["--exact", "network::cuda::tests::operators_give_what_tract_gives"])
        .env("REQUIRE_GPU", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
