//! The bar at the top: where the host is, what to do next, undo, and taking the clip away.

use egui::{Align2, CornerRadius, Id, Popup, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, pos2};

use super::frame::Frame;
use super::progress::progress_bar;
use super::shared::{Destination, Request, Shared};
use super::theme::{CONTROL, Face, UNIT, Variant};
use super::widgets::{Button, Icon, Look, drag_chip, label, label_at};
use super::{candidates, export};
use crate::score::Metre;
use crate::studio::{Job, JobView, RecordingView, Span, TrackListeningView, WindowSettings};

/// From this width on, in points, the name has room beside everything else.
const NAMED: f32 = 1200.0;

/// Allots places from both ends of the bar.
struct Row {
    left: f32,
    right: f32,
    middle: f32,
}

impl Row {
    fn next_left(&mut self, width: f32) -> Rect {
        let rect = Rect::from_min_size(
            pos2(self.left, self.middle - CONTROL / 2.0),
            Vec2::new(width, CONTROL),
        );
        self.left += width + 1.5 * UNIT;
        rect
    }

    /// What is left between both ends, 260 points at most, without buttons of these widths behind it.
    fn rest<const COUNT: usize>(&mut self, buttons: [f32; COUNT]) -> Rect {
        let behind: f32 = buttons.iter().map(|width| width + 1.5 * UNIT).sum();
        self.next_left((self.right - self.left - behind - 1.5 * UNIT).clamp(0.0, 260.0))
    }

    fn next_right(&mut self, width: f32) -> Rect {
        self.right -= width;
        let rect = Rect::from_min_size(
            pos2(self.right, self.middle - CONTROL / 2.0),
            Vec2::new(width, CONTROL),
        );
        self.right -= UNIT;
        rect
    }
}

pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared) {
    let (theme, rect) = (&frame.theme, frame.layout.top_bar);
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.panel);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme.line_strong));
    let wide = rect.width() >= 1100.0;
    let named = rect.width() >= NAMED;
    let mut row = Row {
        left: rect.left() + 3.0 * UNIT,
        right: rect.right() - 2.0 * UNIT,
        middle: rect.center().y,
    };
    logo(ui, frame, &mut row, named);
    transport(ui, frame, &mut row, wide);
    take_away(ui, frame, shared, &mut row, wide);
    main_actions(ui, frame, shared, &mut row, wide);
}

/// Two hills and the name.
fn logo(ui: &mut Ui, frame: &Frame<'_>, row: &mut Row, named: bool) {
    let theme = &frame.theme;
    let effect = frame.name.len() > "Drumlin".len();
    let place = row.next_left(match (named, effect) {
        (true, true) => 134.0,
        (true, false) => 108.0,
        (false, _) => 30.0,
    });
    let (left, foot) = (place.left(), place.center().y + 8.0);
    for (from, width, height, colour) in [
        (10.0, 18.0, 10.0, theme.accent.lerp_to_gamma(theme.panel, 0.45)),
        (0.0, 20.0, 15.0, theme.accent),
    ] {
        let points = (0..=24)
            .map(|step| {
                let share = step as f32 / 24.0;
                let rise = (share * std::f32::consts::PI).sin().max(0.0).powf(0.8);
                pos2(left + from + width * share, foot - height * rise)
            })
            .collect();
        ui.painter().add(egui::Shape::convex_polygon(points, colour, Stroke::NONE));
    }
    if named {
        let at = pos2(left + 36.0, place.center().y);
        let font = Face::SemiBold.at(17.0);
        label_at(ui.painter(), at, Align2::LEFT_CENTER, frame.name, font, theme.text);
    }
    let response = ui.interact(place, Id::unique("logo"), Sense::hover());
    response.on_hover_text(format!(
        "{}: sound and MIDI that come in go on, drums are added. Put it behind the synth that plays the melody.",
        frame.name
    ));
}

