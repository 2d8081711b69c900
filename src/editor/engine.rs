//! What the networks run on, and why not on the GPU.

use egui::{Rect, Ui};

use super::frame::Frame;
use super::widgets::Choice;
use crate::network::{Backend, Engine};

/// Logical pixels.
pub const WIDTH: f32 = 112.0;

const fn title(backend: Backend) -> &'static str {
    match backend {
        Backend::Auto => "CPU or GPU",
        Backend::Cpu => "CPU",
        Backend::Cuda => "GPU",
    }
}

pub fn show(ui: &mut Ui, frame: &Frame<'_>, rect: Rect) {
    let view = frame.view;
    let names = Backend::ALL.map(|backend| title(backend).to_owned());
    let chosen = Backend::ALL.iter().position(|&backend| backend == view.backend);
    let tip = tip(view.engine.as_ref());
    let chosen = chosen.unwrap_or_default();
    let choice = Choice::new("backend", &names, chosen).tip(&tip);
    if let Some(picked) = choice.show(ui, rect, &frame.theme) {
        frame.studio.set_backend(Backend::ALL[picked]);
    }
}

fn tip(engine: Option<&Engine>) -> String {
    let now = match engine {
        None => "An NVIDIA GPU is taken where there is one; it is looked for when drums are made."
            .to_owned(),
        Some(Engine { device: Some(gpu), .. }) => format!("Last time: {gpu}."),
        Some(Engine { why: Some(why), .. }) => format!("Last time: the processor, since {why}."),
        Some(_) => "Last time: the processor.".to_owned(),
    };
    format!("What makes the drums: processor (CPU) or graphics card (GPU). {now}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tip_says_why_there_is_no_gpu() {
        let why = Some("cuDNN 9 was not found".to_owned());
        let engine = Engine { backend: Backend::Cpu, device: None, why, broke: false };
        assert!(tip(Some(&engine)).ends_with("the processor, since cuDNN 9 was not found."));
        let device = Some("A GPU".to_owned());
        let engine = Engine { backend: Backend::Cuda, device, why: None, broke: false };
        assert!(tip(Some(&engine)).ends_with("Last time: A GPU."));
    }
}
