"""A GTK 3 window that a file can be dragged out of, as out of a file manager: says "ready", and
"ended" after each drag. Takes the file's path."""

import pathlib
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

URI = pathlib.Path(sys.argv[1]).resolve().as_uri()


def give(_widget, _context, data, _info, _time):
    data.set_uris([URI])


def ready(*_):
    print("ready", flush=True)


window = Gtk.Window(title="GTK drag source")
window.set_default_size(300, 200)
file = Gtk.EventBox()
file.add(Gtk.Label(label="Drag this file"))
window.add(file)
file.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
file.drag_source_add_uri_targets()
file.connect("drag-data-get", give)
file.connect("drag-end", lambda *_: print("ended", flush=True))
window.connect("destroy", Gtk.main_quit)
window.connect("map-event", lambda *_: GLib.timeout_add(300, ready))
window.show_all()
Gtk.main()
