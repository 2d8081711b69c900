//! Choosing tracks of a song by name or number, as a musician asks for them.

use thiserror::Error;

use super::{Song, Track, TrackKind, program_name};

/// Why no track was found for what was asked. The messages list the tracks that could be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum TrackError {
    /// No track is called so.
    #[error("no track is called \"{wanted}\"; there are: {available}")]
    Unknown { wanted: String, available: String },
    /// Several tracks are called so.
    #[error("several tracks fit \"{wanted}\": {fitting}")]
    Ambiguous { wanted: String, fitting: String },
    /// It plays drums, where a melody is wanted.
    #[error("track {number}, \"{name}\", is drums; tracks with notes to play to: {available}")]
    Drums {
        /// From 1.
        number: usize,
        name: String,
        available: String,
    },
    /// All tracks are drums.
    #[error("the song has no tracks but drums")]
    OnlyDrums,
    /// There is no track with notes.
    #[error("the song has no notes")]
    Empty,
}

impl Track {
    /// The track's name or, where it has none, its sound's.
    pub fn label(&self) -> &str {
        match self.kind {
            _ if !self.name.trim().is_empty() => &self.name,
            TrackKind::Melodic { program } => program_name(program),
            TrackKind::Drums => "Drums",
        }
    }
}

impl Song {
    /// The melodic tracks that are meant by `wanted`, as indices into `tracks`; never none.
    ///
    /// In this order, and whatever the case: tracks of that very label (an instrument that plays
    /// with several sounds is several tracks of one name), the track of that number (from 1, drums
    /// counted too), or the tracks of the only label that contains it.
    ///
    /// # Errors
    /// If there is no such track, several labels contain `wanted`, or only drums are meant.
    pub fn find_tracks(&self, wanted: &str) -> Result<Vec<usize>, TrackError> {
        if self.melodic().next().is_none() {
            return Err(self.no_melody());
        }
        let labels = self.labels();
        let mut found = self.fitting(wanted);
        let Some(&first) = found.first() else {
            let available = self.list(|track| !track.is_drums());
            return Err(TrackError::Unknown { wanted: wanted.to_owned(), available });
        };
        found.retain(|&index| !self.tracks[index].is_drums());
        let Some(&melodic) = found.first() else {
            return Err(TrackError::Drums {
                number: first + 1,
                name: self.tracks[first].label().to_owned(),
                available: self.list(|track| !track.is_drums()),
            });
        };
        if found.iter().any(|&index| labels[index] != labels[melodic]) {
            let asked = wanted.trim().to_lowercase();
            let fitting = self
                .list(|track| !track.is_drums() && track.label().to_lowercase().contains(&asked));
            return Err(TrackError::Ambiguous { wanted: wanted.to_owned(), fitting });
        }
        Ok(found)
    }

    /// The tracks that are meant by `wanted`, drums or not, as indices into `tracks`; never none.
    /// Names and numbers are understood as by [`Song::find_tracks`].
    ///
    /// # Errors
    /// If there is no such track, or several labels contain `wanted`.
    pub fn find_any_tracks(&self, wanted: &str) -> Result<Vec<usize>, TrackError> {
        let (labels, found) = (self.labels(), self.fitting(wanted));
        let Some(&first) = found.first() else {
            let available = self.list(|_| true);
            return Err(TrackError::Unknown { wanted: wanted.to_owned(), available });
        };
        if found.iter().any(|&index| labels[index] != labels[first]) {
            let asked = wanted.trim().to_lowercase();
            let fitting = self.list(|track| track.label().to_lowercase().contains(&asked));
            return Err(TrackError::Ambiguous { wanted: wanted.to_owned(), fitting });
        }
        Ok(found)
    }

    /// The labels of all tracks in lower case.
    fn labels(&self) -> Vec<String> {
        self.tracks.iter().map(|track| track.label().to_lowercase()).collect()
    }

