//! No window of the host's on this system.

use hosts::BoxError;

pub enum Surface {}

impl Surface {
    pub fn new(_title: &str, _width: u16, _height: u16) -> Result<Surface, BoxError> {
        Err("this host has windows under X11 and on Windows only".into())
    }

    pub fn id(&self) -> usize {
        match *self {}
    }

    pub fn resize(&self, _width: u32, _height: u32) -> Result<(), BoxError> {
        match *self {}
    }

    pub fn idle(&self) -> Result<(), BoxError> {
        match *self {}
    }
}
