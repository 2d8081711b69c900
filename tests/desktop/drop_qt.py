"""A Qt 5 window that takes files: says "ready", then "dropped URI" for each file."""

import sys

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QApplication, QLabel


class Target(QLabel):
    def dragEnterEvent(self, event):
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dragMoveEvent(self, event):
        event.acceptProposedAction()

    def dropEvent(self, event):
        event.acceptProposedAction()
        for url in event.mimeData().urls():
            print("dropped", url.toString(), flush=True)


application = QApplication(sys.argv)
target = Target("Drop a file here")
target.setWindowTitle("Qt drop target")
target.setAcceptDrops(True)
target.resize(300, 200)
target.show()
QTimer.singleShot(500, lambda: print("ready", flush=True))
application.exec_()