fn transport(ui: &mut Ui, frame: &Frame<'_>, row: &mut Row, wide: bool) {
    let theme = &frame.theme;
    let transport = &frame.transport;
    let place = row.next_left(if wide { 198.0 } else { 132.0 });
    let painter = ui.painter();
    painter.rect(
        place,
        CornerRadius::same(5),
        theme.window,
        Stroke::new(1.0, theme.line),
        StrokeKind::Inside,
    );
    let icon =
        Rect::from_center_size(pos2(place.left() + 14.0, place.center().y), Vec2::splat(14.0));
    if transport.playing || transport.rehearsing {
        Icon::Play.paint(painter, icon, theme.running);
    } else {
        Icon::Stop.paint(painter, icon, theme.text_off);
    }
    let metre = transport.metre.unwrap_or(Metre::COMMON);
    let position = match (frame.playhead(), frame.bars(), transport.position) {
        (Some(at), Some(bars), _)
            if at >= 0.0 && bars.bar_at(crate::score::Ticks(at as u64)).is_some() =>
        {
            let ticks = crate::score::Ticks(at as u64);
            let bar = bars.bar_at(ticks).unwrap_or_default();
            let from = bars.bars()[bar.0].start.0 as f64;
            let beat = f64::from(bars.ticks_per_quarter()) * 4.0 / f64::from(metre.denominator());
            format!("{}.{}", frame.bar_number(bar.0), ((at - from) / beat) as usize + 1)
        }
        // A groove that is heard alone goes round outside of the song.
        (_, _, Some(position)) if !transport.rehearsing => {
            let quarters = metre.bar_beats().0;
            let bar = (position.0 / quarters).floor();
            let beat = (position.0 - bar * quarters) * f64::from(metre.denominator()) / 4.0;
            format!("{}.{}", bar as i64 + 1, beat as i64 + 1)
        }
        _ => "–.–".to_owned(),
    };
    let at = pos2(place.left() + 28.0, place.center().y);
    label_at(painter, at, Align2::LEFT_CENTER, &position, Face::SemiBold.at(14.0), theme.text);
    let tempo = transport.bpm.map_or_else(|| "–".to_owned(), |bpm| format!("{:.0}", bpm.0));
    let text = if wide { format!("{tempo} bpm    {metre}") } else { format!("{tempo} bpm") };
    let at = pos2(place.right() - 2.5 * UNIT, place.center().y);
    label_at(painter, at, Align2::RIGHT_CENTER, &text, Face::Regular.at(12.0), theme.text_dim);
    let response = ui.interact(place, Id::unique("transport"), Sense::hover());
    let running = if transport.playing { "The host plays" } else { "The host stands still" };
    response.on_hover_text(format!(
        "{running}. The drums follow it; start and stop it there. P plays bars while it stands."
    ));
}

fn main_actions(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, row: &mut Row, wide: bool) {
    capture(ui, frame, shared, row);
    if let Some(listening) = &frame.view.listening {
        track(ui, frame, row, listening, wide);
        return;
    }
    if let Some(job) = &frame.view.job {
        progress(ui, frame, row, job, wide);
        return;
    }
    let theme = &frame.theme;
    const NOTHING_THERE: &str =
        "There is nothing to play to yet: play the song in the host or open a MIDI file.";
    let no_take = frame.take.is_none().then_some(NOTHING_THERE);
    let not_taken = (frame.take.is_none() || frame.live)
        .then_some("There is no take yet: capture what was heard, or open a MIDI file.");
    let no_part = frame.arrangement.is_none().then_some("There are no drums yet: press Generate.");
    let buttons = [
        (
            Button::new("generate", "Generate")
                .icon(Icon::Sparkle)
                .look(if frame.arrangement.is_none() && !frame.live {
                    Look::Primary
                } else {
                    Look::Plain
                })
                .tip(if frame.live {
                    "Take what was heard and play drums to it."
                } else {
                    "Drums for this take: hear it, find its form, play."
                })
                .key("G")
                .unless(no_take),
            Job::Generate,
        ),
        (
            Button::new("new", if wide { "New" } else { "" })
                .icon(Icon::Idea)
                .tip("New: another idea for the same form.")
                .key("N")
                .unless(no_part),
            Job::New,
        ),
        (
            Button::new("variation", if wide { "Variation" } else { "" })
                .icon(Icon::Variation)
                .tip("Variation: the same idea, played differently.")
                .key("V")
                .unless(no_part),
            Job::Variation,
        ),
    ];
    for (button, job) in buttons {
        let place = row.next_left(button.width(ui.painter()));
        if button.show(ui, place, theme) {
            if frame.live {
                frame.capture_all();
            }
            frame.start(job);
        }
    }
    let made = candidates::current(frame).is_some();
    let many = Button::new("candidates", if wide { "Make 32" } else { "" })
        .icon(Icon::Cards)
        .tip(if made {
            "Candidates for this take, to hear and choose from."
        } else {
            "Make 32: play the take in 32 ways, rank them, and choose."
        })
        .key("W")
        .unless(not_taken);
    let place = row.next_left(many.width(ui.painter()));
    if many.show(ui, place, theme) {
        shared.request(Request::Candidates);
    }
}

/// Ends what is under way; its sign alone where there is little room.
fn cancel(wide: bool) -> Button<'static> {
    Button::new("cancel", if wide { "Cancel" } else { "" }).icon(Icon::Cross).key("Esc")
}

