"""CPython changing the tree that its own library lies in, line by line.

Run once with that tree as a directory of the host and once as a writable mount; see tests/real.rs.
"""

import csv
import dbm.dumb
import errno
import glob
import importlib
import json
import os
import pathlib
import py_compile
import shelve
import shutil
import sys
import tempfile
import zipfile

LIB = os.path.dirname(os.__file__)
WORK = "/work"


def section(name):
    print(f"## change {name}")


def failing(what, call):
    try:
        value = call()
    except OSError as error:
        print(f"{what} -> {errno.errorcode[error.errno]}")
    else:
        print(f"{what} -> {value!r}")


def tree(top):
    for path, dirs, files in os.walk(top):
        dirs.sort()
        for name in sorted(files):
            full = os.path.join(path, name)
            print(f"  {os.path.relpath(full, top)} {os.lstat(full).st_size}")


def modules():
    section("modules")
    with open(f"{LIB}/brand_new.py", "w") as file:
        file.write("VALUE = 41\n\ndef more():\n    return VALUE + 1\n")
    importlib.invalidate_caches()
    import brand_new

    print("imported ->", brand_new.more(), brand_new.__file__)
    with open(f"{LIB}/brand_new.py", "w") as file:
        file.write("VALUE = 141\n\ndef more():\n    return VALUE + 100\n# longer\n")
    importlib.invalidate_caches()
    importlib.reload(brand_new)
    print("reloaded ->", brand_new.more())
    os.makedirs(f"{LIB}/package_here/inner")
    for name, text in (("__init__", "from .inner import x\n"), ("inner/__init__", "x = 'deep'\n")):
        pathlib.Path(f"{LIB}/package_here/{name}.py").write_text(text)
    importlib.invalidate_caches()
    import package_here

    print("package ->", package_here.x)
    # A module of the library itself, changed before it is imported.
    with open(f"{LIB}/colorsys.py", "a") as file:
        file.write("\nPATCHED = True\n")
    import colorsys

    print("patched ->", colorsys.PATCHED, colorsys.rgb_to_hsv(1, 0, 0))
    print("compiled ->", os.path.exists(py_compile.compile(f"{LIB}/brand_new.py", cfile=f"{WORK}/compiled.pyc")))
    print("cached ->", sorted(name for name in os.listdir(f"{LIB}/__pycache__") if name.startswith(("brand", "colorsys"))))
    os.remove(f"{LIB}/brand_new.py")
    failing("removed", lambda: os.stat(f"{LIB}/brand_new.py"))
    shutil.rmtree(f"{LIB}/package_here")
    print("package gone ->", not os.path.exists(f"{LIB}/package_here"))


def files():
    section("files")
    os.chdir(WORK)
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        with tempfile.NamedTemporaryFile("w+", dir=folder, delete=False) as file:
            file.write("temporary\n" * 1000)
        print("temporary ->", os.path.getsize(file.name))
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 100_000)
            file.seek(50_000)
            file.truncate()
            print("unnamed ->", file.seek(0, 2))
    print("gone ->", not os.path.exists(folder))
    with open("data.json", "w") as file:
        json.dump({"list": list(range(1000))}, file)
    with open("data.json.tmp", "w") as file:
        json.dump({"list": []}, file)
    os.replace("data.json.tmp", "data.json")
    print("replaced ->", pathlib.Path("data.json").read_text())
    with open("rows.csv", "w", newline="") as file:
        csv.writer(file).writerows((n, n * n) for n in range(5000))
    with open("rows.csv", newline="") as file:
        print("rows ->", sum(int(row[1]) for row in csv.reader(file)))
    with open("log", "ab+") as file:
        for n in range(100):
            file.write(b"%d\n" % n)
            file.seek(0)
        print("appended ->", len(file.read().split()))
    with open("both", "w+b", buffering=0) as file:
        print("unbuffered ->", file.write(b"abc"), os.pwrite(file.fileno(), b"Z", 10), os.pread(file.fileno(), 20, 0))
        os.ftruncate(file.fileno(), 5)
        print("cut ->", os.fstat(file.fileno()).st_size)
    os.truncate("both", 1)
    os.utime("both", ns=(1_111_111_111_000_000_007, 1_222_222_222_000_000_009))
    print("times ->", os.stat("both").st_atime_ns, os.stat("both").st_mtime_ns)
    os.link("both", "both-too")
    print("links ->", os.stat("both").st_nlink, os.path.samefile("both", "both-too"))
    os.symlink("both", "to-both")
    print("symlink ->", os.readlink("to-both"), os.path.realpath("to-both"))
    for what, call in (
        ("mkdir", lambda: os.mkdir("both")),
        ("rmdir", lambda: os.rmdir("both")),
        ("rename", lambda: os.rename("both", "/work/no/where")),
        ("open x", lambda: open("both", "x")),
        ("listdir", lambda: os.listdir("both")),
        ("remove", lambda: os.remove("/work")),
        ("rmdir", lambda: os.rmdir("/work")),
    ):
        failing(what, call)


