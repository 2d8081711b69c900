//! Where in the song the bars of grooves are from.

use std::sync::Arc;

use super::short;
use crate::drummer::Settings;
use crate::score::BarIndex;
use crate::studio::{Arrangement, Document, MAX_BARS};

/// Of every groove of a document the bars of the song that its bars are from.
pub(super) fn saved_homes(document: &Document) -> Vec<Vec<u32>> {
    let kept = document.kept.iter().flatten();
    let kept = kept.flat_map(|kept| [Some(&kept.settings), kept.arrangement.as_ref().map(played)]);
    let current = [Some(&document.settings), document.arrangement.as_ref().map(played)];
    let grooves = current.into_iter().chain(kept).flatten().flat_map(Settings::grooves);
    grooves.map(|groove| groove.homes().iter().map(|home| short(home.0)).collect()).collect()
}

fn played(arrangement: &Arrangement) -> &Settings {
    &arrangement.played
}

/// Puts the grooves of a document in the bars that they are from, in the same order; `None` if that says
/// what cannot be.
pub(super) fn read_homes(document: &mut Document, homes: &[Vec<u32>]) -> Option<()> {
    if homes.iter().flatten().any(|&bar| bar as usize >= MAX_BARS) {
        return None;
    }
    let mut homes = homes.iter();
    let mut place = |settings: &mut Settings| {
        for (groove, bars) in settings.grooves_mut().zip(&mut homes) {
            *groove = groove.at_home(bars.iter().map(|&bar| BarIndex(bar as usize)).collect());
        }
    };
    place(&mut document.settings);
    if let Some(arrangement) = &mut document.arrangement {
        place(&mut arrangement.played);
    }
    for kept in document.kept.iter_mut().flatten() {
        let kept = Arc::make_mut(kept);
        place(&mut kept.settings);
        if let Some(arrangement) = &mut kept.arrangement {
            place(&mut arrangement.played);
        }
    }
    homes.next().is_none().then_some(())
}
