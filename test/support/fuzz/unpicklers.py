"""Reads pickles with both unpicklers of CPython and reports what they would have run.

Nothing is imported or called: every name resolves to a stand-in that records what is done with it.
Standard input has programs, each behind its length in four bytes (little-endian). For each of them, one
line of JSON on standard output has the imports of the unpicklers that called something or reached the end,
and the imports whose state was changed.
"""

import io
import json
import pickle
import resource
import signal
import struct
import sys
import warnings
import _pickle

MEMORY_BYTES = 1 << 30
SECONDS_PER_PROGRAM = 5

warnings.simplefilter("ignore")
resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Reading:
    """What one unpickler did with one program."""

    def __init__(self):
        self.imports = []
        self.changed = []
        self.has_calls = False

    def note_call(self):
        self.has_calls = True


def hooks(reading, label):
    """Methods that unpicklers call on objects."""

    def note(self, *_):
        reading.note_call()

    def note_change(self, *_):
        reading.note_call()
        if label is not None:
            reading.changed.append(label)

    names = dict.fromkeys(("append", "extend", "add", "__setitem__"), note)
    return {**names, "__setstate__": note_change}


def result_class(reading, is_callable=True):
    """The class of what calls return."""

    def call(self, *_, **__):
        reading.note_call()
        return self

    calls = {"__call__": call} if is_callable else {}
    return type("Result", (), {**hooks(reading, None), **calls})


def stand_in(reading, result, label):
    """A class that records its instances and what is done with the class itself."""

    def call(cls, *_, **__):
        reading.note_call()
        return object.__new__(result)

    meta = type("Meta", (type,), {**hooks(reading, label), "__call__": call})
    return type.__call__(meta, "StandIn", (), {"__new__": call})


def unpickler(base):
    class Recording(base):
        def prepare(self, reading):
            self.reading = reading
            self.result = result_class(reading)
            # A dict can't be called.
            self.dict_result = result_class(reading, is_callable=False)
            return self

        def find_class(self, module, name):
            if "" in (module, name) or "\0" in module:
                raise ImportError("no module has such a name")
            self.reading.imports.append([module, name])
            result = self.dict_result if (module, name) == ("collections", "OrderedDict") else self.result
            return stand_in(self.reading, result, [module, name])

        def persistent_load(self, pid):
            # A loader may call what an identifier names. The text of PERSID names nothing that was imported.
            if not isinstance(pid, str):
                self.reading.note_call()
            return object()

    return Recording


c_unpickler = unpickler(_pickle.Unpickler)
python_unpickler = unpickler(pickle._Unpickler)


def buffered(data):
    """A file as `open` returns it, in which `_pickle.c` can look ahead."""
    return io.BufferedReader(io.BytesIO(data))


LOADERS = ((c_unpickler, io.BytesIO), (c_unpickler, buffered), (python_unpickler, io.BytesIO))
ENCODINGS = ("latin1", "ASCII", "latin1", "bytes")


def read(loader, data, encoding):
    """Yields what is read of each pickle: loaders of several pickles in a file read on where one ended."""
    unpickler_class, open_file = loader
    file = open_file(data)
    for _ in range(3):
        reading = Reading()
        try:
            unpickler_class(file, encoding=encoding).prepare(reading).load()
        except Exception:
            yield reading
            return
        reading.note_call()
        yield reading


def report(data, number):
    imports = []
    changed = []
    for loader in LOADERS:
        signal.setitimer(signal.ITIMER_PROF, SECONDS_PER_PROGRAM)
        for reading in read(loader, data, ENCODINGS[number % len(ENCODINGS)]):
            if reading.has_calls:
                imports += reading.imports
                changed += reading.changed
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {"imports": imports, "changed": changed}


def main():
    source = sys.stdin.buffer
    number = 0
    while True:
        header = source.read(4)
        if len(header) < 4:
            return
        data = source.read(struct.unpack("<I", header)[0])
        print(json.dumps(report(data, number)), flush=True)
        number += 1


main()
