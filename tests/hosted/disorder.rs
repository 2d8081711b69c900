//! Hosts that keep no order: VST3 hosts that bring no component handler, bring it late or take it
//! away, call from several threads, leave the input out; CLAP hosts that have no extension at all.
//!
//! The plugin gets pointers to what lives as long as the call, as the interfaces ask: every unsafe block
//! rests on that, where nothing else is said.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "the pointers of each call live as long as it does, as the top of the file says"
)]

/// A VST3 host of our own, for the calls that ready-made ones do not make.
#[cfg(target_os = "linux")]
mod as_vst3 {
    use std::ffi::c_void;
    use std::ptr;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use libloading::Library;
    use vst3::Steinberg::Vst::{
        AudioBusBuffers, AudioBusBuffers__type0, IAudioProcessor, IAudioProcessorTrait, IComponent,
        IComponentHandler, IComponentHandlerTrait, IComponentTrait, IEditController,
        IEditControllerTrait, ParamID, ParamValue, ParameterInfo, ProcessData, ProcessSetup,
    };
    use vst3::Steinberg::{
        IBStream, IBStreamTrait, IPluginBaseTrait, IPluginFactory, IPluginFactory2Trait,
        IPluginFactory3, IPluginFactory3Trait, IPluginFactoryTrait, PClassInfo, PClassInfo2,
        PClassInfoW, TUID, char8, int32, int64, kInvalidArgument, kResultOk, tresult,
    };
    use vst3::{Class, ComPtr, ComWrapper, Interface};

    /// Bytes that a plugin writes or reads.
    struct Stream(Mutex<(Vec<u8>, usize)>);

    impl Class for Stream {
        type Interfaces = (IBStream,);
    }

    impl IBStreamTrait for Stream {
        unsafe fn read(&self, buffer: *mut c_void, count: int32, done: *mut int32) -> tresult {
            let mut stream = self.0.lock().unwrap();
            let (bytes, at) = &mut *stream;
            let count = (count as usize).min(bytes.len() - *at);
            // SAFETY: the plugin's buffer is as long as it says.
            unsafe {
                ptr::copy_nonoverlapping(bytes[*at..].as_ptr(), buffer.cast(), count);
                if let Some(done) = done.as_mut() {
                    *done = count as int32;
                }
            }
            *at += count;
            kResultOk
        }

        unsafe fn write(&self, buffer: *mut c_void, count: int32, done: *mut int32) -> tresult {
            // SAFETY: as above.
            unsafe {
                let new = std::slice::from_raw_parts(buffer.cast::<u8>(), count as usize);
                self.0.lock().unwrap().0.extend_from_slice(new);
                if let Some(done) = done.as_mut() {
                    *done = count;
                }
            }
            kResultOk
        }

        unsafe fn seek(&self, _at: int64, _mode: int32, _result: *mut int64) -> tresult {
            kInvalidArgument
        }

        unsafe fn tell(&self, _at: *mut int64) -> tresult {
            kInvalidArgument
        }
    }

    /// Counts how often it is told to look again.
    #[derive(Default)]
    struct Handler(AtomicU32);

    impl Class for Handler {
        type Interfaces = (IComponentHandler,);
    }

