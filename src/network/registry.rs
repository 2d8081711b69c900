//! Which networks are loaded, and from where.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use parking_lot::Mutex;

use super::cuda::{self, Gpu};
use super::eager::Eager;
use super::offload::Offloaded;
use super::onnx::OnnxFile;
use super::tract::TractNetwork;
use super::{Backend, ModelSpec, Network, NetworkError};

/// No network of ours comes near this; a larger file in the model folder is a mistake that would
/// fill the host's memory.
const LARGEST_FILE: u64 = 512 << 20;

/// A network once it is loaded; the lock makes others wait for it instead of loading it again.
type Slot = Arc<Mutex<Option<Arc<dyn Network>>>>;

/// The loaded networks: loaded at first use, shared from then on.
///
/// Creating one reads nothing, so that a plugin scan costs nothing.
pub struct Models {
    backend: Backend,
    folder: Option<PathBuf>,
    slots: Mutex<HashMap<&'static str, Slot>>,
    /// The GPU or why there is none, once a network was asked for.
    gpu: Mutex<Option<Result<Arc<Gpu>, String>>>,
}

/// What does the arithmetic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// [`Backend::Cpu`] or [`Backend::Cuda`].
    pub backend: Backend,
    /// The GPU's name.
    pub device: Option<String>,
    /// Why the GPU is not used, where it could be.
    pub why: Option<String>,
    /// Whether it was used and broke, so that the processor went on.
    pub broke: bool,
}

impl Models {
    /// The networks built into the binary. With a `folder`, a file there with the name that a
    /// [`ModelSpec`] gives takes the place of the built-in one; the folder need not exist.
    pub fn new(backend: Backend, folder: Option<PathBuf>) -> Models {
        Models { backend, folder, slots: Mutex::default(), gpu: Mutex::default() }
    }

    /// What was asked for.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// What does the arithmetic; `None` before the first network is asked for.
    pub fn engine(&self) -> Option<Engine> {
        let cpu = |why, broke| Engine { backend: Backend::Cpu, device: None, why, broke };
        if self.backend == Backend::Cpu {
            return Some(cpu(None, false));
        }
        Some(match self.gpu.lock().as_ref()? {
            Err(why) => cpu(Some(why.clone()), false),
            Ok(gpu) => match gpu.failure() {
                Some(why) => cpu(Some(why.to_owned()), true),
                None => Engine {
                    backend: Backend::Cuda,
                    device: Some(gpu.name().to_owned()),
                    why: None,
                    broke: false,
                },
            },
        })
    }

    /// The GPU, if it is to be used; looked for at the first call.
    fn gpu(&self) -> Result<Option<Arc<Gpu>>, NetworkError> {
        if self.backend == Backend::Cpu {
            return Ok(None);
        }
        let mut known = self.gpu.lock();
        match (known.get_or_insert_with(cuda::shared), self.backend) {
            (Ok(gpu), _) => Ok(Some(gpu.clone())),
            (Err(reason), Backend::Cuda) => Err(NetworkError::NoGpu { reason: reason.clone() }),
            (Err(_), _) => Ok(None),
        }
    }

    /// The file that takes the place of the built-in network, if there is one.
    pub fn replacement(&self, spec: &ModelSpec) -> Option<PathBuf> {
        let path = self.folder.as_ref()?.join(spec.file);
        path.exists().then_some(path)
    }

    /// The network, loaded if it is asked for the first time (some milliseconds).
    ///
    /// # Errors
    /// That a file cannot be read ([`NetworkError::Read`]), is no network
    /// ([`NetworkError::Format`]) or has not the inputs and outputs that the spec asks for
    /// ([`NetworkError::Unfit`]). A replacement that fails is not passed over for the built-in
    /// network: who put it there wants to know. The next call tries again. [`NetworkError::NoGpu`] if
    /// [`Backend::Cuda`] is asked for in vain; that is looked at anew after [`Models::reload`].
    pub fn get(&self, spec: &'static ModelSpec) -> Result<Arc<dyn Network>, NetworkError> {
        let slot = self.slots.lock().entry(spec.name).or_default().clone();
        let mut slot = slot.lock();
        if let Some(network) = &*slot {
            return Ok(network.clone());
        }
        let file = match self.replacement(spec) {
            Some(path) => OnnxFile::read(&path.display().to_string(), &read(&path)?)?,
            None => OnnxFile::read(&format!("{} (built in)", spec.file), spec.bytes)?,
        };
        let network = self.backend.open(spec.name, file.fit(spec)?, self.gpu()?)?;
        Ok(slot.insert(network).clone())
    }

    /// Puts a network in the place of the one that would be loaded, until [`Models::reload`]; for those
    /// who want to see what passes through.
    pub fn insert(&self, spec: &'static ModelSpec, network: Arc<dyn Network>) {
        let slot = self.slots.lock().entry(spec.name).or_default().clone();
        *slot.lock() = Some(network);
    }

