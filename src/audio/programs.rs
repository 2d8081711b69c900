//! Which sound stands in for a General MIDI program that a SoundFont lacks.

/// For every program its next of kin. Following the table from any program leads to one that the
/// embedded font has; most steps stay in the General MIDI family of eight. Sound effects end at the
/// melodic tom, which is short and has hardly any pitch, so that they do not sing in the analysis.
const KIN: [u8; 128] = [
    0, 0, 4, 0, 0, 4, 7, 0, // pianos
    11, 8, 8, 8, 11, 12, 8, 46, // chromatic percussion
    0, 16, 16, 16, 16, 22, 20, 22, // organs
    25, 24, 27, 26, 27, 30, 29, 27, // guitars
    33, 32, 33, 32, 33, 33, 39, 38, // basses
    48, 40, 48, 42, 48, 46, 24, 117, // strings
    49, 48, 48, 50, 48, 52, 52, 61, // ensemble
    61, 56, 57, 56, 57, 56, 61, 61, // brass
    65, 68, 65, 65, 71, 68, 68, 65, // reeds
    73, 75, 73, 73, 75, 75, 75, 75, // pipes
    81, 80, 80, 81, 81, 52, 81, 81, // leads
    89, 48, 89, 52, 89, 94, 89, 94, // pads
    89, 89, 8, 24, 89, 94, 89, 89, // synth effects
    25, 25, 104, 106, 8, 68, 40, 68, // ethnic
    8, 115, 11, 117, 117, 115, 117, 117, // percussive
    117, 117, 117, 117, 117, 117, 117, 117, // sound effects
];

/// For each of the 128 programs the one to play, given which the font has in bank 0: itself, the
/// nearest of kin, or else the nearest by number. Without any program all stay as they are.
pub fn substitute_programs(has: &[bool; 128]) -> [u8; 128] {
    std::array::from_fn(|program| {
        let mut kin = program;
        // No chain is longer than the table.
        for _ in 0..KIN.len() {
            if has[kin] {
                return kin as u8;
            }
            kin = usize::from(KIN[kin]);
        }
        let nearest =
            (0..128).filter(|&other| has[other]).min_by_key(|other| program.abs_diff(*other));
        nearest.unwrap_or(program) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_font_without_programs_changes_nothing() {
        assert_eq!(substitute_programs(&[false; 128])[77], 77);
    }

    #[test]
    fn what_is_there_is_played_and_kin_stands_in() {
        let mut has = [false; 128];
        for program in [0, 16, 33, 48, 117] {
            has[program] = true;
        }
        let played = substitute_programs(&has);
        assert_eq!(
            [played[0], played[19], played[36], played[41], played[127]],
            [0, 16, 33, 48, 117]
        );
        assert!(played.iter().all(|&program| has[usize::from(program)]));
    }
}
