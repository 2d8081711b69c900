//! What a host keeps in its project: the parameters and the studio's document.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nice_plug::params::Params;
use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::{ParamValue, PluginState};
use nice_plug::prelude::util;
use parking_lot::Mutex;

use super::host_link::HostLink;
use crate::network::Backend;
use crate::parameters::{CHANGES, CHANNELS, LOUDEST_DB, Parameters};
use crate::studio::Studio;

/// Everything that is saved and loaded. Called on the host's main thread.
#[derive(Params)]
pub struct State {
    #[nested]
    pub parameters: Arc<Parameters>,
    #[persist = "document"]
    document: Keeping,
    #[persist = "backend"]
    backend: Running,
}

impl State {
    pub fn new(parameters: Arc<Parameters>, studio: Arc<Studio>, host: Arc<HostLink>) -> State {
        let document = Keeping {
            studio: studio.clone(),
            parameters: parameters.clone(),
            host,
            refused: Mutex::default(),
        };
        State { parameters, document, backend: Running(studio) }
    }
}

/// The document as base64 text: the wrapper writes fields as JSON.
struct Keeping {
    studio: Arc<Studio>,
    parameters: Arc<Parameters>,
    host: Arc<HostLink>,
    /// What could not be opened: saving must not put an empty document in its place.
    refused: Mutex<Option<String>>,
}

impl<'a> PersistentField<'a, String> for Keeping {
    /// What is no document is refused in words; what was there stays.
    fn set(&self, text: String) {
        // Text that is not base64 gives the studio bytes that it refuses.
        let bytes = STANDARD.decode(&text).unwrap_or_default();
        match self.host.open(&self.studio, || self.studio.load(&bytes)) {
            // The parameters were set before: nobody has turned them, and the document, which may have a
            // groove where the parameter names a style, is not to follow them.
            Ok(_) => {
                drop(self.parameters.take_turned());
                *self.refused.lock() = None;
            }
            Err(error) => {
                *self.refused.lock() = Some(text);
                self.studio.report(&format!("The project's drums could not be opened: {error}."));
            }
        }
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&String) -> R,
    {
        // As long as there is no take, the musician has nothing that the save could lose.
        let refused = self.refused.lock().clone();
        let kept = refused.filter(|_| self.studio.snapshot().document.take().is_none());
        f(&kept.unwrap_or_else(|| STANDARD.encode(self.studio.save())))
    }
}

/// What the networks run on, by its name. Apart from the document, since it says nothing of the music.
struct Running(Arc<Studio>);

impl<'a> PersistentField<'a, String> for Running {
    /// A name from a newer Drumlin changes nothing.
    fn set(&self, name: String) {
        if let Some(backend) = Backend::ALL.into_iter().find(|backend| backend.name() == name) {
            self.0.set_backend(backend);
        }
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&String) -> R,
    {
        f(&self.0.backend().name().to_owned())
    }
}

