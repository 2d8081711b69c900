//! Where CUDA's libraries are.
//!
//! Nothing is linked. The driver, cuBLAS and cuDNN are opened here by path, with all they need in the
//! right order, and so that their symbols are seen by each other; the bindings then find by name what
//! is already there. Inside a host, the loader would know none of these paths.
//!
//! Looked in, in this order:
//! 1. the folders of `DRUMLIN_CUDA_PATH` and, in each, `lib`, `lib64`, `bin` and `nvidia/*/lib` (the
//!    layout of NVIDIA's wheels from PyPI); if it is set, cuBLAS and cuDNN come from there alone,
//!    or are refused where the loader knows others, since the bindings would take those;
//! 2. wherever the system's loader looks;
//! 3. where packages of the system and NVIDIA's installers put CUDA (`/usr/local/cuda*`, `/opt/cuda`,
//!    `%CUDA_PATH%`, …);
//! 4. NVIDIA's wheels in the active Python environment (`VIRTUAL_ENV`, `CONDA_PREFIX`), the user's and
//!    the system's Python.

use std::env;
use std::path::{Path, PathBuf};

use libloading::Library;

/// The variable that points at folders with cuBLAS and cuDNN.
pub(in crate::network) const PATH_VARIABLE: &str = "DRUMLIN_CUDA_PATH";

const WINDOWS: bool = cfg!(windows);

/// The libraries, open.
pub(super) struct Libraries {
    /// Where each was found; a bare name where the loader found it.
    pub found: Vec<PathBuf>,
    // Held so that what was found stays there until the bindings hold it, too.
    _open: Vec<Library>,
}

/// What a library must have: the functions that are called.
struct Wanted {
    /// As shown to people.
    title: &'static str,
    /// The file that the bindings ask the loader for first.
    bound: &'static str,
    /// Files, the ones that others need first. All of one choice must be there; the last is the one
    /// that has the functions.
    choices: Vec<Vec<String>>,
    functions: &'static [&'static str],
}

const DRIVER: &[&str] = &[
    "cuInit",
    "cuDriverGetVersion",
    "cuDeviceGetCount",
    "cuDevicePrimaryCtxRetain",
    "cuDevicePrimaryCtxRelease_v2",
    "cuCtxSetCurrent",
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
    "cuMemAlloc_v2",
    "cuMemFree_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemsetD32Async",
    "cuModuleLoadData",
    "cuModuleGetFunction",
    "cuModuleUnload",
    "cuLaunchKernel",
];
const CUBLAS: &[&str] =
    &["cublasCreate_v2", "cublasDestroy_v2", "cublasSetStream_v2", "cublasSgemmStridedBatched"];
const CUDNN: &[&str] = &[
    "cudnnCreate",
    "cudnnDestroy",
    "cudnnSetStream",
    "cudnnConvolutionForward",
    "cudnnGetConvolutionForwardAlgorithm_v7",
    "cudnnAddTensor",
    "cudnnActivationForward",
    "cudnnSoftmaxForward",
    "cudnnReduceTensor",
    "cudnnPoolingForward",
    "cudnnBatchNormalizationForwardTraining",
];

impl Libraries {
    /// Opens the driver, which `version` then asks for the newest CUDA it serves (12 for CUDA 12.x),
    /// and the libraries that fit.
    ///
    /// # Errors
    /// The reason, for people: which one is missing and where it was looked for.
    pub fn open(version: impl FnOnce() -> Result<u32, String>) -> Result<Libraries, String> {
        let own = env::var_os(PATH_VARIABLE).map(|paths| own_folders(&paths));
        let mut libraries = Libraries { found: Vec::new(), _open: Vec::new() };
        let mut folders = own.clone().unwrap_or_default();
        folders.extend(driver_folders());
        libraries.add(&driver(), &folders, true)?;
        let version = version()?;
        if version < 12 {
            return Err(format!("the NVIDIA driver serves CUDA {version}, 12 or newer is needed"));
        }
        let (folders, system) = match own {
            Some(own) => (own, false),
            None => (usual_folders(), true),
        };
        libraries.add(&cublas(version), &folders, system)?;
        libraries.add(&cudnn(), &folders, system)?;
        Ok(libraries)
    }