    /// Tracks of that very label, else of that number, else those whose label contains it.
    fn fitting(&self, wanted: &str) -> Vec<usize> {
        let asked = wanted.trim().to_lowercase();
        let labels = self.labels();
        let fitting = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
            (0..labels.len()).filter(|&index| fits(&labels[index])).collect()
        };
        let mut found = fitting(&|label| label == asked);
        if found.is_empty()
            && let Some(index) =
                asked.parse::<usize>().ok().and_then(|number| number.checked_sub(1))
            && index < self.tracks.len()
        {
            found = vec![index];
        }
        if found.is_empty() && !asked.is_empty() {
            found = fitting(&|label| label.contains(&asked));
        }
        found
    }

    /// The song with nothing but the melodic tracks asked for, in the order of the song; see
    /// [`Song::find_tracks`]. With nothing asked for, all melodic tracks.
    ///
    /// The bars of the result end with the last note of these tracks.
    ///
    /// # Errors
    /// If one of them cannot be found, or the song has no melodic track at all.
    pub fn with_only_tracks(&self, wanted: &[impl AsRef<str>]) -> Result<Song, TrackError> {
        let mut chosen = vec![false; self.tracks.len()];
        for wanted in wanted {
            for index in self.find_tracks(wanted.as_ref())? {
                chosen[index] = true;
            }
        }
        if wanted.is_empty() {
            chosen = self.tracks.iter().map(|track| !track.is_drums()).collect();
        }
        let tracks: Vec<Track> = self
            .tracks
            .iter()
            .zip(chosen)
            .filter(|&(_, chosen)| chosen)
            .map(|(track, _)| track.clone())
            .collect();
        if tracks.is_empty() {
            return Err(self.no_melody());
        }
        Ok(Song { tempo: self.tempo.clone(), metres: self.metres.clone(), tracks })
    }

    fn no_melody(&self) -> TrackError {
        let silent = self.tracks.iter().all(|track| track.notes.is_empty());
        if silent { TrackError::Empty } else { TrackError::OnlyDrums }
    }

    /// Numbers and labels of tracks, for messages.
    fn list(&self, among: impl Fn(&Track) -> bool) -> String {
        let named: Vec<String> = (1..)
            .zip(&self.tracks)
            .filter(|(_, track)| among(track))
            .map(|(number, track)| format!("{number} \"{}\"", track.label()))
            .collect();
        named.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Note, TempoMap, Ticks, Velocity};

    fn song(tracks: &[(&str, Option<u8>)]) -> Song {
        let note =
            Note { start: Ticks(0), length: Ticks(1), key: 60, velocity: Velocity::clamped(64) };
        let track = |&(name, program): &(&str, Option<u8>)| Track {
            name: name.to_owned(),
            kind: program.map_or(TrackKind::Drums, |program| TrackKind::Melodic { program }),
            notes: vec![note],
        };
        Song {
            tempo: TempoMap::new(96, []),
            metres: Vec::new(),
            tracks: tracks.iter().map(track).collect(),
        }
    }

    fn band() -> Song {
        song(&[
            ("Drum kit", None),
            ("Lead", Some(80)),
            ("", Some(33)),
            ("lead", Some(81)),
            ("Piano left", Some(0)),
            ("Piano right", Some(0)),
            ("7", Some(0)),
        ])
    }

    #[test]
    fn names_come_before_numbers_before_parts_of_names() {
        let band = band();
        assert_eq!(band.find_tracks("LEAD"), Ok(vec![1, 3]));
        assert_eq!(band.find_tracks("2"), Ok(vec![1]));
        assert_eq!(band.find_tracks("7"), Ok(vec![6]));
        assert_eq!(band.find_tracks("bass"), Ok(vec![2]));
        assert_eq!(band.find_tracks(" left "), Ok(vec![4]));
        assert_eq!(band.find_tracks("lea"), Ok(vec![1, 3]));
    }

    #[test]
    fn refusals_list_what_there_is() {
        let band = band();
        let refusal = |wanted| band.find_tracks(wanted).unwrap_err().to_string();
        let all = "2 \"Lead\", 3 \"Fingered bass\", 4 \"lead\", 5 \"Piano left\", \
                   6 \"Piano right\", 7 \"7\"";
        assert_eq!(refusal("horn"), format!("no track is called \"horn\"; there are: {all}"));
        assert_eq!(refusal(""), format!("no track is called \"\"; there are: {all}"));
        assert_eq!(
            refusal("piano"),
            "several tracks fit \"piano\": 5 \"Piano left\", 6 \"Piano right\""
        );
        for wanted in ["1", "drum"] {
            assert_eq!(
                refusal(wanted),
                format!("track 1, \"Drum kit\", is drums; tracks with notes to play to: {all}")
            );
        }
        assert_eq!(song(&[("Kit", None)]).find_tracks("kit"), Err(TrackError::OnlyDrums));
        assert_eq!(song(&[]).find_tracks("kit"), Err(TrackError::Empty));
    }

    #[test]
    fn drums_can_be_meant_too() {
        let band = band();
        assert_eq!(band.find_any_tracks("kit"), Ok(vec![0]));
        assert_eq!(band.find_any_tracks("1"), Ok(vec![0]));
        assert_eq!(band.find_any_tracks("lead"), Ok(vec![1, 3]));
        assert!(band.find_any_tracks("piano").unwrap_err().to_string().contains("several"));
        let refusal = band.find_any_tracks("horn").unwrap_err().to_string();
        assert!(refusal.contains("1 \"Drum kit\", 2 \"Lead\""), "{refusal}");
    }

    #[test]
    fn only_what_was_asked_for_stays() {
        let band = band();
        let names = |song: Song| -> Vec<String> {
            song.tracks.iter().map(|track| track.label().to_owned()).collect()
        };
        let chosen = band.with_only_tracks(&["7", "Piano left"]).unwrap();
        assert_eq!(names(chosen), ["Piano left", "7"]);
        let nothing: [&str; 0] = [];
        assert_eq!(band.with_only_tracks(&nothing).unwrap().tracks.len(), 6);
        assert_eq!(song(&[("", None)]).with_only_tracks(&nothing), Err(TrackError::OnlyDrums));
        assert!(band.with_only_tracks(&["Lead", "horn"]).is_err());
    }
}