/// Opening a project presses nothing and ends the tapping of a groove: the trigger goes out of the state
/// that is about to be loaded, and the switch is off in it. Values that a damaged project has beyond their
/// ranges come back into them: nobody else looks, and a level may be as loud as it says. Choices are saved
/// by name: a number in the place of one goes, as one without a name would take the host down with the next
/// save.
pub fn at_rest(state: &mut PluginState) {
    let counts = |id: &String| ["chan", "edits"].contains(&id.as_str());
    state.params.retain(|id, value| counts(id) || !matches!(value, ParamValue::I32(_)));
    state.params.remove("gen");
    state.params.insert("tap".to_owned(), ParamValue::Bool(false));
    for (id, value) in &mut state.params {
        match (id.as_str(), value) {
            ("level", ParamValue::F32(gain)) => {
                *gain = gain.clamp(0.0, util::db_to_gain(LOUDEST_DB));
            }
            (_, ParamValue::F32(share)) => *share = share.clamp(0.0, 1.0),
            ("chan", ParamValue::I32(channel)) => {
                *channel = (*channel).clamp(CHANNELS[0], CHANNELS[1]);
            }
            ("edits", ParamValue::I32(count)) => *count = (*count).clamp(0, CHANGES),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(unsafe_code, reason = "the host sets parameters behind the plugin's back")]

    use nice_plug::params::internals::ParamPtr;
    use nice_plug::params::{InternalParamMut, Param};

    use super::super::parameter_sync::ParameterSync;
    use super::*;
    use crate::score::{BarIndex, Groove, GrooveSource, Hit, Lane, Metre, Velocity};
    use crate::studio::{Channel, Edit};
    use std::collections::BTreeMap;

    fn state() -> (State, Arc<Studio>) {
        let studio = Studio::new();
        (State::new(Arc::default(), Arc::clone(&studio), Arc::default()), studio)
    }

    #[test]
    fn the_document_is_saved_and_opened_again() {
        let (state, studio) = state();
        studio.apply(Edit::Channel(Channel::new(3).unwrap())).unwrap();
        let saved = state.serialize_fields();
        let (state, studio) = self::state();
        state.deserialize_fields(&saved);
        assert_eq!(studio.snapshot().document.channel.number(), 3);
    }

    #[test]
    fn a_groove_outlives_the_style_that_was_turned_before_it() {
        let (state, studio) = state();
        let kick = Hit {
            bar: BarIndex(0),
            step: 0,
            key: Lane::Kick.default_key(),
            velocity: Velocity::clamped(90),
            offset: 0.0,
        };
        let source = GrooveSource::File;
        let groove = Groove::new("beat", source, Metre::COMMON, false, 1, vec![kick]).unwrap();
        studio.apply(Edit::UseGroove { section: None, groove: Some(groove) }).unwrap();
        let saved = state.serialize_fields();
        let asked = studio.snapshot().document.settings.clone();
        let (state, studio) = self::state();
        let mut sync = ParameterSync::new(
            state.parameters.clone(),
            Arc::default(),
            state.document.host.clone(),
        );
        // As a host opens a project: the parameters, then the document, then the worker's next tick.
        // SAFETY: nobody else has these parameters.
        unsafe { state.parameters.style._internal_set_normalized_value(0.3) };
        state.deserialize_fields(&saved);
        sync.poll(&studio);
        assert_eq!(studio.snapshot().document.settings, asked);
        // Nor is it a change that the host has to save.
        state.document.host.take_turns(|id, _| panic!("{id} was turned"));
        // What is turned from then on counts.
        // SAFETY: as above.
        unsafe { state.parameters.style._internal_set_normalized_value(0.6) };
        sync.poll(&studio);
        assert_ne!(studio.snapshot().document.settings, asked);
    }

    #[test]
    fn a_project_opens_with_nothing_pressed_and_no_groove_being_tapped() {
        let on = |id: &str| (id.to_owned(), ParamValue::Bool(true));
        let mut state = PluginState {
            version: String::new(),
            params: BTreeMap::from([on("gen"), on("tap"), on("bypass")]),
            fields: BTreeMap::new(),
        };
        at_rest(&mut state);
        assert!(matches!(state.params.get("tap"), Some(ParamValue::Bool(false))));
        assert!(matches!(state.params.get("bypass"), Some(ParamValue::Bool(true))));
        assert!(!state.params.contains_key("gen"));
    }

    #[test]
    fn values_beyond_their_ranges_come_back_into_them() {
        let parameters = Parameters::default();
        for (id, pointer, _) in parameters.param_map() {
            let ParamPtr::FloatParam(parameter) = pointer else { continue };
            let range = [0.0, 1.0].map(|end| {
                // SAFETY: the parameter lives as long as `parameters`.
                unsafe { (*parameter).preview_plain(end) }
            });
            for (value, expected) in [(-1e30, range[0]), (1e30, range[1]), (range[1], range[1])] {
                let mut state = PluginState {
                    version: String::new(),
                    params: BTreeMap::from([(id.clone(), ParamValue::F32(value))]),
                    fields: BTreeMap::new(),
                };
                at_rest(&mut state);
                let found = state.params.get(&id);
                assert!(
                    matches!(found, Some(ParamValue::F32(found)) if *found == expected),
                    "{id}: {found:?}"
                );
            }
        }
        let mut state = PluginState {
            version: String::new(),
            params: BTreeMap::from([("edits".to_owned(), ParamValue::I32(i32::MAX))]),
            fields: BTreeMap::new(),
        };
        at_rest(&mut state);
        assert!(matches!(state.params.get("edits"), Some(ParamValue::I32(CHANGES))));
    }

    #[test]
    fn a_number_in_the_place_of_a_choice_changes_nothing() {
        let parameters = Parameters::default();
        let choices: Vec<String> = parameters
            .param_map()
            .into_iter()
            .filter(|(_, pointer, _)| matches!(pointer, ParamPtr::EnumParam(_)))
            .map(|(id, ..)| id)
            .collect();
        assert_eq!(choices, ["style", "ending", "countin"]);
        for (id, number) in choices.into_iter().zip([99, -1, i32::MAX]) {
            let mut state = PluginState {
                version: String::new(),
                params: BTreeMap::from([(id, ParamValue::I32(number))]),
                fields: BTreeMap::new(),
            };
            at_rest(&mut state);
            assert!(!state.params.values().any(|value| matches!(value, ParamValue::I32(_))));
        }
    }

    #[test]
    fn the_backend_is_kept_and_may_be_missing() {
        let (state, studio) = state();
        studio.set_backend(Backend::Cpu);
        let saved = state.serialize_fields();
        let (state, studio) = self::state();
        state.deserialize_fields(&saved);
        assert_eq!(studio.backend(), Backend::Cpu);
        for other in [BTreeMap::new(), BTreeMap::from([("backend".into(), "\"abacus\"".into())])] {
            state.deserialize_fields(&other);
            assert_eq!(studio.backend(), Backend::Cpu);
        }
    }

    #[test]
    fn what_could_not_be_opened_is_saved_as_it_was() {
        let (state, _studio) = state();
        let opened = state.serialize_fields();
        let damaged = BTreeMap::from([("document".to_owned(), "\"AAAA\"".to_owned())]);
        state.deserialize_fields(&damaged);
        assert_eq!(state.serialize_fields().get("document"), damaged.get("document"));
        // What can be opened takes its place.
        state.deserialize_fields(&opened);
        assert_eq!(state.serialize_fields().get("document"), opened.get("document"));
    }

    #[test]
    fn what_is_no_document_is_refused_in_words_and_loses_nothing() {
        let (state, studio) = state();
        studio.apply(Edit::Channel(Channel::new(3).unwrap())).unwrap();
        for text in ["\"\"", "\"AAAA\"", "\"no base64!\""] {
            state.deserialize_fields(&BTreeMap::from([("document".to_owned(), text.to_owned())]));
            assert_eq!(studio.snapshot().document.channel.number(), 3, "{text}");
        }
        let error = studio.snapshot().error.clone().unwrap();
        assert!(error.starts_with("The project's drums could not be opened: "), "{error}");
    }
}
