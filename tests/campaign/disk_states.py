"""What a disk may hold after a loss of power: a model of files and folders of which
some changes are durable and the others are pending.

Of a file any part of what is pending may have arrived: nothing, all, what came up to
a call, all but a call, one call alone, a part of a call, single sectors, the size
without the data.
What did not arrive reads as what was there before, past the old end as zeros.
Of a folder every name is by itself at one of its values, durable or pending: POSIX
promises no order between names, nor between a name and the data behind it.
fsync of a file makes its data and its size durable, not its name; fsync of a folder
makes the names in it durable, not its own. A rename is whole at its new name; the old
one may still be there, or be gone alone. Modes and owners are not modelled.
"""
import itertools
import math

SECTOR = 512


class File:
    def __init__(self, kept=b""):
        self.kept, self.pending = kept, []
        self.position, self.appends, self.found = 0, False, None

    def change(self, offset, data):
        """`data` comes to `offset`; without an offset the size becomes `data`."""
        self.pending.append((offset, data))
        self.found = None

    def now(self):
        return applied(self.kept, self.pending)

    def sync(self):
        self.kept, self.pending, self.found = self.now(), [], None

    def variants(self, most, pick):
        """Contents after a crash: the first is the old one, the last the new one."""
        if self.found is None:
            old, new = self.kept, self.now()
            middle = set(self.between(new)) - {old, new}
            zeros = old[:len(new)].ljust(len(new), b"\0")
            middle = sorted(middle - {zeros}, key=lambda one: (len(one), one))
            if len(middle) > most:
                middle = pick.sample(middle, most)
            self.found = list(dict.fromkeys([old, zeros, *middle, new]))
            if self.found[-1] != new:
                self.found.remove(new)
                self.found.append(new)
        return self.found

    def between(self, new):
        old, changes = self.kept, self.pending
        for i, (offset, data) in enumerate(changes):
            yield applied(old, changes[:i])
            yield applied(old, changes[:i] + changes[i + 1:])
            yield applied(old, [changes[i]])
            if offset is not None and len(data) > 1:
                border = (offset + len(data)) // SECTOR * SECTOR - offset
                for cut in {border, len(data) // 2}:
                    if 0 < cut < len(data):
                        torn = [*changes[:i], (offset, data[:cut])]
                        yield applied(old, torn)
                        yield applied(old, torn + changes[i + 1:])
        before = old[:len(new)].ljust(len(new), b"\0")
        differ = [at for at in range(0, len(new), SECTOR)
                  if before[at:at + SECTOR] != new[at:at + SECTOR]]
        for at in {*differ[:1], *differ[len(differ) // 2:][:1], *differ[-1:]}:
            end = at + SECTOR
            yield new[:at] + before[at:end] + new[end:]
            yield before[:at] + new[at:end] + before[end:]


def applied(old, changes):
    content = bytearray(old)
    for offset, data in changes:
        size = data if offset is None else max(len(content), offset + len(data))
        content = content[:size].ljust(size, b"\0")
        if offset is not None:
            content[offset:offset + len(data)] = data
    return bytes(content)


class Folder:
    """Each name with its values: the durable one, then the pending ones."""

    def __init__(self):
        self.names = {}

    def now(self):
        return {name: values[-1] for name, values in self.names.items()
                if values[-1] is not None}

    def put(self, name, node):
        self.names.setdefault(name, [None]).append(node)

    def sync(self):
        self.names = {name: [node] for name, node in self.now().items()}


class Disk:
    """Starts as a tree that is durable: {path: bytes, or None for a folder}."""

    def __init__(self, tree, mapped=None):
        self.root = Folder()
        # The files that were written through memory, in order: what they hold in the
        # end, since no call shows it.
        self.mapped, self.maps = mapped or {}, []
        for path, data in sorted(tree.items()):
            folder, name = self.place(path)
            folder.names[name] = [Folder() if data is None else File(data)]

    def find(self, path):
        node = self.root
        for name in path.split("/") if path else ():
            node = node.now()[name]
        return node

    def place(self, path):
        above, _, name = path.rpartition("/")
        return self.find(above), name

    def apply(self, call):
        if call.kind == "say":
            return
        folder, name = self.place(call.path)
        if call.kind == "rename":
            moved = folder.now()[name]
            place, other = self.place(call.other)
            place.put(other, moved)
            folder.put(name, None)
        elif call.kind == "remove":
            folder.put(name, None)
        elif call.kind == "folder":
            folder.put(name, Folder())
        elif call.kind == "open":
            if name not in folder.now():
                folder.put(name, File())
            file = folder.now()[name]
            file.position, file.appends = 0, call.position is None
        elif call.kind == "sync":
            self.find(call.path).sync()
        elif isinstance(folder.now().get(name), File):
            self.write(folder.now()[name], call)

    def write(self, file, call):
        if call.kind == "write" and call.position is not None:
            file.change(call.position, call.data)
        elif call.kind == "write":
            at = len(file.now()) if file.appends else file.position
            file.change(at, call.data)
            file.position = at + len(call.data)
        elif call.kind == "seek":
            file.position = call.position
        elif call.kind == "size":
            file.change(None, call.position)
        elif call.kind == "grow":
            file.change(None, max(call.position, len(file.now())))
        elif call.kind == "map":
            file.change(0, self.mapped.get(len(self.maps), b""))
            self.maps.append(file)
        else:
            raise ValueError(call.kind)

    def now(self):
        """The tree as programs see it."""
        return dict(tree_of(self.root, lambda folder: folder.now(), File.now))

    def pending(self):
        """(names, files) with something that is not durable."""
        names, files, folders = [], {}, [self.root]
        seen = set()
        while folders:
            folder = folders.pop()
            if id(folder) in seen:
                continue
            seen.add(id(folder))
            for name, values in sorted(folder.names.items()):
                if len(values) > 1:
                    names.append((folder, name, range(len(values))))
                for node in values:
                    if isinstance(node, Folder):
                        folders.append(node)
                    elif node is not None and node.pending:
                        files[id(node)] = node
        return names, list(files.values())

    def states(self, most, pick):
        """Yields the trees that a loss of power may leave: all of them if they are
        at most `most`; else every choice of names with all data old, all new, and
        one file's data varied at a time, and `most` choices at random."""
        names, files = self.pending()
        contents = [file.variants(24, pick) for file in files]
        axes = [len(values) for _, _, values in names] + [len(one) for one in contents]
        for choice in choices(axes, len(names), most, pick):
            chosen = {(id(folder), name): index
                      for (folder, name, _), index in zip(names, choice)}
            data = {id(file): content[index] for file, content, index
                    in zip(files, contents, choice[len(names):])}
            yield tuple(sorted(tree_of(
                self.root,
                lambda folder: {name: values[chosen.get((id(folder), name), 0)]
                                for name, values in folder.names.items()},
                lambda file: data.get(id(file), file.kept))))


def choices(axes, names, most, pick):
    ranges = [range(count) for count in axes]
    if math.prod(axes) <= most:
        yield from itertools.product(*ranges)
        return

    def random():
        return tuple(pick.randrange(count) for count in axes)
    count = math.prod(axes[:names])
    heads = itertools.product(*ranges[:names]) if count <= most else \
        [random()[:names] for _ in range(most)]
    newest = tuple(count - 1 for count in axes[names:])
    for head in heads:
        yield head + (0,) * len(newest)
        yield head + newest
        for i, count in enumerate(axes[names:]):
            for index in range(count):
                yield head + newest[:i] + (index,) + newest[i + 1:]
    for _ in range(most):
        yield random()


def tree_of(folder, names_in, data_of, above=""):
    for name, node in names_in(folder).items():
        if isinstance(node, Folder):
            yield above + name, None
            yield from tree_of(node, names_in, data_of, f"{above}{name}/")
        elif node is not None:
            yield above + name, data_of(node)
