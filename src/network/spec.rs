//! What a task expects of its network, and whether a file gives it.

use super::Element;

/// An input or output that a task expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortSpec {
    /// As in the file.
    pub name: &'static str,
    /// What its numbers are.
    pub element: Element,
    /// `None` for a dim that differs from request to request.
    pub dims: &'static [Option<usize>],
}

impl PortSpec {
    /// A port of real numbers.
    pub const fn f32(name: &'static str, dims: &'static [Option<usize>]) -> PortSpec {
        PortSpec { name, element: Element::F32, dims }
    }

    /// A port of whole numbers.
    pub const fn i64(name: &'static str, dims: &'static [Option<usize>]) -> PortSpec {
        PortSpec { name, element: Element::I64, dims }
    }
}

/// A network that a task needs: what it is called, where it comes from, what goes in and out.
///
/// Inputs and outputs are matched by name, in any order.
#[derive(Clone, Copy, Debug)]
pub struct ModelSpec {
    /// Short and unique; for messages and as the key under which the network is kept.
    pub name: &'static str,
    /// The file in the user's model folder that takes the place of `bytes`.
    pub file: &'static str,
    /// The ONNX file built into the binary.
    pub bytes: &'static [u8],
    /// What it is given.
    pub inputs: &'static [PortSpec],
    /// What it answers.
    pub outputs: &'static [PortSpec],
}

/// An input or output of a loaded network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// As in the file.
    pub name: String,
    /// What its numbers are.
    pub element: Element,
    /// `None` for a dim that the network leaves free.
    pub dims: Vec<Option<usize>>,
}

impl Port {
    /// Whether tensors of this shape may pass.
    pub fn takes(&self, shape: &[usize]) -> bool {
        self.dims.len() == shape.len()
            && self.dims.iter().zip(shape).all(|(dim, &size)| dim.is_none_or(|dim| dim == size))
    }

    /// The dims as people write them: `[1, ?, 16]`.
    pub fn dims_text(&self) -> String {
        dims_text(&self.dims)
    }
}

fn dims_text(dims: &[Option<usize>]) -> String {
    let dims: Vec<String> =
        dims.iter().map(|dim| dim.map_or("?".to_owned(), |size| size.to_string())).collect();
    format!("[{}]", dims.join(", "))
}

/// Checks that a file's inputs or outputs (`role`) are the expected ones and returns them in the
/// expected order, with the expected dims: where the file leaves a dim free that the task has fixed,
/// the task's size holds. The error says what differs.
pub(super) fn fit(role: &str, found: &[Port], expected: &[PortSpec]) -> Result<Vec<Port>, String> {
    if let Some(extra) = found.iter().find(|port| expected.iter().all(|e| e.name != port.name)) {
        let names: Vec<&str> = expected.iter().map(|port| port.name).collect();
        let names = names.join("\", \"");
        return Err(format!("it has the {role} \"{}\"; expected are \"{names}\"", extra.name));
    }
    expected
        .iter()
        .map(|spec| {
            let port = found
                .iter()
                .find(|port| port.name == spec.name)
                .ok_or_else(|| format!("it has no {role} \"{}\"", spec.name))?;
            fit_one(role, port, spec)
        })
        .collect()
}

fn fit_one(role: &str, port: &Port, spec: &PortSpec) -> Result<Port, String> {
    let PortSpec { name, element, dims } = *spec;
    if port.element != element {
        return Err(format!("{role} \"{name}\" holds {}, expected {element}", port.element));
    }
    // A free dim of the file takes any size; a fixed one only its own. What is not asked of an output
    // may be of any size.
    let fits = |(&found, &expected): (&Option<usize>, &Option<usize>)| {
        found.is_none() || found == expected || (role == "output" && expected.is_none())
    };
    if port.dims.len() != dims.len() || !port.dims.iter().zip(dims).all(fits) {
        let (found, expected) = (port.dims_text(), dims_text(dims));
        return Err(format!("{role} \"{name}\" has dims {found}, expected {expected}"));
    }
    Ok(Port { name: name.to_owned(), element, dims: dims.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: &[PortSpec] =
        &[PortSpec::f32("features", &[Some(1), None, Some(8)]), PortSpec::i64("style", &[Some(1)])];

    fn port(name: &str, element: Element, dims: &[Option<usize>]) -> Port {
        Port { name: name.into(), element, dims: dims.to_vec() }
    }

    fn style() -> Port {
        port("style", Element::I64, &[Some(1)])
    }

    fn difference(found: &[Port]) -> String {
        fit("input", found, EXPECTED).unwrap_err()
    }

    #[test]
    fn order_is_free_and_the_tasks_sizes_hold() {
        let found = [style(), port("features", Element::F32, &[None, None, Some(8)])];
        let fitted = fit("input", &found, EXPECTED).unwrap();
        assert_eq!(fitted[0].dims, [Some(1), None, Some(8)]);
        assert_eq!(fitted[1], style());
        assert!(fitted[0].takes(&[1, 24, 8]) && !fitted[0].takes(&[2, 24, 8]));
    }

    #[test]
    fn what_differs_is_said() {
        let features = |element, dims: &[_]| [port("features", element, dims), style()];
        assert_eq!(difference(&[style()]), "it has no input \"features\"");
        assert_eq!(
            difference(&[port("x", Element::F32, &[]), style()]),
            "it has the input \"x\"; expected are \"features\", \"style\""
        );
        assert_eq!(
            difference(&features(Element::I64, &[Some(1), None, Some(8)])),
            "input \"features\" holds i64, expected f32"
        );
        for dims in [&[Some(1), Some(4), Some(8)][..], &[None, None, Some(9)], &[None, None]] {
            assert!(difference(&features(Element::F32, dims)).ends_with("expected [1, ?, 8]"));
        }
    }
}
