"""A GTK 3 window that takes files: says "ready", then "dropped URI" for each file."""

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402


def dropped(_widget, context, _x, _y, data, _info, time):
    uris = data.get_uris()
    Gtk.drag_finish(context, bool(uris), False, time)
    for uri in uris:
        print("dropped", uri, flush=True)


def ready(*_):
    print("ready", flush=True)


window = Gtk.Window(title="GTK drop target")
window.set_default_size(300, 200)
label = Gtk.Label(label="Drop a file here")
window.add(label)
label.drag_dest_set(Gtk.DestDefaults.ALL, [], Gdk.DragAction.COPY)
label.drag_dest_add_uri_targets()
label.connect("drag-data-received", dropped)
window.connect("destroy", Gtk.main_quit)
window.connect("map-event", lambda *_: GLib.timeout_add(300, ready))
window.show_all()
Gtk.main()
