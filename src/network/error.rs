//! What can go wrong with a network.

/// Each says which file or network, and what about it.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum NetworkError {
    /// The file could not be read.
    #[error("cannot read {file}: {source}")]
    Read { file: String, source: std::io::Error },
    /// The bytes are no network that Drumlin can run, whatever it is meant for.
    #[error("{file} is not a usable ONNX network: {reason}")]
    Format { file: String, reason: String },
    /// A network, but not one for this task.
    #[error("{file} does not fit in as the \"{network}\" network: {difference}")]
    Unfit { file: String, network: String, difference: String },
    /// The caller's tensors are not what the network takes.
    #[error("input to network \"{network}\": {reason}")]
    Input { network: String, reason: String },
    /// The caller asks for an output that the network does not have, or in another element type.
    #[error("network \"{network}\" has no output \"{output}\" of {element}")]
    NoOutput { network: String, output: String, element: super::Element },
    /// A GPU was asked for and cannot be used.
    #[error("the GPU cannot be used: {reason}")]
    NoGpu { reason: String },
    /// The arithmetic failed, or inputs and graph do not go together.
    #[error("network \"{network}\" failed: {reason}")]
    Run { network: String, reason: String },
}