    /// Forgets what is loaded, so that changed files are read and the GPU is looked for anew; networks
    /// in use live on.
    pub fn reload(&self) {
        self.slots.lock().clear();
        *self.gpu.lock() = None;
    }
}

fn read(path: &Path) -> Result<Vec<u8>, NetworkError> {
    let size = fs::metadata(path).and_then(|metadata| {
        if metadata.len() > LARGEST_FILE {
            let megabytes = LARGEST_FILE >> 20;
            return Err(io::Error::other(format!("it is larger than {megabytes} MB")));
        }
        Ok(())
    });
    size.and_then(|()| fs::read(path))
        .map_err(|source| NetworkError::Read { file: path.display().to_string(), source })
}

impl Backend {
    /// Any network on its own, with the inputs and outputs that its file says it has. Skills go
    /// through [`Models`](super::Models), which also checks that those are the expected ones.
    ///
    /// # Errors
    /// [`NetworkError::Format`]; `name` stands for the file there. [`NetworkError::NoGpu`] for
    /// [`Backend::Cuda`] without a GPU.
    pub fn load(self, name: &str, bytes: &[u8]) -> Result<Arc<dyn Network>, NetworkError> {
        let gpu = match self {
            Backend::Cpu => None,
            Backend::Auto => cuda::shared().ok(),
            Backend::Cuda => Some(cuda::shared().map_err(|reason| NetworkError::NoGpu { reason })?),
        };
        self.open(name, OnnxFile::read(name, bytes)?, gpu)
    }

    /// Makes a checked file ready to run, on the GPU if there is one. [`Backend::Auto`] leaves networks
    /// with operators that only tract knows to the processor.
    pub(super) fn open(
        self,
        name: &str,
        file: OnnxFile,
        gpu: Option<Arc<Gpu>>,
    ) -> Result<Arc<dyn Network>, NetworkError> {
        let Some(gpu) = gpu else { return Ok(Arc::new(TractNetwork::new(name, file)?)) };
        match Eager::new(&file, gpu.clone()) {
            Ok(eager) => Ok(Arc::new(Offloaded::new(name, file, self, gpu, eager)?)),
            Err(_) if self == Backend::Auto => Ok(Arc::new(TractNetwork::new(name, file)?)),
            Err(reason) => Err(NetworkError::Format { file: file.file, reason }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{PortSpec, Tensor};

    static MLP: ModelSpec = ModelSpec {
        name: "mlp",
        file: "mlp.onnx",
        bytes: include_bytes!("../../tests/golden/networks/mlp.onnx"),
        inputs: &[PortSpec::f32("features", &[None, Some(5)])],
        // Not in the file's order.
        outputs: &[
            PortSpec::f32("side", &[None, Some(2)]),
            PortSpec::f32("shares", &[None, Some(3)]),
        ],
    };

    #[test]
    fn a_network_is_loaded_once_and_gives_its_outputs_in_the_specs_order() {
        let models = Models::new(Backend::Cpu, None);
        let network = models.get(&MLP).unwrap();
        assert!(Arc::ptr_eq(&network, &models.get(&MLP).unwrap()));
        let features = Tensor::f32(&[4, 5], vec![0.5; 20]);
        let outputs = network.run(&[("features", features)]).unwrap();
        let shapes: Vec<_> =
            outputs.iter().map(|(name, tensor)| (name.to_owned(), tensor.shape())).collect();
        assert_eq!(shapes, [("side".into(), &[4, 2][..]), ("shares".into(), &[4, 3])]);
        models.reload();
        assert!(!Arc::ptr_eq(&network, &models.get(&MLP).unwrap()));
    }

    #[test]
    fn a_file_in_the_folder_takes_its_place_if_it_fits() {
        let folder = tempfile::tempdir().unwrap();
        let models = Models::new(Backend::Cpu, Some(folder.path().to_owned()));
        let path = folder.path().join("mlp.onnx");
        assert_eq!(models.replacement(&MLP), None);

        fs::write(&path, include_bytes!("../../tests/golden/networks/gru.onnx")).unwrap();
        let error = models.get(&MLP).err().unwrap();
        assert_eq!(
            error.to_string(),
            format!(
                "{} does not fit in as the \"mlp\" network: it has the input \"frames\"; expected \
                 are \"features\"",
                path.display()
            )
        );

        fs::write(&path, b"not a network").unwrap();
        assert!(matches!(models.get(&MLP), Err(NetworkError::Format { .. })));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(matches!(models.get(&MLP), Err(NetworkError::Read { .. })));

        fs::remove_dir(&path).unwrap();
        fs::write(&path, MLP.bytes).unwrap();
        assert_eq!(models.replacement(&MLP), Some(path));
        assert!(models.get(&MLP).is_ok());
    }
}