/// What of the track's sound is listened to, and two ways out.
fn track(
    ui: &mut Ui,
    frame: &Frame<'_>,
    row: &mut Row,
    listening: &TrackListeningView,
    wide: bool,
) {
    let theme = &frame.theme;
    let nothing = listening.seconds.is_none().then_some("Nothing was heard yet.");
    let done =
        Button::new("listened", "Done").tip("Make drums of what was heard so far.").unless(nothing);
    let cancel = cancel(wide).tip("Forget it.");
    let place = row.rest([&done, &cancel].map(|button| button.width(ui.painter())));
    let name = &listening.stretch.name;
    let (text, ink) = match (listening.seconds, listening.stretch.to) {
        (Some(seconds), _) => (format!("{seconds} s heard"), theme.running),
        (None, Some(_)) => (format!("Play {}", name.to_lowercase()), theme.text),
        (None, None) => ("Start the host".to_owned(), theme.text),
    };
    let (painter, radius) = (ui.painter(), CornerRadius::same(5));
    painter.rect(
        place,
        radius,
        theme.window,
        Stroke::new(1.0, theme.line_strong),
        StrokeKind::Inside,
    );
    let inside = place.shrink2(Vec2::new(2.5 * UNIT, 0.0));
    label(painter, inside, Align2::LEFT_CENTER, &text, Face::Regular.at(13.0), ink);
    for (button, keeps) in [(done, true), (cancel, false)] {
        let place = row.next_left(button.width(ui.painter()));
        if button.show(ui, place, theme) {
            frame.studio.stop_listening(keeps);
        }
    }
}

/// What the worker is doing, how far it is, and a way out.
fn progress(ui: &mut Ui, frame: &Frame<'_>, row: &mut Row, job: &JobView, wide: bool) {
    let theme = &frame.theme;
    let cancel = cancel(wide).tip("Stop; nothing changes.");
    let place = row.rest([cancel.width(ui.painter())]);
    progress_bar(ui, theme, job, place);
    let place = row.next_left(cancel.width(ui.painter()));
    if cancel.show(ui, place, theme) {
        frame.studio.cancel();
    }
}

const NOTHING: &str = "Nothing was heard yet: play the song in the host.";

/// What there is to capture, for the button and its menu: name, what it takes, or why it cannot.
fn captures(frame: &Frame<'_>, shared: &Shared) -> Vec<(String, Result<Span, &'static str>)> {
    let RecordingView { bars, just_played, .. } = frame.view.recording;
    let named = |name: &str, span: crate::studio::BarSpan| {
        format!("{name}  (bars {}–{})", span.first + 1, span.end)
    };
    let mut captures = vec![
        match bars {
            Some(bars) => (named("Everything heard", bars), Ok(Span::All)),
            None => ("Everything heard".to_owned(), Err(NOTHING)),
        },
        match just_played {
            Some(bars) => (named("Just played", bars), Ok(Span::JustPlayed)),
            None => ("Just played".to_owned(), Err(NOTHING)),
        },
        match frame.transport.cycle {
            _ if bars.is_none() => ("The host's loop".to_owned(), Err(NOTHING)),
            Some((from, to)) => ("The host's loop".to_owned(), Ok(Span::Between { from, to })),
            None => ("The host's loop".to_owned(), Err("The host has no loop switched on.")),
        },
    ];
    let first = frame.take.map_or(0, |(take, _)| take.first_bar.0);
    captures.push(match (&shared.selection.bars, bars) {
        (Some(range), Some(_)) => (
            format!("Selected {}", frame.bars_name(range)),
            Ok(Span::Bars { first: first + range.start, end: first + range.end }),
        ),
        (None, _) => ("Selected bars".to_owned(), Err("Select bars in the ruler first.")),
        (_, None) => ("Selected bars".to_owned(), Err(NOTHING)),
    });
    captures
}

