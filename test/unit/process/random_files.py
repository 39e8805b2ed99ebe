"""Random file operations by two programs at once, in one folder: one that the emulator runs, and one that
WebAssembly runs. Each is also done on a file system of Linux's own, which says what must come of it.

    python3 random_files.py SEED COUNT FOLDER ORACLE   the emulated one, which leads
    python3 random_files.py FOLDER                     the other, told what to do line by line
"""

import errno
import json
import os
import random
import stat
import subprocess
import sys

NAMES = ["a", "b", "c", "d/a", "d/b", "e/a", "e", "d"]
KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
LARGEST = 20000


class Files:
    """What can be done in a folder. Results are what JSON can carry; errors are their names."""

    def __init__(self, folder):
        self.folder = folder
        self.open = {}

    def perform(self, operation):
        name, *arguments = operation
        try:
            return getattr(self, name)(*arguments)
        except OSError as error:
            return errno.errorcode[error.errno]

    def path(self, name):
        return os.path.join(self.folder, name)

    def mkdir(self, name):
        os.mkdir(self.path(name))

    def rmdir(self, name):
        os.rmdir(self.path(name))

    def unlink(self, name):
        os.unlink(self.path(name))

    def rename(self, name, other):
        os.rename(self.path(name), self.path(other))

    def link(self, name, other):
        # With follow_symlinks=False the C library of the one for WASI takes the one path for the other.
        os.link(self.path(name), self.path(other))

    def symlink(self, target, name):
        os.symlink(target, self.path(name))

    def truncate(self, name, size):
        # os.truncate follows a link to nowhere by an error that no other call gives.
        with open(self.path(name), "r+b") as file:
            file.truncate(size)

    def utime(self, name, seconds):
        os.utime(self.path(name), (seconds, seconds))
        return int(os.stat(self.path(name)).st_mtime)

    def write(self, name, mode, position, letter, count):
        with open(self.path(name), mode) as file:
            file.seek(position)
            file.write(letter.encode() * count)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return digest(file.read())

    def hold(self, slot, name, flags):
        self.let_go(slot)
        modes = {"r": os.O_RDONLY, "w": os.O_RDWR | os.O_CREAT, "a": os.O_WRONLY | os.O_APPEND}
        descriptor = os.open(self.path(name), modes[flags], 0o644)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            # What reading a folder comes to differs between WASI and Linux.
            os.close(descriptor)
        else:
            self.open[slot] = descriptor

    def let_go(self, slot):
        if slot in self.open:
            os.close(self.open.pop(slot))

    def write_held(self, slot, position, letter, count):
        if slot in self.open:
            os.lseek(self.open[slot], position, os.SEEK_SET)
            return os.write(self.open[slot], letter.encode() * count)

    def read_held(self, slot, position, count):
        if slot in self.open:
            os.lseek(self.open[slot], position, os.SEEK_SET)
            return digest(os.read(self.open[slot], count))

    def status_held(self, slot):
        if slot in self.open:
            status = os.fstat(self.open[slot])
            return [status.st_size, status.st_nlink]

    def tree(self):
        """Everything there is, by path."""
        return {path: self.describe(path) for path in sorted(self.walk(""))}

    def walk(self, below):
        for name in os.listdir(self.path(below) if below else self.folder):
            path = os.path.join(below, name)
            yield path
            if stat.S_ISDIR(os.lstat(self.path(path)).st_mode):
                yield from self.walk(path)

    def describe(self, name):
        status = os.lstat(self.path(name))
        kind = KINDS[stat.S_IFMT(status.st_mode)]
        if kind == "link":
            return [kind, os.readlink(self.path(name))]
        if kind == "folder":
            return [kind]
        with open(self.path(name), "rb") as file:
            return [kind, status.st_nlink, digest(file.read())]


def digest(content):
    """Short, and different for what differs: runs of equal bytes, which is what is written."""
    runs = []
    for byte in content:
        if runs and runs[-1][0] == byte:
            runs[-1][1] += 1
        else:
            runs.append([byte, 1])
    return runs


def choose(chance):
    """An operation."""
    name = chance.choice(NAMES)
    other = chance.choice(NAMES)
    position = chance.choice([0, 1, 100, 4095, 4096, 5000, LARGEST])
    count = chance.choice([0, 1, 10, 4096, 9000])
    letter = chance.choice("xyz")
    slot = chance.choice("12")
    return chance.choice(
        [
            ["mkdir", chance.choice(["d", "e", "d/b"])],
            ["rmdir", name],
            ["unlink", name],
            ["rename", name, other],
            ["rename", name, other],
            ["link", name, other],
            ["symlink", chance.choice(["a", "b", "none", "../a", "d"]), name],
            ["truncate", name, position],
            ["utime", name, 1000 + count],
            ["write", name, "wb", position, letter, count],
            ["write", name, "ab", 0, letter, count],
            ["write", name, "r+b", position, letter, count],
            ["write", name, "xb", position, letter, count],
            ["read", name],
            ["read", name],
            ["hold", slot, name, chance.choice("rwa")],
            ["let_go", slot],
            ["write_held", slot, position, letter, count],
            ["write_held", slot, position, letter, count],
            ["read_held", slot, position, count],
            ["status_held", slot],
            ["tree"],
        ]
    )


def follow(folder):
    files = Files(folder)
    for line in sys.stdin:
        print(json.dumps(files.perform(json.loads(line))), flush=True)


def lead(seed, count, folder, oracle):
    chance = random.Random(seed)
    here = Files(folder)
    # One for each program: what one holds open the other does not.
    expected = {"here": Files(oracle), "there": Files(oracle)}
    there = subprocess.Popen(
        ["/usr/local/bin/python3", __file__, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def tell(operation):
        there.stdin.write(json.dumps(operation) + "\n")
        there.stdin.flush()
        return json.loads(there.stdout.readline())

    history = []
    for _ in range(count):
        operation = choose(chance)
        # What Linux has open it goes on finding by the name it was opened by: docs/webassembly.md, Limits.
        is_held = operation[0] in ("hold", "write_held", "read_held", "status_held", "let_go")
        side = "there" if is_held else chance.choice(["here", "there"])
        history.append([side, operation])
        result = tell(operation) if side == "there" else here.perform(operation)
        wanted = expected[side].perform(operation)
        # As JSON, which knows no tuples.
        if json.dumps(result) != json.dumps(wanted):
            print("after", *history[-12:], sep="\n")
            print("comes", result, "instead of", wanted)
            return 1
    there.stdin.close()
    trees = [here.perform(["tree"]), expected["here"].perform(["tree"])]
    print("same" if trees[0] == trees[1] else trees, len(history), there.wait())
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 2:
        follow(sys.argv[1])
    else:
        sys.exit(lead(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
