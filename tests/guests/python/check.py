"""What CPython sees of its own library and of the files beside it, line by line.

Run from the bundle with no directory of the host; see tests/cpython.rs for the manifest.
"""

import email.message
import email.policy
import errno
import importlib.resources
import io
import json
import os
import stat
import sys
import unittest
import zipfile


def section(name):
    print(f"## read {name}")


def failing(what, call):
    try:
        call()
    except OSError as error:
        print(f"{what} -> {errno.errorcode[error.errno]}")
    else:
        print(f"{what} -> done")


def libraries():
    section("libraries")
    print("version ->", sys.version.split()[0])
    print("prefix ->", sys.prefix)
    print("os ->", os.__file__)
    for module in (json, email, unittest, zipfile, importlib.resources):
        print(f"{module.__name__} -> {module.__file__}")
    print("json ->", json.dumps(json.loads('{"a": [1, 2.5, "\\u00fc"]}'), ensure_ascii=False))
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = "Grüße"
    message.set_content("text\n")
    print("email ->", message.as_bytes().decode("ascii").splitlines()[0])

    class Case(unittest.TestCase):
        def test_motd(self):
            with open("/etc/motd") as file:
                self.assertEqual(file.read(), "hello from the manifest\n")

        def test_missing(self):
            with self.assertRaises(FileNotFoundError):
                open("/etc/missing")

    result = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(Case))
    print("unittest ->", result.testsRun, len(result.failures), len(result.errors))
    with zipfile.ZipFile("/data/library.zip") as archive:
        print("zipfile ->", len(archive.namelist()), archive.testzip())
    sys.path.insert(0, "/app")
    print("importlib.resources ->", importlib.resources.files("package").joinpath("data/greeting.txt").read_text("utf-8").strip())
    print("files of the package ->", sorted(entry.name for entry in importlib.resources.files("package").iterdir() if entry.name != "__pycache__"))
    loaded = 0
    for name in "argparse asyncio base64 calendar configparser csv dataclasses datetime decimal difflib enum fractions glob hashlib html http inspect logging pathlib pickle pprint random shlex shutil statistics string tarfile tempfile textwrap traceback typing urllib.parse uuid xml.etree.ElementTree".split():
        __import__(name)
        loaded += 1
    print("more modules ->", loaded)


def show(path, follow=True):
    s = os.stat(path, follow_symlinks=follow)
    kind = "dir" if stat.S_ISDIR(s.st_mode) else "symlink" if stat.S_ISLNK(s.st_mode) else "file"
    size = "" if kind == "dir" else f" size {s.st_size} nlink {s.st_nlink}"
    print(f"stat {path}{'' if follow else ' itself'} -> {kind}{size} mtime {s.st_mtime_ns}")


def tree():
    section("tree")
    for path in ["/", "/app", "/app/check.py", "/app/old.dat", "/app/package/data/greeting.txt", "/etc", "/etc/motd",
                 "/var/cache", "/opt/lib/python3.11/os.py", "/opt/bin/python", "/app/link", "/app/secret.txt"]:
        show(path)
    show("/opt/bin/python", follow=False)
    show("/app/link", follow=False)
    print("listdir / ->", sorted(os.listdir("/")))
    print("listdir /opt ->", sorted(os.listdir("/opt")))
    print("listdir /var/cache ->", os.listdir("/var/cache"))
    for top, dirs, files in sorted(os.walk("/app")):
        print(f"walk {top} -> {sorted(dirs)} {sorted(files)}")
    entries = sum(len(dirs) + len(files) for _, dirs, files in os.walk("/opt/lib"))
    print("walk /opt/lib ->", entries)
    for path in ["/app/link", "/app/link/../check.py", "/opt/bin/python/os.py", "/app/package/../../etc/motd", "/", "/missing/x"]:
        print(f"realpath {path} -> {os.path.realpath(path)}")
    print("readlink ->", os.readlink("/opt/bin/python"))
    print("samefile ->", os.path.samefile("/app/link/greeting.txt", "/app/package/data/greeting.txt"))
    with os.scandir("/app") as it:
        print("scandir ->", sorted((e.name, e.is_dir(), e.is_symlink(), e.inode() == e.stat(follow_symlinks=False).st_ino) for e in it if e.name != "__pycache__"))


def errors():
    section("errors")
    failing("open for writing", lambda: open("/etc/motd", "w"))
    failing("append", lambda: open("/etc/motd", "a"))
    failing("create", lambda: open("/etc/new", "x"))
    failing("mkdir", lambda: os.mkdir("/new"))
    failing("remove", lambda: os.remove("/etc/motd"))
    failing("rename", lambda: os.rename("/etc/motd", "/etc/other"))
    failing("rmdir", lambda: os.rmdir("/var/cache"))
    failing("symlink", lambda: os.symlink("x", "/new"))
    failing("utime", lambda: os.utime("/etc/motd", (0, 0)))
    failing("truncate", lambda: os.truncate("/etc/motd", 0))
    failing("mode 0000", lambda: open("/app/secret.txt"))
    failing("missing", lambda: open("/missing"))
    failing("directory", lambda: open("/etc"))
    failing("file as directory", lambda: os.listdir("/etc/motd"))
    failing("trailing slash", lambda: open("/etc/motd/"))
    failing("pread", lambda: print("pread ->", os.pread(os.open("/etc/motd", os.O_RDONLY), 5, 6)))


def memory():
    section("memory")
    blocks = [bytes([n % 251]) * (1 << 20) for n in range(200)]
    with open("/data/library.zip", "rb") as file:
        before = hash(file.read())
    print("blocks ->", len(blocks))
    print("wrong blocks ->", sum(block.count(n % 251) != 1 << 20 for n, block in enumerate(blocks)))
    with open("/data/library.zip", "rb") as file:
        print("the same file again ->", hash(file.read()) == before)
    show("/etc/motd")
    with open("/etc/motd") as file:
        print("motd ->", file.read().strip())
    print("still importable ->", __import__("colorsys").__name__)


libraries()
tree()
errors()
memory()
print("done")
