//! A parameter of any type, by its position.

use nice_plug::context::gui::ParamSetter;
use nice_plug::prelude::Param;

/// What a control wants of its parameter, of whichever type that is. Positions are 0 to 1.
pub trait Parameter {
    /// As the host and the musician have set it, 0 to 1; modulation aside.
    fn position(&self) -> f32;
    /// Where it stands at first, 0 to 1.
    fn default_position(&self) -> f32;
    /// As it is shown and typed.
    fn text(&self) -> String;
    /// What a typed text means; `None` for what means nothing.
    fn parse(&self, text: &str) -> Option<f32>;
    /// A gesture begins; [`Parameter::end`] follows.
    fn begin(&self, setter: &ParamSetter<'_>);
    /// Turns the parameter within a gesture.
    fn set(&self, setter: &ParamSetter<'_>, position: f32);
    /// The gesture ends.
    fn end(&self, setter: &ParamSetter<'_>);
}

impl<P: Param> Parameter for P {
    fn position(&self) -> f32 {
        self.unmodulated_normalized_value()
    }

    fn default_position(&self) -> f32 {
        self.default_normalized_value()
    }

    fn text(&self) -> String {
        self.normalized_value_to_string(self.unmodulated_normalized_value(), true)
    }

    fn parse(&self, text: &str) -> Option<f32> {
        self.string_to_normalized_value(text)
    }

    fn begin(&self, setter: &ParamSetter<'_>) {
        setter.begin_set_parameter(self);
    }

    fn set(&self, setter: &ParamSetter<'_>, position: f32) {
        setter.set_parameter_normalized(self, position);
    }

    fn end(&self, setter: &ParamSetter<'_>) {
        setter.end_set_parameter(self);
    }
}