fn capture(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, row: &mut Row) {
    let theme = &frame.theme;
    let nothing = frame.view.recording.bars.is_none();
    let button = Button::new("capture", "Capture")
        .icon(Icon::Record)
        .look(if (frame.take.is_none() || frame.live) && !nothing {
            Look::Primary
        } else {
            Look::Plain
        })
        .tip("Take what the host has played. Drumlin listens from the moment it is inserted.")
        .key("C")
        .unless(nothing.then_some("Nothing was heard yet: play the song in the host."));
    let place = row.next_left(button.width(ui.painter()));
    if button.show(ui, place, theme) {
        frame.capture_all();
    }
    row.left -= UNIT;
    let place = row.next_left(5.0 * UNIT);
    let more =
        Button::new("capture-more", "").icon(Icon::Down).tip("What to capture, or a MIDI file.");
    let response = more.respond(ui, place, theme);
    Popup::menu(&response).show(|ui| {
        ui.set_min_width(220.0);
        for (name, span) in captures(frame, shared) {
            let entry = egui::Button::new(name).frame(false).min_size(Vec2::new(210.0, 24.0));
            let response = ui.add_enabled(span.is_ok(), entry);
            match span {
                Ok(span) => {
                    if response.clicked() {
                        frame.capture(span);
                    }
                }
                Err(why_not) => {
                    response.on_disabled_hover_text(why_not);
                }
            }
        }
        ui.separator();
        let entry = |text: &str| egui::Button::new(text).frame(false).min_size(Vec2::new(210.0, 24.0));
        let open = ui.add(entry("Open a MIDI file…"));
        if open.on_hover_text("Dropping one on the window does the same.").clicked() {
            shared.request(Request::OpenMidi);
        }
        let bars = shared.selection.bars.clone().filter(|_| frame.take.is_some() && !frame.live);
        let name = match &bars {
            Some(bars) => format!("Hear the drums on this track  ({})", frame.bars_name(bars)),
            None => "Hear the drums on this track".to_owned(),
        };
        let tip = "Make drums of the sound on this track: a loop, a drum stem, a mouth. Listens to the \
                   selected bars, or from where the host starts until it stops.";
        if ui.add(entry(&name)).on_hover_text(tip).clicked() {
            frame.listen(bars);
        }
        let heard = frame.view.recording.bars.is_some();
        let forget = ui.add_enabled(heard, entry("Forget what was heard"));
        let forget = forget.on_disabled_hover_text(NOTHING);
        if forget.on_hover_text("Takes stay; what is played from now on is heard.").clicked() {
            frame.studio.forget_recording();
        }
    });
}

fn take_away(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, row: &mut Row, wide: bool) {
    let theme = &frame.theme;
    let help = Button::new("help", "?").look(Look::Bare).tip("Keyboard and mouse").key("?");
    if help.show(ui, row.next_right(CONTROL), theme) {
        shared.request(Request::Help);
    }
    let (icon, tip, other) = match theme.variant {
        Variant::Dark => (Icon::Sun, "Light window", Variant::Light),
        Variant::Light => (Icon::Moon, "Dark window", Variant::Dark),
    };
    let variant = Button::new("theme", "").icon(icon).look(Look::Bare).tip(tip);
    if variant.show(ui, row.next_right(CONTROL), theme) {
        frame
            .studio
            .set_window_settings(WindowSettings { theme: other, ..frame.view.window_settings });
    }
    let no_part = frame.part().is_none().then_some("There are no drums yet: press Generate.");
    let more = Button::new("clip-more", "")
        .icon(Icon::Export)
        .tip("Save or copy the clip as a MIDI file")
        .unless(no_part);
    let response = more.respond(ui, row.next_right(CONTROL), theme);
    if no_part.is_none() {
        Popup::menu(&response).show(|ui| {
            ui.set_min_width(200.0);
            let extract = shared.extract();
            export::menu(ui, frame, shared, &extract);
        });
    }
    drag_clip(ui, frame, shared, row, wide, no_part);
    let redo_tip =
        frame.view.redo.map_or_else(|| "Redo".to_owned(), |name| format!("Redo: {name}"));
    let redo = Button::new("redo", "")
        .icon(Icon::Redo)
        .look(Look::Bare)
        .tip(&redo_tip)
        .key("Ctrl+Shift+Z")
        .unless(frame.view.redo.is_none().then_some("There is nothing to redo."));
    if redo.show(ui, row.next_right(CONTROL), theme) {
        frame.studio.redo();
    }
    let undo_tip =
        frame.view.undo.map_or_else(|| "Undo".to_owned(), |name| format!("Undo: {name}"));
    let undo = Button::new("undo", "")
        .icon(Icon::Undo)
        .look(Look::Bare)
        .tip(&undo_tip)
        .key("Ctrl+Z")
        .unless(frame.view.undo.is_none().then_some("There is nothing to undo."));
    if undo.show(ui, row.next_right(CONTROL), theme) {
        frame.studio.undo();
    }
}

/// The clip to be dragged into the arrangement.
fn drag_clip(
    ui: &mut Ui,
    frame: &Frame<'_>,
    shared: &mut Shared,
    row: &mut Row,
    wide: bool,
    no_part: Option<&str>,
) {
    let theme = &frame.theme;
    let extract = shared.extract();
    let what = export::name(frame, &extract);
    // What will be dragged is written on it; in a narrow window the grip says that it can be.
    let text = if wide { format!("Drag {what}") } else { what.clone() };
    let place = row.next_right(if wide { 142.0 } else { 104.0 });
    let tip = format!("Drag {what} from here into the arrangement or onto the desktop.");
    if drag_chip(ui, place, theme, "drag-out", &text, &tip, no_part) {
        shared.request(Request::Export(Destination::Drag, extract));
    }
}
