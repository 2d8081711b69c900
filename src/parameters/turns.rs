//! How drums begin and end, as hosts see it.

use crate::drummer::{CountIn, Ending};
use nice_plug::prelude::Enum;

/// What can be chosen for the ending. Ids are part of the saved state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[expect(missing_docs, reason = "the endings are explained at the drummer's")]
pub enum EndingName {
    #[id = "from-song"]
    #[name = "From the song"]
    FromSong,
    #[id = "hit"]
    Hit,
    #[id = "fill-and-hit"]
    #[name = "Fill and hit"]
    FillAndHit,
    #[id = "none"]
    None,
}

impl From<EndingName> for Ending {
    fn from(name: EndingName) -> Ending {
        match name {
            EndingName::FromSong => Ending::FromSong,
            EndingName::Hit => Ending::Hit,
            EndingName::FillAndHit => Ending::FillAndHit,
            EndingName::None => Ending::None,
        }
    }
}

/// What can be chosen for the count-in. Ids are part of the saved state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[expect(missing_docs, reason = "the count-ins are explained at the drummer's")]
pub enum CountInName {
    #[id = "none"]
    None,
    #[id = "sticks"]
    Sticks,
    #[id = "fill"]
    Fill,
}

impl From<CountInName> for CountIn {
    fn from(name: CountInName) -> CountIn {
        match name {
            CountInName::None => CountIn::None,
            CountInName::Sticks => CountIn::Sticks,
            CountInName::Fill => CountIn::Fill,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_the_drummer_can_be_chosen() {
        let endings = EndingName::ids().unwrap();
        assert_eq!(endings.to_vec(), Ending::ALL.map(Ending::name));
        for (index, ending) in Ending::ALL.into_iter().enumerate() {
            assert_eq!(Ending::from(EndingName::from_index(index)), ending);
        }
        let count_ins = CountInName::ids().unwrap();
        assert_eq!(count_ins.to_vec(), CountIn::ALL.map(CountIn::name));
        for (index, count_in) in CountIn::ALL.into_iter().enumerate() {
            assert_eq!(CountIn::from(CountInName::from_index(index)), count_in);
        }
    }
}