    fn add(&mut self, wanted: &Wanted, folders: &[PathBuf], system: bool) -> Result<(), String> {
        // Why something that is there could not be used; else nothing was there.
        let mut why = None;
        for choice in &wanted.choices {
            match self.try_choice(choice, folders, system) {
                Ok(Some(opened)) => {
                    let Some((_, main)) = opened.last() else { continue };
                    if let Some(function) = wanted.functions.iter().find(|f| !has(main, f)) {
                        why = Some(format!("{} has no {function}", wanted.title));
                        continue;
                    }
                    if is_hidden(main, wanted) {
                        why = Some(format!(
                            "the system's {} would be taken in place of {}: unset {PATH_VARIABLE}",
                            wanted.bound,
                            opened[opened.len() - 1].0.display(),
                        ));
                        continue;
                    }
                    for (path, library) in opened {
                        self.found.push(path);
                        self._open.push(library);
                    }
                    return Ok(());
                }
                Ok(None) => {}
                Err(reason) => why = Some(reason),
            }
        }
        Err(why.unwrap_or_else(|| {
            let names: Vec<&str> = wanted
                .choices
                .iter()
                .filter_map(|choice| choice.last())
                .map(String::as_str)
                .collect();
            let place =
                if system { "on this system".to_owned() } else { format!("in {PATH_VARIABLE}") };
            format!("{} was not found {place} ({})", wanted.title, names.join(", "))
        }))
    }

