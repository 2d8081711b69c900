//! The libraries of `fake/`, compiled.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs, process};

/// A folder in which the driver, cuBLAS and cuDNN seem to be; for `DRUMLIN_CUDA_PATH`.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = env::current_exe().unwrap().with_file_name("fake-cuda");
        fs::create_dir_all(&folder).unwrap();
        for (source, file) in
            [("cuda", "libcuda.so.1"), ("cublas", "libcublas.so.12"), ("cudnn", "libcudnn.so.9")]
        {
            // The name that the bindings ask for first, so that they find this one on a machine that
            // has the real library, too.
            build(&folder, source, file, &format!("lib{source}.so"));
        }
        folder
    })
}

/// Compiles one of them, under a name for the loader (`soname`).
pub fn build(folder: &Path, source: &str, file: &str, soname: &str) {
    let code = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/gpu/fake/{source}.c"));
    // Another test may be building or using it.
    let fresh = folder.join(format!("{file}.{}", process::id()));
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-fvisibility=hidden", "-pthread", "-o"])
        .arg(&fresh)
        .arg(&code)
        .arg(format!("-Wl,-soname,{soname}"))
        .arg("-lm")
        .status()
        .expect("there is a C compiler");
    assert!(status.success(), "{} does not compile", code.display());
    fs::rename(fresh, folder.join(file)).unwrap();
}

/// The command, with the fake GPU as its only one.
pub fn with_fakes(command: &mut Command) -> &mut Command {
    command.env("DRUMLIN_CUDA_PATH", folder()).env_remove("FAKE_CUDA").env_remove("FAKE_CUDA_LOG")
}
