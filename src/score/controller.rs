//! MIDI controllers that say how notes sound: the pedals of a piano, and how loud a channel is.

use super::Pedal;

/// Where a General MIDI instrument has the volume before it is moved.
const USUAL_VOLUME: u8 = 100;
const FULL: u8 = 127;

/// A controller whose values, 0 to 127, are kept with the notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Controller {
    /// How far a pedal is down.
    Pedal(Pedal),
    /// How loud the channel is (CC 7).
    Volume,
    /// What share of that (CC 11).
    Expression,
}

impl Controller {
    /// All of them, each at the place of its [`Controller::index`]; the pedals come first.
    pub const ALL: [Controller; 5] = [
        Controller::Pedal(Pedal::Sustain),
        Controller::Pedal(Pedal::Sostenuto),
        Controller::Pedal(Pedal::Soft),
        Controller::Volume,
        Controller::Expression,
    ];

    /// Where each is before it is moved, by [`Controller::index`].
    pub const AT_REST: [u8; Controller::ALL.len()] = [0, 0, 0, USUAL_VOLUME, FULL];

    /// Its place in [`Controller::ALL`].
    pub fn index(self) -> usize {
        match self {
            Controller::Pedal(pedal) => pedal.index(),
            Controller::Volume => Pedal::ALL.len(),
            Controller::Expression => Pedal::ALL.len() + 1,
        }
    }

    /// What a MIDI controller (`number`) with a value, 0 to 127, moves, and to which value.
    pub fn moved(number: u8, value: u8) -> impl Iterator<Item = (Controller, u8)> {
        let loudness = match number {
            7 => Some((Controller::Volume, value)),
            11 => Some((Controller::Expression, value)),
            // "Reset all controllers" leaves the volume alone.
            Pedal::RESET => Some((Controller::Expression, FULL)),
            _ => None,
        };
        let pedals = Pedal::moved(number, value);
        pedals.map(|(pedal, value)| (Controller::Pedal(pedal), value)).chain(loudness)
    }

    /// How loud a channel is with these values of all controllers, by [`Controller::index`]: linear gain, 0
    /// to 1.62, and 1 at rest. It goes with 40 log10 of volume and expression, as General MIDI recommends.
    pub fn gain(values: &[u8; Controller::ALL.len()]) -> f32 {
        let share = |controller: Controller| {
            let index = controller.index();
            f32::from(values[index]) / f32::from(Controller::AT_REST[index])
        };
        let both = share(Controller::Volume) * share(Controller::Expression);
        both * both
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_move_what_they_are_for_and_a_reset_leaves_the_volume() {
        let moved = |number, value| Controller::moved(number, value).collect::<Vec<_>>();
        assert_eq!(moved(64, 90), [(Controller::Pedal(Pedal::Sustain), 90)]);
        assert_eq!(moved(7, 90), [(Controller::Volume, 90)]);
        assert_eq!(moved(11, 40), [(Controller::Expression, 40)]);
        assert_eq!(moved(1, 64), []);
        let reset = moved(121, 0);
        assert_eq!(reset.last(), Some(&(Controller::Expression, 127)));
        assert!(reset.iter().all(|(controller, _)| *controller != Controller::Volume));
        assert!(Controller::ALL.iter().enumerate().all(|(index, of)| of.index() == index));
    }

    #[test]
    fn a_channel_at_rest_is_as_loud_as_its_notes() {
        let mut values = Controller::AT_REST;
        assert_eq!(Controller::gain(&values), 1.0);
        values[Controller::Volume.index()] = 50;
        assert_eq!(Controller::gain(&values), 0.25);
        values[Controller::Expression.index()] = 0;
        assert_eq!(Controller::gain(&values), 0.0);
    }
}
