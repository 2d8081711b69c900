//! What a musician does with Drumlin in Ardour, by mouse and keyboard.

use std::thread;
use std::time::Duration;

use drumlin::drummer::StyleChoice;
use drumlin::editor::SMALLEST;
use drumlin::midi;
use drumlin::score::{
    BarIndex, GrooveSource, Lane, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity,
};
use drumlin::studio::{Document, Extract};
use hosts::BoxError;

use super::ardour::{Ardour, FRAME, Open, Session};
use super::screen::Screen;
use super::{TICK, drop_file, measure, source, wait};

fn claps(document: &Document, bar: usize) -> usize {
    let part = document.arrangement.as_ref().map(|made| &made.alternative().part);
    part.map_or(0, |part| {
        part.hits.iter().filter(|hit| hit.lane() == Lane::Clap && hit.bar == BarIndex(bar)).count()
    })
}

/// Plays the song through, captures it and has it drummed.
fn drum(
    screen: &Screen,
    open: &mut Open<'_>,
    plugin: u32,
    session: &Session,
) -> Result<Document, BoxError> {
    for attempt in 1.. {
        open.play_through()?;
        screen.click(plugin, open.capture())?;
        let take = wait("the take", Duration::from_secs(60), || {
            open.save()?;
            Ok(session.document().ok().filter(|document| !document.takes.is_empty()))
        });
        if take.is_err() {
            screen.picture(&format!("ardour-no-take-{attempt}"))?;
        }
        // Should a busy machine have lost a key, it is played once more.
        if take.is_ok() || attempt == 3 {
            take?;
            break;
        }
    }
    screen.click(plugin, open.generate())?;
    wait("drums", Duration::from_secs(60), || {
        open.save()?;
        Ok(session.document().ok().filter(|document| document.arrangement.is_some()))
    })
}

/// Drags the document's clip into the arrangement, where its drums are a region then.
fn drag_clip(
    screen: &Screen,
    open: &mut Open<'_>,
    plugin: u32,
    session: &Session,
    document: &Document,
) -> Result<(), BoxError> {
    let clip = document.midi_file(&Extract::default()).ok_or("no clip")?;
    let wanted = measure::drums_of(&clip.bytes)?;
    screen.drag(screen.on_screen(plugin, open.chip())?, open.arrangement())?;
    wait("the clip in the arrangement", Duration::from_secs(20), || {
        open.save()?;
        let found = session.midi_files()?.into_iter().any(|bytes| {
            measure::drums_of(&bytes)
                .is_ok_and(|notes| measure::compare(&notes, &wanted, TICK).is_ok())
        });
        // The file is there before the region is.
        Ok((found && session.has_region("drums")?).then_some(()))
    })
}

/// A song is drummed, the drums are edited, heard and dragged into the arrangement, and all of it is
/// there the next day.
pub fn a_song_gets_drums() -> Result<(), BoxError> {
    let ardour = Ardour::new()?;
    let session = ardour.session()?;
    let screen = Screen::new(1600, 1000)?;
    let mut open = ardour.open(&screen, &session)?;
    let plugin = open.show_plugin()?;
    let generated = drum(&screen, &mut open, plugin, &session)?;
    // A clap in bar 3.
    assert_eq!(claps(&generated, 2), 0);
    screen.click(plugin, open.cell(11, 2.5))?;
    screen.picture("ardour-drums")?;
    open.save()?;
    let edited = session.document()?;
    assert_eq!(claps(&edited, 2), 1, "the bar is edited");
    // Drums in time with the song, and the clip onto the arrangement.
    open.play_for(Duration::from_secs(4), || screen.picture("ardour-playing"))?;
    drag_clip(&screen, &mut open, plugin, &session, &edited)?;
    screen.picture("ardour-dragged")?;
    open.save()?;
    let saved = session.document()?;
    open.quit()?;

    // Tomorrow.
    let mut open = ardour.open(&screen, &session)?;
    let plugin = open.show_plugin()?;
    thread::sleep(Duration::from_secs(1));
    screen.picture("ardour-reopened")?;
    open.save()?;
    let reopened = session.document()?;
    assert_eq!(reopened.takes, saved.takes);
    assert_eq!(reopened.arrangement, saved.arrangement);
    assert!(session.has_region("drums")?);
    // Another song, from outside.
    let middle = screen.on_screen(plugin, open.cell(8, 4.0))?;
    drop_file(&screen, &source("tests/songs/jingle_bells.mid"), middle)?;
    wait("the file as a take", Duration::from_secs(20), || {
        open.save()?;
        let takes = session.document()?.takes;
        Ok(takes.iter().any(|take| take.name == "jingle_bells").then_some(()))
    })?;
    screen.picture("ardour-dropped")?;
    // Ardour's frame makes it as small as it may be.
    let frame = screen.window(FRAME, Duration::from_secs(3))?;
    let (beside, above) = {
        let (frame, inner) = (screen.size_of(frame)?, screen.size_of(plugin)?);
        (frame.0 - inner.0, frame.1 - inner.1)
    };
    let smallest = (SMALLEST.x as i32, SMALLEST.y as i32);
    screen.resize(frame, smallest.0 + beside, smallest.1 + above)?;
    wait("the smallest window", Duration::from_secs(10), || {
        Ok((screen.size_of(plugin)? == smallest).then_some(()))
    })?;
    screen.picture("ardour-small")?;
    open.quit()
}