    impl IComponentHandlerTrait for Handler {
        unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
            kResultOk
        }
        unsafe fn performEdit(&self, _id: ParamID, _value: ParamValue) -> tresult {
            kResultOk
        }
        unsafe fn endEdit(&self, _id: ParamID) -> tresult {
            kResultOk
        }
        unsafe fn restartComponent(&self, _flags: int32) -> tresult {
            self.0.fetch_add(1, Ordering::Relaxed);
            kResultOk
        }
    }

    struct Module {
        factory: ComPtr<IPluginFactory>,
        // Behind what came out of it.
        _library: Library,
    }

    // SAFETY: what this is about: the plugin's factory bears several threads.
    unsafe impl Send for Module {}
    unsafe impl Sync for Module {}

    impl Module {
        fn load() -> Module {
            // SAFETY: the library is one that was built just now; names and types are VST3's.
            unsafe {
                let library = Library::new(hosts::library()).unwrap();
                let entry: libloading::Symbol<'_, unsafe extern "C" fn(*mut c_void) -> bool> =
                    library.get(b"ModuleEntry").unwrap();
                // The wrapper does nothing with the library's handle.
                entry(ptr::null_mut());
                let get: libloading::Symbol<
                    '_,
                    unsafe extern "system" fn() -> *mut IPluginFactory,
                > = library.get(b"GetPluginFactory").unwrap();
                let factory = ComPtr::from_raw(get()).unwrap();
                Module { factory, _library: library }
            }
        }

        /// The class ids of the plugins.
        fn classes(&self) -> Vec<TUID> {
            let mut classes = Vec::new();
            for index in 0..unsafe { self.factory.countClasses() } {
                // SAFETY: all of it is bytes.
                let mut info: PClassInfo = unsafe { std::mem::zeroed() };
                assert_eq!(unsafe { self.factory.getClassInfo(index, &mut info) }, kResultOk);
                classes.push(info.cid);
            }
            classes
        }
    }

    struct Plugin {
        component: ComPtr<IComponent>,
        controller: ComPtr<IEditController>,
        processor: ComPtr<IAudioProcessor>,
        active: bool,
    }

    impl Plugin {
        /// An instance that was initialised without a context.
        fn new(module: &Module, class: &TUID) -> Plugin {
            let mut made = ptr::null_mut();
            let interface = IComponent::IID;
            // SAFETY: VST3's.
            unsafe {
                let result = module.factory.createInstance(
                    class.as_ptr(),
                    interface.as_ptr().cast(),
                    &mut made,
                );
                assert_eq!(result, kResultOk);
                let component = ComPtr::from_raw(made.cast::<IComponent>()).unwrap();
                assert_eq!(component.initialize(ptr::null_mut()), kResultOk);
                let controller = component.cast().unwrap();
                let processor = component.cast().unwrap();
                Plugin { component, controller, processor, active: false }
            }
        }

        fn save(&self) -> Vec<u8> {
            let stream = ComWrapper::new(Stream(Mutex::default()));
            let bytes = stream.to_com_ptr::<IBStream>().unwrap();
            assert_eq!(unsafe { self.component.getState(bytes.as_ptr()) }, kResultOk);
            let saved = stream.0.lock().unwrap().0.clone();
            assert!(!saved.is_empty());
            saved
        }

        fn load(&self, state: &[u8]) {
            let stream = ComWrapper::new(Stream(Mutex::new((state.to_vec(), 0))));
            let bytes = stream.to_com_ptr::<IBStream>().unwrap();
            assert_eq!(unsafe { self.component.setState(bytes.as_ptr()) }, kResultOk);
        }

        /// Turns every parameter to the middle.
        fn turn(&self) {
            unsafe {
                for index in 0..self.controller.getParameterCount() {
                    let mut info: ParameterInfo = std::mem::zeroed();
                    assert_eq!(self.controller.getParameterInfo(index, &mut info), kResultOk);
                    self.controller.setParamNormalized(info.id, 0.5);
                }
            }
        }

        /// Starts it if it does not run, stops it if it does.
        fn toggle(&mut self) {
            self.active = !self.active;
            let mut setup = ProcessSetup {
                processMode: 0,
                symbolicSampleSize: 0,
                maxSamplesPerBlock: 512,
                sampleRate: 48_000.0,
            };
            unsafe {
                if self.active {
                    assert_eq!(self.processor.setupProcessing(&mut setup), kResultOk);
                    assert_eq!(self.component.setActive(1), kResultOk);
                    self.processor.setProcessing(1);
                } else {
                    self.processor.setProcessing(0);
                    assert_eq!(self.component.setActive(0), kResultOk);
                }
            }
        }

        fn set_handler(&self, handler: *mut IComponentHandler) {
            assert_eq!(unsafe { self.controller.setComponentHandler(handler) }, kResultOk);
        }

        /// A block whose input has so many channels, with null pointers if `hollow`; no input at all
        /// for `None`. What the block then has as its output. And one without an output.
        fn process(&self, channels: Option<usize>, hollow: bool) -> [Vec<f32>; 2] {
            const FRAMES: usize = 256;
            let mut sound = [vec![0.25_f32; FRAMES], vec![0.25_f32; FRAMES]];
            let mut heard = [vec![f32::NAN; FRAMES], vec![f32::NAN; FRAMES]];
            let mut ins = sound.each_mut().map(|side| side.as_mut_ptr());
            if hollow {
                ins = [ptr::null_mut(); 2];
            }
            let mut outs = heard.each_mut().map(|side| side.as_mut_ptr());
            let bus = |channels: usize, pointers: &mut [*mut f32; 2]| AudioBusBuffers {
                numChannels: channels as int32,
                silenceFlags: 0,
                __field0: AudioBusBuffers__type0 { channelBuffers32: pointers.as_mut_ptr() },
            };
            let mut input = bus(channels.unwrap_or(0), &mut ins);
            let mut output = bus(2, &mut outs);
            output.silenceFlags = 0b11;
            let mut data = ProcessData {
                processMode: 0,
                symbolicSampleSize: 0,
                numSamples: FRAMES as int32,
                numInputs: int32::from(channels.is_some()),
                numOutputs: 1,
                inputs: if channels.is_some() { &mut input } else { ptr::null_mut() },
                outputs: &mut output,
                inputParameterChanges: ptr::null_mut(),
                outputParameterChanges: ptr::null_mut(),
                inputEvents: ptr::null_mut(),
                outputEvents: ptr::null_mut(),
                processContext: ptr::null_mut(),
            };
            assert_eq!(unsafe { self.processor.process(&mut data) }, kResultOk);
            assert_eq!(output.silenceFlags, 0, "the drums are no silence");
            (data.numOutputs, data.outputs) = (0, ptr::null_mut());
            assert_eq!(unsafe { self.processor.process(&mut data) }, kResultOk);
            heard
        }
    }

    impl Drop for Plugin {
        fn drop(&mut self) {
            if self.active {
                self.toggle();
            }
            unsafe { self.component.terminate() };
        }
    }

    /// All orders of the numbers below `count`.
    fn orders(count: usize) -> Vec<Vec<usize>> {
        let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
        let shorter = orders(last);
        let at = |order: &Vec<usize>, place: usize| {
            let mut order = order.clone();
            order.insert(place, last);
            order
        };
        shorter.iter().flat_map(|order| (0..count).map(move |place| at(order, place))).collect()
    }

    /// Hosts that look for "Instrument" anywhere would take the effect for one.
    #[test]
    fn one_is_an_instrument_and_the_other_an_effect() {
        let module = Module::load();
        let factory = module.factory.cast::<IPluginFactory3>().unwrap();
        let text = |bytes: &[char8]| {
            bytes.iter().take_while(|byte| **byte != 0).map(|byte| *byte as u8 as char).collect()
        };
        let mut found: Vec<[String; 2]> = Vec::new();
        for index in 0..unsafe { factory.countClasses() } {
            // SAFETY: all of both is numbers.
            let (mut ascii, mut unicode): (PClassInfo2, PClassInfoW) =
                unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
            assert_eq!(unsafe { factory.getClassInfo2(index, &mut ascii) }, kResultOk);
            assert_eq!(unsafe { factory.getClassInfoUnicode(index, &mut unicode) }, kResultOk);
            let categories: String = text(&ascii.subCategories);
            assert_eq!(categories, text(&unicode.subCategories));
            found.push([text(&ascii.name), categories]);
        }
        assert_eq!(found, [["Drumlin", "Instrument|Drum"], ["Drumlin FX", "Fx"]]);
    }

    #[test]
    fn calls_come_in_any_order_around_the_component_handler() {
        let module = Module::load();
        let classes = module.classes();
        assert_eq!(classes.len(), 2);
        let state = Plugin::new(&module, &classes[0]).save();
        for (number, order) in orders(5).into_iter().enumerate() {
            let own = ComWrapper::new(Handler::default());
            let handler = own.to_com_ptr::<IComponentHandler>().unwrap();
            let mut plugin = Plugin::new(&module, &classes[number % 2]);
            for step in order {
                match step {
                    0 => plugin.load(&state),
                    1 => plugin.toggle(),
                    2 => plugin.turn(),
                    3 => plugin.set_handler(ptr::null_mut()),
                    _ => plugin.set_handler(handler.as_ptr()),
                }
                assert_eq!(unsafe { plugin.processor.getLatencySamples() }, 0);
                plugin.load(&state);
            }
            // The host's own handler is the one that hears, while it is there.
            plugin.set_handler(handler.as_ptr());
            let before = own.0.load(Ordering::Relaxed);
            plugin.load(&state);
            let told = own.0.load(Ordering::Relaxed);
            assert!(told > before, "the host's handler is told of a loaded state");
            plugin.set_handler(ptr::null_mut());
            plugin.load(&state);
            assert_eq!(own.0.load(Ordering::Relaxed), told, "a handler is gone for good");
            // Ended and begun again, it has none either.
            if plugin.active {
                plugin.toggle();
            }
            unsafe {
                assert_eq!(plugin.controller.terminate(), kResultOk);
                assert_eq!(plugin.controller.initialize(ptr::null_mut()), kResultOk);
            }
            plugin.load(&state);
        }
    }

    #[test]
    fn instances_come_and_go_on_several_threads() {
        let module = Module::load();
        let classes = module.classes();
        let state = Plugin::new(&module, &classes[0]).save();
        std::thread::scope(|scope| {
            for thread in 0..6 {
                let (module, state, class) = (&module, &state, &classes[thread % 2]);
                scope.spawn(move || {
                    for _ in 0..12 {
                        let mut plugin = Plugin::new(module, class);
                        plugin.load(state);
                        plugin.toggle();
                        plugin.process(Some(2), false);
                    }
                });
            }
        });
    }

    #[test]
    fn the_input_may_be_left_out() {
        let module = Module::load();
        for class in module.classes() {
            let mut plugin = Plugin::new(&module, &class);
            plugin.toggle();
            for (channels, hollow, expected) in [
                (Some(2), false, 0.25),
                (None, false, 0.0),
                (Some(0), false, 0.0),
                (Some(2), true, 0.0),
                (Some(2), false, 0.25),
            ] {
                for side in plugin.process(channels, hollow) {
                    assert!(side.iter().all(|sample| *sample == expected), "{channels:?}");
                }
            }
        }
    }
}

mod as_clap {
    use hosts::{bare, library};

    #[test]
    fn a_host_without_any_extension_plays_it() {
        for id in [c"dev.drumlin.drumlin", c"dev.drumlin.drumlin-fx"] {
            let sides = bare::play(&library(), id).unwrap();
            // No input, and nothing of what lay in the buffers.
            assert!(sides.iter().flatten().all(|sample| *sample == 0.0));
        }
    }
}