    /// All files of a choice; `None` if the last of them is nowhere.
    fn try_choice(
        &self,
        choice: &[String],
        folders: &[PathBuf],
        system: bool,
    ) -> Result<Option<Vec<(PathBuf, Library)>>, String> {
        let mut opened = Vec::new();
        for (index, name) in choice.iter().enumerate() {
            let inside = folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
            let paths = inside.into_iter().chain(system.then(|| PathBuf::from(name)));
            let mut failure = None;
            let mut done = false;
            for path in paths {
                match open(&path) {
                    Ok(library) => {
                        opened.push((path, library));
                        done = true;
                        break;
                    }
                    // A bare name that is nowhere is no failure.
                    Err(error) if path.is_absolute() => {
                        failure = Some(format!("cannot open {}: {error}", path.display()));
                    }
                    Err(_) => {}
                }
            }
            if !done {
                // The parts before the last may be linked into it, or be found by it.
                if let (Some(failure), true) = (failure, index + 1 == choice.len()) {
                    return Err(failure);
                }
                if index + 1 == choice.len() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(opened))
    }
}

fn open(path: &Path) -> Result<Library, libloading::Error> {
    #[cfg(unix)]
    {
        use libloading::os::unix;
        // SAFETY: NVIDIA's libraries may be opened at any time; what runs then is their own
        // initialisation. Global, since cuDNN's parts look for each other by name.
        let library =
            unsafe { unix::Library::open(Some(path), unix::RTLD_NOW | unix::RTLD_GLOBAL) };
        library.map(Library::from)
    }
    #[cfg(windows)]
    {
        use libloading::os::windows;
        // What a library in a folder needs lies beside it.
        let flags = if path.is_absolute() { windows::LOAD_WITH_ALTERED_SEARCH_PATH } else { 0 };
        // SAFETY: as above.
        let library = unsafe { windows::Library::load_with_flags(path, flags) };
        library.map(Library::from)
    }
}

fn has(library: &Library, function: &str) -> bool {
    // SAFETY: the symbol is only looked for, never called by this type.
    unsafe { library.get::<unsafe extern "C" fn()>(function.as_bytes()) }.is_ok()
}

/// Whether the loader gives the bindings another library than the one that was opened, which happens
/// where the system has its own. Two versions of cuDNN in one process do not work.
#[cfg(unix)]
fn is_hidden(opened: &Library, wanted: &Wanted) -> bool {
    let address = |library: &Library| {
        // SAFETY: the symbol's address is compared, never called.
        let symbol =
            unsafe { library.get::<unsafe extern "C" fn()>(wanted.functions[0].as_bytes()) };
        symbol.ok().map(|symbol| *symbol as usize)
    };
    let bound = open(Path::new(wanted.bound));
    bound.is_ok_and(|bound| address(&bound) != address(opened))
}

/// Windows gives the bindings the module that is already loaded under the name they ask for.
#[cfg(windows)]
fn is_hidden(_: &Library, _: &Wanted) -> bool {
    false
}

fn driver() -> Wanted {
    let names: &[&str] = if WINDOWS { &["nvcuda.dll"] } else { &["libcuda.so.1", "libcuda.so"] };
    let choices = names.iter().map(|&name| vec![name.to_owned()]).collect();
    Wanted { title: "the NVIDIA driver", bound: "libcuda.so", choices, functions: DRIVER }
}

/// The newest that the driver serves.
fn cublas(version: u32) -> Wanted {
    let majors = [13, 12].into_iter().filter(|&major| major <= version);
    let name = |part: &str, major: u32| {
        if WINDOWS { format!("{part}64_{major}.dll") } else { format!("lib{part}.so.{major}") }
    };
    let choices = majors.map(|major| vec![name("cublasLt", major), name("cublas", major)]);
    Wanted { title: "cuBLAS", bound: "libcublas.so", choices: choices.collect(), functions: CUBLAS }
}

fn cudnn() -> Wanted {
    let parts = ["cudnn_graph", "cudnn_ops", "cudnn_cnn", "cudnn_adv", "cudnn"];
    let name = |part: &str| {
        if WINDOWS { format!("{part}64_9.dll") } else { format!("lib{part}.so.9") }
    };
    Wanted {
        title: "cuDNN 9",
        bound: "libcudnn.so",
        choices: vec![parts.map(name).to_vec()],
        functions: CUDNN,
    }
}

fn own_folders(paths: &std::ffi::OsStr) -> Vec<PathBuf> {
    env::split_paths(paths).flat_map(|folder| with_inner(&folder)).collect()
}

/// A folder and those in it that hold libraries.
fn with_inner(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    folders.extend(["lib", "lib64", "bin"].map(|inner| folder.join(inner)));
    folders.extend(wheels(folder));
    folders
}

/// The libraries of NVIDIA's wheels in a `site-packages`.
fn wheels(packages: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for package in inside(&packages.join("nvidia")) {
        folders.extend(["lib", "bin"].map(|inner| package.join(inner)));
        folders.extend(inside(&package.join("bin")));
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

/// What is in a folder, the last by name first, so that newer versions come first.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    entries.sort();
    entries.reverse();
    entries
}

/// Where the driver is when the loader does not find it: under Windows' Linux, and in containers.
fn driver_folders() -> Vec<PathBuf> {
    let places: &[&str] = if WINDOWS {
        &[]
    } else {
        &[
            "/usr/lib/wsl/lib",
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/usr/lib64",
        ]
    };
    places.iter().map(PathBuf::from).collect()
}

fn usual_folders() -> Vec<PathBuf> {
    let from = |variable: &str| env::var_os(variable).map(PathBuf::from);
    let mut folders = Vec::new();
    if WINDOWS {
        folders.extend(from("CUDA_PATH").iter().flat_map(|folder| with_inner(folder)));
        if let Some(programs) = from("ProgramFiles") {
            for toolkit in inside(&programs.join("NVIDIA GPU Computing Toolkit").join("CUDA")) {
                folders.extend([toolkit.join("bin"), toolkit.join("bin").join("x64")]);
            }
            for version in inside(&programs.join("NVIDIA").join("CUDNN")) {
                folders.push(version.join("bin"));
                folders.extend(inside(&version.join("bin")));
            }
        }
    } else {
        for toolkit in inside(Path::new("/usr/local")) {
            if toolkit.file_name().is_some_and(|name| name.to_string_lossy().starts_with("cuda")) {
                folders.extend([toolkit.join("lib64"), toolkit.join("lib")]);
            }
        }
        folders.push(PathBuf::from("/opt/cuda/lib64"));
        folders.extend(driver_folders());
    }
    for environment in ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(from) {
        folders.push(environment.join("lib"));
        folders.extend(pythons(&environment));
    }
    if WINDOWS {
        for version in from("APPDATA").iter().flat_map(|data| inside(&data.join("Python"))) {
            folders.extend(wheels(&version.join("site-packages")));
        }
    } else {
        let home = from("HOME").map(|home| home.join(".local"));
        let places = home.into_iter().chain(["/usr/local", "/usr"].map(PathBuf::from));
        folders.extend(places.flat_map(|place| pythons(&place)));
    }
    folders
}

/// The wheels of all Pythons under a prefix.
fn pythons(prefix: &Path) -> Vec<PathBuf> {
    let mut folders = wheels(&prefix.join("Lib").join("site-packages"));
    for version in inside(&prefix.join("lib")) {
        if version.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python")) {
            for packages in ["site-packages", "dist-packages"] {
                folders.extend(wheels(&version.join(packages)));
            }
        }
    }
    folders
}
