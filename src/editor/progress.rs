//! How far the worker is.

use egui::{Align2, CornerRadius, Rect, Stroke, StrokeKind, Ui, Vec2, pos2};

use super::frame::sentence;
use super::theme::{Face, Theme, UNIT};
use super::widgets::{label_at, label_snug};
use crate::studio::{Job, JobView};

/// What the worker is doing and how far it is.
pub fn progress_bar(ui: &Ui, theme: &Theme, job: &JobView, place: Rect) {
    let painter = ui.painter();
    let radius = CornerRadius::same(5);
    painter.rect_filled(place, radius, theme.window);
    let share = job.fraction.clamp(0.0, 1.0);
    let done = Rect::from_min_size(place.min, Vec2::new(place.width() * share, place.height()));
    painter.rect_filled(done, radius, theme.accent.gamma_multiply(0.35));
    let foot = Rect::from_min_max(pos2(done.left(), done.bottom() - 3.0), done.max);
    painter.rect_filled(foot, CornerRadius::ZERO, theme.accent);
    painter.rect_stroke(place, radius, Stroke::new(1.0, theme.line_strong), StrokeKind::Inside);
    let at = pos2(place.right() - 2.5 * UNIT, place.center().y);
    let percent = format!("{:.0} %", share * 100.0);
    let font = Face::Regular.at(12.0);
    let number = label_at(painter, at, Align2::RIGHT_CENTER, &percent, font, theme.text_dim);
    let room = Rect::from_min_max(
        pos2(place.left() + 2.5 * UNIT, place.top()),
        pos2(number.left() - UNIT, place.bottom()),
    );
    let words = sentence(stage(job)).replace('.', "…");
    label_snug(painter, room, Align2::LEFT_CENTER, &words, Face::Regular, 13.0, theme.text);
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(33));
}

/// What the worker is at. Jobs of the drummer have stages, and none while they wait for another.
fn stage(job: &JobView) -> &'static str {
    match (&job.job, job.stage) {
        (Job::Transcribe(_) | Job::TranscribeTrack(_), _) => "hearing the recording",
        (Job::LearnPiano(_), _) => "measuring the piano",
        (Job::Compose(_), _) => "writing melodies",
        (Job::Preview(_) | Job::RenderPiano, _) => "rendering",
        (Job::AddGrooves(_), _) => "reading grooves",
        (_, Some(stage)) => stage.name(),
        (_, None) => "waiting",
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::theme::{Variant, fonts};
    use super::*;

    #[test]
    fn what_it_does_and_how_far_it_is_stand_apart() {
        for width in [110.0, 150.0, 260.0] {
            let (job, fraction) = (Job::LearnPiano(PathBuf::new()), 0.35);
            let view = JobView { job, stage: None, fraction };
            let place = Rect::from_min_size(pos2(4.0, 4.0), Vec2::new(width, 28.0));
            let show = move |ui: &mut Ui| {
                progress_bar(ui, &Theme::of(Variant::Dark), &view, place);
            };
            let mut harness = egui_kittest::Harness::builder()
                .with_context_setup(|ctx| ctx.set_fonts(fonts()))
                .build_ui(show);
            harness.step();
            let texts: Vec<Rect> = (harness.output().shapes.iter())
                .filter_map(|clipped| match &clipped.shape {
                    egui::Shape::Text(text) => Some(text.visual_bounding_rect()),
                    _ => None,
                })
                .collect();
            let [number, words] = texts[..] else { panic!("{texts:?}") };
            assert!(words.right() <= number.left(), "{texts:?} in {width}");
            assert!(place.contains_rect(words) && place.contains_rect(number), "{texts:?}");
        }
    }

    #[test]
    fn jobs_without_stages_say_what_they_do() {
        let said = |job| stage(&JobView { job, stage: None, fraction: 0.4 });
        assert_eq!(said(Job::LearnPiano(PathBuf::new())), "measuring the piano");
        assert_eq!(said(Job::RenderPiano), "rendering");
        assert_eq!(said(Job::Generate), "waiting");
    }
}