def stores():
    section("stores")
    with shelve.open("shelf", writeback=True) as shelf:
        for n in range(200):
            shelf[f"key-{n}"] = list(range(n))
        del shelf["key-7"]
    with shelve.open("shelf") as shelf:
        print("shelf ->", len(shelf), sum(len(value) for value in shelf.values()))
    with dbm.dumb.open("dumb", "c") as store:
        for n in range(100):
            store[str(n)] = b"v" * n
        for n in range(0, 100, 2):
            store[str(n)] = b"w" * 600
    with dbm.dumb.open("dumb", "r") as store:
        print("dumb ->", len(store), sum(len(store[key]) for key in store.keys()))
    with zipfile.ZipFile("archive.zip", "w") as archive:
        for n in range(20):
            archive.writestr(f"dir/{n}.txt", f"{n}\n" * 1000, compress_type=zipfile.ZIP_STORED)
    with zipfile.ZipFile("archive.zip", "a") as archive:
        archive.write(os.__file__, "os.py")
    with zipfile.ZipFile("archive.zip") as archive:
        print("zip ->", len(archive.namelist()), archive.testzip())
        archive.extractall("unpacked")
    sys.path.insert(0, f"{WORK}/archive.zip")


def trees():
    section("trees")
    shutil.copytree(f"{LIB}/json", "json-copy")
    tree("unpacked/dir")
    print("copied ->", sorted(os.listdir("json-copy"))[:4])
    shutil.move("json-copy", "moved/away") if os.path.isdir("moved") else (os.mkdir("moved"), shutil.move("json-copy", "moved/away"))
    print("moved ->", sorted(glob.glob("moved/**/dec*.py*", recursive=True)))
    print("rglob ->", len(list(pathlib.Path("unpacked").rglob("*.txt"))))
    for n in range(300):
        os.makedirs(f"many/{n % 7}/{n}")
        pathlib.Path(f"many/{n % 7}/{n}/file").write_text(str(n))
    print("many ->", sum(len(files) for _, _, files in os.walk("many")))
    with os.scandir("many") as entries:
        print("scandir ->", sorted((entry.name, entry.is_dir(), entry.stat().st_ino == os.stat(entry.path).st_ino) for entry in entries))
    shutil.rmtree("many")
    failing("gone", lambda: os.listdir("many"))
    blocks = [bytes([n]) * (1 << 20) for n in range(100)]
    pathlib.Path("large").write_bytes(b"".join(blocks[:30]))
    print("large ->", all(block.count(n) == 1 << 20 for n, block in enumerate(blocks)), os.path.getsize("large"))
    with open("large", "rb") as file:
        print("read back ->", all(file.read(1 << 20) == block for block in blocks[:30]))
    os.remove("large")
    print("left ->", sorted(os.listdir(WORK)))


modules()
files()
stores()
trees()
print("done")
