"""Writes archives of every kind with fixed contents into the folder given: the same bytes on every machine."""

import gzip
import io
import lzma
import os
import sys
import tarfile
import zipfile

TIME = 1_600_000_000


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:

        def add(name, kind=tarfile.REGTYPE, mode=0o644, content=b"", target="", time=TIME):
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.linkname = kind, mode, target
            member.size, member.mtime = len(content), time
            # What a builder's tar writes, and no bundle may show.
            member.uid, member.gid, member.uname, member.gname = 4711, 4712, "builder-Zm9vYmFyCg", "builders-Zm9vYmFyCg"
            archive.addfile(member, io.BytesIO(content))

        add("lib", tarfile.DIRTYPE, 0o755)
        add("lib/run.sh", mode=0o755, content=b"#!/bin/sh\n")
        add("lib/empty", tarfile.DIRTYPE, 0o700)
        add("lib/" + "long-" * 30 + "name.txt", content=b"a long name\n")
        add("lib/Grüße.txt", content="Grüße\n".encode())
        add("lib/link", tarfile.SYMTYPE, 0o777, target="run.sh")
        add("lib/other-name.sh", tarfile.LNKTYPE, 0o755, target="lib/run.sh")
        add("lib/large.bin", content=bytes(range(256)) * 400, time=TIME + 0.5)
        # Its parent is nowhere in the archive.
        add("lib/implied/deep/file.txt", content=b"deep\n", time=TIME + 7)
    return out.getvalue()


def wheel() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        files = {
            "greet/__init__.py": "def greet(name):\n    return f'hello, {name}'\n",
            "greet/data/words.txt": "one\ntwo\n" * 500,
            "greet-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: greet\nVersion: 1.0\n",
            "greet-1.0.dist-info/RECORD": "",
        }
        for number, (name, content) in enumerate(files.items()):
            member = zipfile.ZipInfo(name, (2021, 2, 3, 4, 5, 6))
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
            archive.writestr(member, content)
    return out.getvalue()


def main(folder: str) -> None:
    plain = tar()
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=TIME, filename="builder-Zm9vYmFyCg.tar") as out:
        out.write(plain)
    for name, content in {
        "lib.tar": plain,
        "lib.tar.gz": packed.getvalue(),
        "lib.tar.xz": lzma.compress(plain),
        "greet-1.0-py3-none-any.whl": wheel(),
    }.items():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(content)


main(sys.argv[1])