/// Two bars that no drummer of Drumlin's plays: a cowbell on every beat, a clap between.
fn cowbells() -> Song {
    let note = |eighth: u64| Note {
        start: Ticks(eighth * 480),
        length: Ticks(60),
        key: if eighth.is_multiple_of(2) { 56 } else { 39 },
        velocity: Velocity::clamped(90),
    };
    let notes = (0..16).map(note).collect();
    let drums = Track { name: "Drums".to_owned(), kind: TrackKind::Drums, notes };
    Song { tempo: TempoMap::new(960, []), metres: Vec::new(), tracks: vec![drums] }
}

/// Two bars of rock: kick, snare and hats in eighths.
pub fn rock() -> Song {
    let note = |eighth: u64, lane: Lane| Note {
        start: Ticks(eighth * 480),
        length: Ticks(60),
        key: lane.default_key().get(),
        velocity: Velocity::clamped(100),
    };
    let mut notes: Vec<Note> = (0..16).map(|eighth| note(eighth, Lane::ClosedHat)).collect();
    notes.extend([0, 5, 8, 13].map(|eighth| note(eighth, Lane::Kick)));
    notes.extend([2, 6, 10, 14].map(|eighth| note(eighth, Lane::Snare)));
    notes.sort_by_key(|note| note.start);
    let drums = Track { name: "Drums".to_owned(), kind: TrackKind::Drums, notes };
    Song { tempo: TempoMap::new(960, []), metres: Vec::new(), tracks: vec![drums] }
}

/// Where the song's groove comes from; what it is called.
fn groove_of(document: &Document) -> Option<(GrooveSource, String)> {
    match &document.settings.style {
        StyleChoice::Groove(groove) => Some((groove.source(), groove.name().to_owned())),
        _ => None,
    }
}

/// The musician's own groove: dropped on the window while the song plays, morphed on the map while it
/// plays, and dragged into the arrangement.
pub fn a_song_gets_its_own_groove() -> Result<(), BoxError> {
    let ardour = Ardour::new()?;
    let session = ardour.session()?;
    let file = ardour.file("cowbells.mid");
    std::fs::write(&file, midi::write(&cowbells()))?;
    let screen = Screen::new(1600, 1000)?;
    let mut open = ardour.open(&screen, &session)?;
    let plugin = open.show_plugin()?;
    drum(&screen, &mut open, plugin, &session)?;
    let lane = |document: &Document, lane: Lane| {
        let part = document.part();
        part.map_or(0, |part| part.hits.iter().filter(|hit| hit.lane() == lane).count())
    };
    open.play_for(Duration::from_secs(1), || {
        drop_file(&screen, &file, screen.on_screen(plugin, open.cell(8, 4.0))?)?;
        screen.picture("ardour-groove")
    })?;
    let dropped = wait("the groove that was dropped", Duration::from_secs(20), || {
        open.save()?;
        let document = session.document()?;
        Ok((lane(&document, Lane::Bell) > 4 * 6).then_some(document))
    })?;
    assert_eq!(groove_of(&dropped), Some((GrooveSource::File, "cowbells".to_owned())));
    screen.click(plugin, open.grooves())?;
    thread::sleep(Duration::from_secs(1));
    screen.picture("ardour-map")?;
    open.play_for(Duration::from_secs(2), || {
        let [from, to] = [(-40, -30), (40, 30)].map(|place| open.on_map(place));
        screen.drag(screen.on_screen(plugin, from)?, screen.on_screen(plugin, to)?)?;
        screen.picture("ardour-morphed")?;
        screen.click(plugin, open.use_for_song())
    })?;
    let morphed = wait("the groove of the map", Duration::from_secs(20), || {
        open.save()?;
        let document = session.document()?;
        let is_there = groove_of(&document).is_some_and(|(source, _)| source == GrooveSource::Map);
        Ok((is_there && lane(&document, Lane::Bell) < 4 * 6).then_some(document))
    })?;
    drag_clip(&screen, &mut open, plugin, &session, &morphed)?;
    screen.picture("ardour-groove-dragged")?;
    open.quit()
}
