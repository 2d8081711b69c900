//! What a host may do that keeps no order.

use super::*;

unsafe extern "C" fn no_extension(_: *const clap_host, _: *const c_char) -> *const c_void {
    ptr::null()
}

unsafe extern "C" fn nothing(_: *const clap_host) {}

static HOST: clap_host = clap_host {
    clap_version: CLAP_VERSION,
    host_data: ptr::null_mut(),
    name: c"A host".as_ptr(),
    vendor: c"".as_ptr(),
    url: c"".as_ptr(),
    version: c"1".as_ptr(),
    get_extension: Some(no_extension),
    request_restart: Some(nothing),
    request_process: Some(nothing),
    request_callback: Some(nothing),
};

const EMPTY: clap_process = clap_process {
    steady_time: 0,
    frames_count: 0,
    transport: ptr::null(),
    audio_inputs: ptr::null(),
    audio_outputs: ptr::null_mut(),
    audio_inputs_count: 0,
    audio_outputs_count: 0,
    in_events: ptr::null(),
    out_events: ptr::null(),
};

#[test]
fn blocks_before_the_start_and_behind_the_end_are_refused() {
    unsafe {
        let plugin = create(ptr::null(), &HOST, c"dev.drumlin.drumlin".as_ptr());
        let calls = *plugin;
        let refused = || calls.process.unwrap()(plugin, &EMPTY) == CLAP_PROCESS_ERROR;
        let start = |rate| calls.activate.unwrap()(plugin, rate, 1, 64);
        assert!(calls.init.unwrap()(plugin));
        assert!(refused());
        for rate in [0.0, -48_000.0, f64::NAN, f64::INFINITY] {
            assert!(!start(rate) && refused(), "{rate}");
        }
        assert!(start(48_000.0) && !refused());
        calls.deactivate.unwrap()(plugin);
        assert!(refused());
        calls.destroy.unwrap()(plugin);
    }
}

/// Ports with other channels than were agreed on, or with some left out.
#[test]
fn odd_buffers_do_no_harm() {
    const FRAMES: usize = 64;
    unsafe {
        let plugin = create(ptr::null(), &HOST, c"dev.drumlin.drumlin-fx".as_ptr());
        let calls = *plugin;
        assert!(calls.init.unwrap()(plugin));
        assert!(calls.activate.unwrap()(plugin, 48_000.0, 1, FRAMES as u32));
        for (channels, hollow) in [(0, false), (1, false), (2, false), (2, true), (6, false)] {
            let mut sound = vec![[f32::NAN; FRAMES]; channels];
            let mut sides: Vec<*mut f32> = sound.iter_mut().map(|side| side.as_mut_ptr()).collect();
            if hollow {
                sides[1] = ptr::null_mut();
            }
            let mut output = clap_audio_buffer {
                data32: sides.as_mut_ptr(),
                data64: ptr::null_mut(),
                channel_count: channels as u32,
                latency: 0,
                constant_mask: 0b11,
            };
            let mut nowhere = [ptr::null_mut(); 2];
            let input =
                clap_audio_buffer { data32: nowhere.as_mut_ptr(), channel_count: 2, ..output };
            let block = clap_process {
                frames_count: FRAMES as u32,
                audio_inputs: &input,
                audio_outputs: &mut output,
                audio_inputs_count: 1,
                audio_outputs_count: 1,
                ..EMPTY
            };
            assert_ne!(calls.process.unwrap()(plugin, &block), CLAP_PROCESS_ERROR);
            let there = if hollow { 1 } else { channels };
            let silent = sound[..there].iter().flatten().all(|sample| *sample == 0.0);
            assert!(silent, "{channels} channels");
            assert_eq!(output.constant_mask, 0, "{channels} channels: taken for constant");
        }
        calls.deactivate.unwrap()(plugin);
        calls.destroy.unwrap()(plugin);
    }
}
